using Lakehouse.Storage;
using Lakehouse.Testing;

namespace Lakehouse.Delta.Tests;

public sealed class CommitTurnsTests
{
    [Fact]
    public async Task Writers_of_one_process_lose_no_version_to_each_other_and_read_nothing_back()
    {
        // No writer can be more commits behind than are remembered, however late it starts.
        const int Writers = 16, Commits = 2;
        int reads = 0;
        using TestTable table = new(new DeltaLogOptions { AutomaticCheckpoints = false, MaxRetryDelay = TimeSpan.FromMinutes(1) }, store => new FlakyObjectStore(store, call =>
        {
            if (call.Operation is "open" or "list") Interlocked.Increment(ref reads);
            return Fault.None;
        }));
        Snapshot created = await table.CreateAsync();
        reads = 0;

        CommitResult[][] results = await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(async () =>
        {
            // Each knows what it made itself; what the others made meanwhile it learns when it commits.
            List<CommitResult> made = [];
            Snapshot known = created;
            for (int i = 0; i < Commits; i++)
            {
                made.Add(await table.AppendResultAsync(known, $"{writer}-{i}"));
                known = made[^1].Snapshot;
            }

            return made.ToArray();
        })));

        Assert.All(results.SelectMany(made => made), result => Assert.Equal(1, result.Attempts));
        Assert.Equal(Enumerable.Range(1, Writers * Commits).Select(version => (long)version), results.SelectMany(made => made).Select(result => result.Version).Order());
        Assert.Equal(0, reads);
        Assert.Equal(Writers * Commits, (await table.Log.LoadAsync(null, TestTable.Token)).Files.Count);
    }

    [Fact]
    public async Task A_writer_further_behind_than_is_remembered_looks_before_it_tries()
    {
        using TestTable table = new(new DeltaLogOptions { AutomaticCheckpoints = false });
        Snapshot created = await table.CreateAsync();
        Snapshot known = created;
        for (int i = 0; i < 40; i++) known = await table.AppendAsync(known, $"other-{i}");

        CommitResult late = await table.AppendResultAsync(created, "late");

        Assert.Equal((41, 1), (late.Version, late.Attempts));
        Assert.Equal(41, late.Snapshot.Files.Count);
    }

    [Fact]
    public async Task A_writer_that_is_stuck_is_not_waited_for_and_follows_whoever_passed_it()
    {
        using ManualResetEventSlim passed = new();
        bool stuck = false;
        using TestTable table = new(new DeltaLogOptions { MaxRetryDelay = TimeSpan.FromMilliseconds(1) }, store => new FlakyObjectStore(store, call =>
        {
            if (call.Operation == "create" && call.Key.EndsWith("1.json", StringComparison.Ordinal) && !Interlocked.Exchange(ref stuck, true))
                Assert.True(passed.Wait(TimeSpan.FromSeconds(60)));
            return Fault.None;
        }));
        Snapshot created = await table.CreateAsync();
        Task<CommitResult> first = Task.Run(() => table.AppendResultAsync(created, "first"));
        Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref stuck), TimeSpan.FromSeconds(60)));

        CommitResult second = await table.AppendResultAsync(created, "second");
        passed.Set();

        Assert.Equal((1, 2), (second.Version, (await first).Version));
        Assert.Equal(["first", "second"], (await table.Log.LoadAsync(null, TestTable.Token)).Files.Select(file => file.Path).Order());
    }

    [Fact]
    public async Task Commits_to_a_table_that_is_gone_are_not_followed_in_the_one_made_anew()
    {
        using TestTable table = new();
        Snapshot old = await table.CreateAsync();
        for (int i = 0; i < 3; i++) old = await table.AppendAsync(old, $"old-{i}");
        Directory.Delete(table.PathOf(""), recursive: true);
        DeltaLog other = new(table.Plain, "silver/orders", table.Codec);
        await other.Create(Metadata.Create(TestTable.Columns)).CommitAsync(TestTable.Info(), TestTable.Token);

        Snapshot known = await table.Log.RefreshAsync(old, TestTable.Token);
        CommitResult appended = await table.AppendResultAsync(known, "new");

        Assert.Equal(1, appended.Version);
        Assert.Equal(["new"], (await other.LoadAsync(null, TestTable.Token)).Files.Select(file => file.Path));
    }
}
