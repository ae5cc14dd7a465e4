using Lakehouse.Delta;
using Lakehouse.Storage;
using Lakehouse.Testing;

namespace Lakehouse.Engine.Tests.Faults;

/// <summary>The store fails at any call of a write, in any way: the write is there, or not at all, and the answer is never wrong.</summary>
public sealed class FlakyStoreTests
{
    private const string Before = "10|10|0";
    private const string After = "15|15|10";

    [Theory]
    [InlineData(Fault.Before)]
    [InlineData(Fault.BeforeUnknown)]
    [InlineData(Fault.AfterUnknown)]
    public async Task One_fault_at_each_call_of_a_merge_never_tears_or_doubles_it(Fault fault)
    {
        var armed = false;
        long calls = 0, at = 0;
        await using var lake = new TestLake(new LakeOptions
        {
            Threads = 1,
            WrapStore = store => new FlakyObjectStore(store, _ => armed && ++calls == at ? fault : Fault.None),
        });
        await using var reader = Lake.Open(lake.Folder, new LakeOptions { Threads = 1 });
        await using var session = reader.OpenSession();
        do
        {
            at++;
            calls = 0;
            var table = lake.Table($"t.at{at}");
            await table.AppendAsync(lake.Connection, "SELECT i::INTEGER AS id, 0 AS n FROM range(10) t(i)");

            var folder = Path.Combine(lake.Folder, "t", $"at{at}");
            var files = Directory.GetFiles(folder).Length;

            armed = true;
            var failure = await Record.ExceptionAsync(() => table.MergeAsync(lake.Connection, "SELECT i::INTEGER AS id, 1 AS n FROM range(5, 15) t(i)", new MergeOptions { Keys = ["id"] }));
            armed = false;

            var rows = Assert.Single(await TestLake.RowsAsync(session, $"SELECT count(*), count(DISTINCT id), sum(n)::INTEGER FROM {table}"));
            var expected = failure is null ? After : Before;
            if (failure is CommitOutcomeUnknownException) Assert.Contains(rows, new[] { Before, After });
            else Assert.True(rows == expected, $"{fault} at call {at}: {rows}, expected {expected}; {failure}");
            // Where the store said for certain that it failed, what the merge wrote is gone again.
            if (failure is not null && fault == Fault.Before) Assert.Equal(files, Directory.GetFiles(folder).Length);
            Assert.True(failure is null or IOException or DeltaException, $"{fault} at call {at}: {failure}");
        }
        while (calls >= at);
        Assert.InRange(at, 4, 100);
    }

    [Fact]
    public async Task A_write_whose_outcome_stays_unknown_keeps_its_files_and_says_so()
    {
        var armed = false;
        await using var lake = new TestLake(new LakeOptions
        {
            Threads = 1,
            WrapStore = store => new FlakyObjectStore(store, call => !armed ? Fault.None : call.Operation == "create" ? Fault.AfterUnknown : call.Operation is "open" or "find" ? Fault.Before : Fault.None),
        });
        var table = lake.Table("t.u");
        await table.AppendAsync(lake.Connection, "SELECT 1 AS id");
        var stale = await table.SnapshotAsync();
        var staged = await table.StageAsync(lake.Connection, "SELECT 2 AS id");
        var transaction = table.Log.Begin(stale);
        foreach (var file in staged.Files) transaction.Add(file);

        armed = true;
        var failure = await Assert.ThrowsAsync<CommitOutcomeUnknownException>(() => transaction.CommitAsync(new CommitInfo()));
        armed = false;

        Assert.Contains("txnId", failure.Message);
        Assert.Equal(["1", "2"], await lake.RowsAsync("SELECT id FROM t.u ORDER BY id"));
    }
}
