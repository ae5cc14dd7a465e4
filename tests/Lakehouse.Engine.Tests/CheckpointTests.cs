using Lakehouse.Delta;

namespace Lakehouse.Engine.Tests;

public sealed class CheckpointTests
{
    [Fact]
    public async Task Twenty_five_commits_are_read_back_through_checkpoints()
    {
        await using var lake = new TestLake();
        var table = lake.Table("t.c");
        CommitResult? last = null;
        for (var i = 0; i < 25; i++)
        {
            last = await table.MergeAsync(
                lake.Connection,
                $"SELECT i::INTEGER AS id, {i} AS v, DATE '2026-01-01' + (i % 2)::INTEGER AS \"the day\" FROM range({i}, {i} + 5) t(i)",
                new MergeOptions { Keys = ["id"], PartitionBy = ["the day"], Transaction = ("app", i), Tags = new Dictionary<string, string> { ["n"] = $"{i}" } });
            await last.Checkpoint;
        }
        Assert.NotEmpty(Directory.GetFiles(Path.Combine(lake.Folder, "t", "c", "_delta_log"), "*.checkpoint.parquet"));
        // What only a checkpoint can tell now.
        foreach (var commit in Directory.GetFiles(Path.Combine(lake.Folder, "t", "c", "_delta_log"), "0000000000000000000?.json")) File.Delete(commit);

        await using var other = Lake.Open(lake.Folder, new LakeOptions { Threads = 1 });
        var snapshot = await other.Table(table.Name).SnapshotAsync();

        Assert.Equal(24, snapshot.Version);
        Assert.Equal(24, snapshot.TransactionVersion("app"));
        Assert.Equal(last!.Snapshot.Schema, snapshot.Schema);
        Assert.Equal(Describe(last.Snapshot), Describe(snapshot));
        await using var session = other.OpenSession();
        Assert.Equal(["29|29"], await TestLake.RowsAsync(session, "SELECT count(*), count(DISTINCT id) FROM t.c"));
    }

    [Fact]
    public async Task A_checkpoint_has_the_columns_that_other_engines_expect()
    {
        await using var lake = new TestLake();
        var table = lake.Table("t.c");
        await table.AppendAsync(lake.Connection, "SELECT 1 AS id");
        await table.Log.CheckpointAsync(await table.SnapshotAsync());
        var file = Directory.GetFiles(Path.Combine(lake.Folder, "t", "c", "_delta_log"), "*.checkpoint.parquet").Single();

        Assert.Equal(["txn", "add", "remove", "metaData", "protocol", "domainMetadata"], await lake.RowsAsync($"SELECT column_name FROM (DESCRIBE FROM read_parquet('{file}'))"));
        Assert.Equal(["1|1|1|0|0"], await lake.RowsAsync($"SELECT count(add), count(metaData), count(protocol), count(remove), count(txn) FROM read_parquet('{file}')"));
        Assert.Equal(["parquet|1"], await lake.RowsAsync($"SELECT max(metaData.format.provider), max(json_extract(add.stats, '$.numRecords'))::VARCHAR FROM read_parquet('{file}')"));
    }

    private static IEnumerable<string> Describe(Snapshot snapshot) => snapshot.Files
        .Select(file => $"{file.Path} {file.Size} {file.Stats} {file.DeletionVector} {string.Join(",", file.PartitionValues)}")
        .Order(StringComparer.Ordinal);
}
