using Lakehouse.Delta;
using Lakehouse.Storage;
using Lakehouse.Testing;

namespace Lakehouse.Engine.Tests.Upkeep;

/// <summary>Compaction that nobody asked for, and compaction that was cut off.</summary>
public sealed class AutoCompactionTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_table_that_asks_for_it_never_has_many_small_files()
    {
        await using var lake = new TestLake();
        var table = lake.Table("t.auto");
        var properties = new Dictionary<string, string> { [TableProperties.AutoCompact] = "true", [TableProperties.AutoCompactMinFiles] = "5" };
        for (var i = 0; i < 33; i++)
        {
            await table.AppendAsync(lake.Connection, $"SELECT {i} AS id", new WriteOptions { Properties = properties }, Cancelled);
            await table.CompactedAsync();
            Assert.InRange((await table.SnapshotAsync(cancellationToken: Cancelled)).Files.Count, 1, 5);
        }

        Assert.Equal(["33|33"], await lake.RowsAsync("SELECT count(*), count(DISTINCT id) FROM t.auto"));
        var commits = new List<CommitRecord>();
        await foreach (var commit in table.HistoryAsync(cancellationToken: Cancelled)) commits.Add(commit);
        var compactions = commits.Where(commit => commit.Info?.Operation == "OPTIMIZE").ToList();
        Assert.InRange(compactions.Count, 5, 10);
        Assert.All(compactions, commit => Assert.Equal("true", commit.Info!.OperationParameters!["auto"]));
    }

    [Fact]
    public async Task Appends_do_not_wait_for_it_and_none_is_lost()
    {
        await using var lake = new TestLake();
        var table = lake.Table("t.busy");
        await table.CreateAsync(new StructType(new StructField("id", PrimitiveType.Long)), properties: new Dictionary<string, string> { [TableProperties.AutoCompact] = "auto", [TableProperties.AutoCompactMinFiles] = "4" }, cancellationToken: Cancelled);

        await Task.WhenAll(Enumerable.Range(0, 4).Select(async writer =>
        {
            await using var session = lake.Lake.OpenSession();
            for (var i = 0; i < 10; i++) await table.AppendAsync(session.Connection, $"SELECT {(writer * 10) + i} AS id", cancellationToken: Cancelled);
        }));
        await table.CompactedAsync();

        Assert.Equal(["40|40"], await lake.RowsAsync("SELECT count(*), count(DISTINCT id) FROM t.busy"));
    }

    [Fact]
    public async Task What_was_cut_off_keeps_its_commits_and_the_next_run_goes_on_with_the_rest()
    {
        long creates = 0;
        await using var lake = new TestLake(new LakeOptions { Threads = 1, WrapStore = store => new FlakyObjectStore(store, call => call.Operation == "create" && ++creates > 14 && creates < 20 ? Fault.Before : Fault.None) });
        var table = lake.Table("t.cut");
        for (var i = 0; i < 12; i++) await table.AppendAsync(lake.Connection, $"SELECT {i} AS id, {i % 6} AS part", new WriteOptions { PartitionBy = ["part"] }, Cancelled);
        var options = new OptimizeOptions { CommitBytes = 1 };

        await Assert.ThrowsAnyAsync<StorageException>(() => table.OptimizeAsync(lake.Connection, options, Cancelled));
        var kept = (await table.SnapshotAsync(cancellationToken: Cancelled)).Files.Count;
        creates = 100;
        var rest = await table.OptimizeAsync(lake.Connection, options, Cancelled);

        Assert.Equal(10, kept);
        Assert.Equal((4, 8, 4), (rest.Commits, rest.FilesRemoved, rest.FilesAdded));
        Assert.Equal(["12|12"], await lake.RowsAsync("SELECT count(*), count(DISTINCT id) FROM t.cut"));
        // Twelve old ones and six new ones: what was staged for the commit that failed is gone.
        Assert.Equal(18, Directory.GetFiles(Path.Combine(lake.Folder, "t", "cut"), "part-*.parquet", SearchOption.AllDirectories).Length);
    }
}
