namespace Lakehouse.Delta.Tests;

public sealed class ConcurrencyTests
{
    [Fact]
    public async Task Eight_writers_append_with_no_gap_and_nothing_lost()
    {
        using TestTable table = new();
        Snapshot created = await table.CreateAsync();
        const int writers = 8, commits = 12;

        CommitResult[][] results = await Task.WhenAll(Enumerable.Range(0, writers).Select(writer => Task.Run(
            async () =>
            {
                List<CommitResult> own = [];
                Snapshot snapshot = created;
                for (int i = 0; i < commits; i++)
                {
                    CommitResult result = await table.AppendResultAsync(snapshot, $"{writer}-{i}");
                    snapshot = result.Snapshot;
                    own.Add(result);
                }

                return own.ToArray();
            },
            TestTable.Token)));

        Snapshot loaded = await table.Log.LoadAsync(null, TestTable.Token);
        Assert.Equal(writers * commits, loaded.Version);
        Assert.Equal(
            Enumerable.Range(0, writers).SelectMany(writer => Enumerable.Range(0, commits).Select(i => $"{writer}-{i}")).Order(StringComparer.Ordinal),
            loaded.Paths());
        Assert.Equal(Enumerable.Range(1, writers * commits).Select(version => (long)version), results.SelectMany(own => own).Select(result => result.Version).Order());
        Assert.All(results, own => Assert.Equal(own.Select(result => result.Version).Order(), own.Select(result => result.Version)));
    }

    [Fact]
    public async Task Of_eight_creators_one_creates()
    {
        using TestTable table = new();

        Exception?[] failures = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () => (Exception?)await Record.ExceptionAsync(() => table.CreateAsync()))));

        Assert.Equal(7, failures.Count(failure => failure is TableExistsException));
        Assert.Equal(1, failures.Count(failure => failure is null));
    }

    [Fact]
    public async Task Of_eight_deletes_of_one_file_one_wins()
    {
        using TestTable table = new();
        Snapshot snapshot = await table.AppendAsync(await table.CreateAsync(), "a");

        Exception?[] failures = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () => (Exception?)await Record.ExceptionAsync(() => table.RemoveAsync(snapshot, "a")))));

        Assert.Equal(7, failures.Count(failure => failure is CommitConflictException { Conflict: CommitConflict.ConcurrentDeleteDelete }));
        Assert.Equal(2, (await table.Log.LoadAsync(null, TestTable.Token)).Version);
    }

    [Fact]
    public async Task Readers_see_versions_whole_and_in_order_while_a_writer_commits()
    {
        using TestTable table = new();
        Snapshot created = await table.CreateAsync();
        Task writer = Task.Run(
            async () =>
            {
                Snapshot snapshot = created;
                for (int i = 0; i < 40; i++) snapshot = await table.AppendAsync(snapshot, $"{i}-left", $"{i}-right");
            },
            TestTable.Token);

        Snapshot known = created;
        while (!writer.IsCompleted)
        {
            Snapshot refreshed = await table.Log.RefreshAsync(known, TestTable.Token);
            Snapshot loaded = await table.Log.LoadAsync(null, TestTable.Token);
            Assert.True(refreshed.Version >= known.Version && loaded.Version >= refreshed.Version);
            Assert.Equal(refreshed.Version * 2, refreshed.Files.Count);
            Assert.Equal(loaded.Version * 2, loaded.Files.Count);
            known = refreshed;
        }

        await writer;
    }
}
