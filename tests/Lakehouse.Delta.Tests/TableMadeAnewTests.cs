using Lakehouse.Testing;

namespace Lakehouse.Delta.Tests;

/// <summary>A transaction that began on a table which is deleted meanwhile leaves nothing in the folder, or in the table that is made there next.</summary>
public sealed class TableMadeAnewTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(5)]
    public async Task A_commit_to_a_table_that_was_made_anew_conflicts(int versions)
    {
        using TestTable table = new();
        Snapshot known = await table.AppendAsync(await table.CreateAsync(), "a");
        DeltaTransaction transaction = table.Log.Begin(known);
        transaction.Add(TestTable.File("late"));
        Directory.Delete(table.PathOf(""), recursive: true);
        table.ChangeProcess();
        Snapshot anew = await table.CreateAsync();
        for (int i = 0; i < versions; i++) anew = await table.AppendAsync(anew, $"file-{i}");

        CommitConflictException conflict = await Assert.ThrowsAsync<CommitConflictException>(() => transaction.CommitAsync(TestTable.Info(), TestTable.Token));

        Assert.Equal((CommitConflict.TableReplaced, anew.Version), (conflict.Conflict, conflict.WinningVersion));
        Assert.Equal(anew.Paths(), (await table.Log.LoadAsync(null, TestTable.Token)).Paths());
    }

    [Fact]
    public async Task Where_a_look_costs_a_request_the_version_that_stands_there_tells()
    {
        MemoryObjectStore store = new();
        DeltaLog log = new(store, "t", new JsonCheckpointCodec());
        Snapshot known = (await log.Create(Metadata.Create(TestTable.Columns, null)).CommitAsync(TestTable.Info(), TestTable.Token)).Snapshot;
        DeltaTransaction transaction = log.Begin(known);
        transaction.Add(TestTable.File("late"));
        await store.DeleteAsync(LogFiles.Commit("t", 0), TestTable.Token);
        DeltaLog other = new(store, "t", new JsonCheckpointCodec());
        Snapshot anew = (await other.Create(Metadata.Create(TestTable.Columns, null)).CommitAsync(TestTable.Info(), TestTable.Token)).Snapshot;
        DeltaTransaction next = other.Begin(anew);
        next.Add(TestTable.File("a"));
        await next.CommitAsync(TestTable.Info(), TestTable.Token);

        CommitConflictException conflict = await Assert.ThrowsAsync<CommitConflictException>(() => transaction.CommitAsync(TestTable.Info(), TestTable.Token));

        Assert.Equal(CommitConflict.TableReplaced, conflict.Conflict);
        Assert.Equal(["a"], (await log.LoadAsync(null, TestTable.Token)).Paths());
    }

    [Fact]
    public async Task A_commit_to_a_table_that_is_gone_makes_none()
    {
        using TestTable table = new();
        DeltaTransaction transaction = table.Log.Begin(await table.CreateAsync());
        transaction.Add(TestTable.File("late"));
        Directory.Delete(table.PathOf(""), recursive: true);

        await Assert.ThrowsAsync<TableNotFoundException>(() => transaction.CommitAsync(TestTable.Info(), TestTable.Token));

        Assert.False(Directory.Exists(table.PathOf("_delta_log")));
    }
}
