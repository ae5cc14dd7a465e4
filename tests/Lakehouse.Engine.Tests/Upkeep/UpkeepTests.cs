using Lakehouse.Delta;

namespace Lakehouse.Engine.Tests.Upkeep;

/// <summary>Vacuum, restore and clones: what is needed stays, what comes back is what was.</summary>
public sealed class UpkeepTests
{
    private static readonly VacuumOptions Now = new() { Retention = TimeSpan.Zero, AllowShortRetention = true };

    [Fact]
    public async Task Vacuum_deletes_what_no_version_of_the_window_needs_and_nothing_else()
    {
        await using var lake = new TestLake();
        var table = lake.Table("t.worn");
        var folder = Path.Combine(lake.Folder, "t", "worn");
        await table.AppendAsync(lake.Connection, "SELECT i AS id, (i % 2)::INTEGER AS _half FROM range(100) t(i)", new WriteOptions { PartitionBy = ["_half"], Properties = new Dictionary<string, string> { [TableProperties.EnableChangeDataFeed] = "true" } });
        await table.DeleteAsync(lake.Connection, "id < 10");
        await table.OptimizeAsync(lake.Connection, new OptimizeOptions { PurgeFrom = 0.01 });
        Directory.CreateDirectory(Path.Combine(folder, "_stranger"));
        foreach (var name in new[] { "orphan.parquet", "_stranger/kept.parquet", ".hidden" }) await File.WriteAllTextAsync(Path.Combine(folder, name), "x");
        foreach (var file in Directory.GetFiles(folder, "*", SearchOption.AllDirectories)) File.SetLastWriteTimeUtc(file, DateTime.UtcNow.AddHours(-1));
        var before = Files(folder);

        var kept = await table.VacuumAsync();
        var planned = await table.VacuumAsync(Now with { DryRun = true });
        Assert.Equal(before, Files(folder));
        var done = await table.VacuumAsync(Now);

        Assert.Empty(kept.Files);
        Assert.Equal(planned.Files, done.Files);
        Assert.Contains("orphan.parquet", done.Files);
        Assert.Contains(done.Files, file => file.StartsWith("_change_data/", StringComparison.Ordinal));
        Assert.Contains(done.Files, file => file.StartsWith("deletion_vector_", StringComparison.Ordinal));
        Assert.Contains(done.Files, file => file.StartsWith("_half=0/", StringComparison.Ordinal));
        Assert.Equal(before.Except(done.Files), Files(folder));
        Assert.Contains("_stranger/kept.parquet", Files(folder));
        Assert.Equal(["90"], await lake.RowsAsync("SELECT count(*) FROM t.worn"));
        await Assert.ThrowsAsync<TableNotUsableException>(() => table.VacuumAsync(new VacuumOptions { Retention = TimeSpan.FromDays(1) }));
    }

    [Fact]
    public async Task Restore_brings_back_rows_schema_and_properties()
    {
        await using var lake = new TestLake();
        var table = lake.Table("t.restored");
        await table.AppendAsync(lake.Connection, "SELECT i AS id FROM range(100) t(i)");
        await table.DeleteAsync(lake.Connection, "id < 50");
        await table.AppendAsync(lake.Connection, "SELECT 1000 AS id, 'x' AS more", new WriteOptions { MergeSchema = true });

        var first = await table.RestoreAsync(0);
        Assert.Equal(["100|99"], await lake.RowsAsync("SELECT count(*), max(id) FROM t.restored"));
        Assert.Null(first.Snapshot.Schema.Find("more"));
        await table.RestoreAsync(1);
        Assert.Equal(["50|50"], await lake.RowsAsync("SELECT count(*), min(id) FROM t.restored"));
        await table.RestoreAsync(2);

        Assert.Equal(["51|1"], await lake.RowsAsync("SELECT count(*), count(more) FROM t.restored"));
        Assert.Equal("RESTORE", (await table.SnapshotAsync()).CommitInfo!.Operation);
        await Assert.ThrowsAsync<VersionNotFoundException>(() => table.RestoreAsync(99));
    }

    [Fact]
    public async Task A_version_whose_files_are_gone_is_not_restored()
    {
        await using var lake = new TestLake();
        var table = lake.Table("t.restored");
        await table.AppendAsync(lake.Connection, "SELECT 1 AS id");
        await table.OverwriteAsync(lake.Connection, "SELECT 2 AS id");
        await table.VacuumAsync(Now);

        await Assert.ThrowsAsync<DataFileMissingException>(() => table.RestoreAsync(0));

        Assert.Equal(["2"], await lake.RowsAsync("SELECT id FROM t.restored"));
    }

    [Fact]
    public async Task A_version_whose_deletion_vectors_are_gone_is_not_restored()
    {
        await using var lake = new TestLake();
        var table = lake.Table("t.restored");
        await table.AppendAsync(lake.Connection, "SELECT i AS id FROM range(10) t(i)");
        await table.DeleteAsync(lake.Connection, "id = 1");
        await table.DeleteAsync(lake.Connection, "id = 2");
        await table.VacuumAsync(Now);

        var gone = await Assert.ThrowsAsync<DataFileMissingException>(() => table.RestoreAsync(1));

        Assert.Contains("deletion_vector_", gone.Path, StringComparison.Ordinal);
        Assert.Equal(["8"], await lake.RowsAsync("SELECT count(*) FROM t.restored"));
        await table.RestoreAsync(0);
        Assert.Equal(["10"], await lake.RowsAsync("SELECT count(*) FROM t.restored"));
    }

    [Fact]
    public async Task Deletion_vectors_come_back_and_are_cloned_where_the_table_takes_no_new_ones()
    {
        await using var lake = new TestLake();
        var table = lake.Table("t.old");
        await table.AppendAsync(lake.Connection, "SELECT i AS id FROM range(10) t(i)");
        await table.DeleteAsync(lake.Connection, "id = 1");
        await table.SetPropertiesAsync(new Dictionary<string, string?> { [TableProperties.EnableDeletionVectors] = "false" });
        await lake.Table("t.shallow").CloneAsync(table);
        await lake.Table("t.deep").CloneAsync(table, deep: true);
        await table.PurgeAsync(lake.Connection);

        await table.RestoreAsync(2);

        foreach (var name in new[] { "t.old", "t.shallow", "t.deep" }) Assert.Equal(["9"], await lake.RowsAsync($"SELECT count(*) FROM {name}"));
        Assert.Equal("0", (await table.DeleteAsync(lake.Connection, "id = 2")).Snapshot.CommitInfo!.OperationMetrics["numDeletionVectorsAdded"]);
    }

    [Fact]
    public async Task A_clone_has_in_commit_timestamps_from_its_first_version_on()
    {
        await using var lake = new TestLake();
        var table = lake.Table("t.timed");
        await table.AppendAsync(lake.Connection, "SELECT 1 AS id");
        await table.SetPropertiesAsync(new Dictionary<string, string?> { [TableProperties.EnableInCommitTimestamps] = "true" });
        var clone = lake.Table("t.clone");

        var made = (await clone.CloneAsync(table)).Snapshot;

        Assert.Equal("1", (await table.SnapshotAsync()).Configuration[TableProperties.InCommitTimestampEnablementVersion]);
        Assert.False(made.Configuration.ContainsKey(TableProperties.InCommitTimestampEnablementVersion));
        Assert.Equal(made.CommitInfo!.InCommitTimestamp, made.Timestamp.ToUnixTimeMilliseconds());
        Assert.Equal(0, (await clone.SnapshotAtAsync(made.Timestamp)).Version);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_clone_is_a_table_of_its_own(bool deep)
    {
        await using var lake = new TestLake();
        var source = lake.Table("t.source");
        await source.AppendAsync(lake.Connection, "SELECT i AS id, CASE WHEN i % 2 = 0 THEN 'a b/%25' END AS part FROM range(100) t(i)", new WriteOptions { PartitionBy = ["part"] });
        await source.DeleteAsync(lake.Connection, "id < 10");
        var clone = lake.Table("t.clone");

        await clone.CloneAsync(source, deep: deep);
        await clone.DeleteAsync(lake.Connection, "id >= 90");
        await clone.AppendAsync(lake.Connection, "SELECT 1000 AS id, 'new' AS part");
        await source.DeleteAsync(lake.Connection, "id = 50");

        Assert.Equal(["81|10|1000"], await lake.RowsAsync("SELECT count(*), min(id), max(id) FROM t.clone"));
        Assert.Equal(["89|10|99"], await lake.RowsAsync("SELECT count(*), min(id), max(id) FROM t.source"));
        Assert.NotEqual((await source.SnapshotAsync()).Metadata.Id, (await clone.SnapshotAsync()).Metadata.Id);
        await clone.VacuumAsync(Now);
        await clone.OptimizeAsync(lake.Connection, new OptimizeOptions { PurgeFrom = 0 });
        Assert.Equal(["81|10|1000"], await lake.RowsAsync("SELECT count(*), min(id), max(id) FROM t.clone"));
        if (deep) Assert.All((await clone.SnapshotAsync(0)).Files, file => Assert.False(DataPath.IsAbsolute(file.Path)));
        await Assert.ThrowsAsync<TableExistsException>(() => clone.CloneAsync(source));
    }

    private static List<string> Files(string folder) =>
        [.. Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(folder, file)).Where(file => !file.StartsWith("_delta_log", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
}
