using Lakehouse.Delta;

namespace Lakehouse.Engine.Tests.Upkeep;

/// <summary>Features that leave a table: the rows stay, the protocol forgets them, and older versions are safe or gone.</summary>
public sealed class FeatureDropTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Deletion_vectors_are_purged_and_older_versions_protected()
    {
        await using var lake = new TestLake();
        var table = await WithVectorsAsync(lake);

        var dropped = await table.DropFeatureAsync(lake.Connection, "deletionVectors", cancellationToken: Cancelled);

        var snapshot = dropped.Snapshot;
        Assert.False(snapshot.Protocol.Supports(TableFeatures.DeletionVectors));
        Assert.Equal(1, snapshot.Protocol.MinReaderVersion);
        Assert.True(snapshot.Protocol.Supports(TableFeatures.CheckpointProtection));
        Assert.Equal($"{snapshot.Version}", snapshot.Configuration[TableProperties.RequireCheckpointProtectionBeforeVersion]);
        Assert.Equal(snapshot.Version, await table.Log.CheckpointVersionAsync(Cancelled));
        Assert.Equal(["90"], await lake.RowsAsync("SELECT count(*) FROM t.dropped"));
        await table.DeleteAsync(lake.Connection, "id = 50", cancellationToken: Cancelled);
        Assert.All((await table.SnapshotAsync(cancellationToken: Cancelled)).Files, file => Assert.Null(file.DeletionVector));
        Assert.Equal(["100"], await lake.RowsAsync($"SELECT count(*) FROM delta_scan('{Path.Combine(lake.Folder, "t", "dropped")}', version => 0)"));
        await Assert.ThrowsAsync<TableNotUsableException>(() => table.DropFeatureAsync(lake.Connection, "deletionVectors", cancellationToken: Cancelled));
    }

    [Fact]
    public async Task Protected_history_goes_at_once_or_not_at_all()
    {
        await using var lake = new TestLake();
        var table = await WithVectorsAsync(lake);
        var dropped = await table.DropFeatureAsync(lake.Connection, "deletionVectors", cancellationToken: Cancelled);
        var log = Path.Combine(lake.Folder, "t", "dropped", "_delta_log");
        foreach (var file in Directory.GetFiles(log).Where(file => !Path.GetFileName(file).StartsWith($"{dropped.Version:D20}", StringComparison.Ordinal))) File.SetLastWriteTimeUtc(file, DateTime.UtcNow.AddDays(-60));

        await table.Log.CleanUpAsync(dropped.Snapshot, Cancelled);
        var before = await table.Log.EarliestVersionAsync(Cancelled);
        foreach (var file in Directory.GetFiles(log)) File.SetLastWriteTimeUtc(file, DateTime.UtcNow.AddDays(-60));
        await table.Log.CleanUpAsync(await table.Log.LoadAsync(null, Cancelled), Cancelled);

        Assert.Equal(0, before);
        Assert.Equal(dropped.Version, await table.Log.EarliestVersionAsync(Cancelled));
    }

    [Fact]
    public async Task History_is_truncated_only_when_it_is_old_enough()
    {
        await using var lake = new TestLake();
        var table = await WithVectorsAsync(lake);

        var young = await Assert.ThrowsAsync<TableNotUsableException>(() => table.DropFeatureAsync(lake.Connection, "deletionVectors", truncateHistory: true, Cancelled));
        foreach (var file in Directory.GetFiles(Path.Combine(lake.Folder, "t", "dropped", "_delta_log"))) File.SetLastWriteTimeUtc(file, DateTime.UtcNow.AddDays(-2));
        var dropped = await table.DropFeatureAsync(lake.Connection, "deletionVectors", truncateHistory: true, Cancelled);

        Assert.Contains("history younger than", young.Message, StringComparison.Ordinal);
        Assert.False(dropped.Snapshot.Protocol.Supports(TableFeatures.DeletionVectors));
        Assert.False(dropped.Snapshot.Protocol.Supports(TableFeatures.CheckpointProtection));
        Assert.Equal(["90"], await lake.RowsAsync("SELECT count(*) FROM t.dropped"));
    }

    [Fact]
    public async Task Mapped_columns_get_their_names_in_files_again()
    {
        await using var lake = new TestLake();
        var table = lake.Table("t.mapped");
        await table.AppendAsync(lake.Connection, "SELECT i AS id, (i % 2)::INTEGER AS part, {'a': i, 'b': [{'c': i}]} AS s FROM range(10) t(i)", new WriteOptions { PartitionBy = ["part"], Properties = new Dictionary<string, string> { [TableProperties.ColumnMappingMode] = "name" } }, Cancelled);
        await table.RenameColumnAsync("id", "number", Cancelled);
        await table.RenameColumnAsync("s.a", "x", Cancelled);
        var before = await lake.RowsAsync("SELECT number, part, s.x, s.b[1].c FROM t.mapped ORDER BY number");

        var dropped = await table.DropFeatureAsync(lake.Connection, "columnMapping", cancellationToken: Cancelled);

        Assert.Equal("none", dropped.Snapshot.Metadata.ColumnMappingMode);
        Assert.False(dropped.Snapshot.Schema.AnyField(field => field.Metadata.Count > 0));
        Assert.Equal(before, await lake.RowsAsync("SELECT number, part, s.x, s.b[1].c FROM t.mapped ORDER BY number"));
        await table.AppendAsync(lake.Connection, "SELECT 10::BIGINT AS number, 0 AS part", cancellationToken: Cancelled);
        Assert.Equal(["11"], await lake.RowsAsync("SELECT count(number) FROM t.mapped"));
    }

    [Fact]
    public async Task Widened_columns_are_written_in_their_wide_type()
    {
        await using var lake = new TestLake();
        var table = lake.Table("t.wide");
        await table.AppendAsync(lake.Connection, "SELECT 1::INTEGER AS id, {'n': 1::SMALLINT} AS s", cancellationToken: Cancelled);
        await table.ChangeColumnTypeAsync("id", PrimitiveType.Long, Cancelled);
        await table.ChangeColumnTypeAsync("s.n", PrimitiveType.Integer, Cancelled);
        await table.AppendAsync(lake.Connection, "SELECT 5000000000 AS id, {'n': 70000} AS s", cancellationToken: Cancelled);
        Assert.Equal(["1|1", "5000000000|70000"], await lake.RowsAsync("SELECT id, s.n FROM t.wide ORDER BY id"));

        var dropped = await table.DropFeatureAsync(lake.Connection, "typeWidening", cancellationToken: Cancelled);

        Assert.False(dropped.Snapshot.Protocol.Supports(TableFeatures.TypeWidening));
        Assert.False(dropped.Snapshot.Schema.AnyField(field => field.Metadata.Count > 0));
        Assert.Equal(["1|1", "5000000000|70000"], await lake.RowsAsync("SELECT id, s.n FROM t.wide ORDER BY id"));
        var types = await lake.RowsAsync($"SELECT DISTINCT type FROM parquet_schema(['{string.Join("', '", dropped.Snapshot.Files.Select(file => table.LocalPath(file.Path)))}']) WHERE name = 'id'");
        Assert.Equal(["INT64"], types);
    }

    [Fact]
    public async Task What_is_needed_or_unknown_is_refused_by_name()
    {
        await using var lake = new TestLake();
        var table = await WithVectorsAsync(lake);
        await table.AddConstraintAsync(lake.Connection, "positive", "id >= 0", Cancelled);

        var needed = await Assert.ThrowsAsync<TableNotUsableException>(() => table.DropFeatureAsync(lake.Connection, "checkConstraints", cancellationToken: Cancelled));
        var unknown = await Assert.ThrowsAsync<TableNotUsableException>(() => table.DropFeatureAsync(lake.Connection, "appendOnly", cancellationToken: Cancelled));
        await table.SetPropertiesAsync(new Dictionary<string, string?> { ["delta.constraints.positive"] = null }, Cancelled);
        var dropped = await table.DropFeatureAsync(lake.Connection, "checkConstraints", cancellationToken: Cancelled);
        await Assert.ThrowsAsync<SchemaNotAcceptedException>(() => table.ChangeColumnTypeAsync("id", PrimitiveType.Integer, Cancelled));
        await Assert.ThrowsAsync<SchemaNotAcceptedException>(() => table.ChangeColumnTypeAsync("absent", PrimitiveType.Long, Cancelled));

        Assert.Contains("'positive'", needed.Message, StringComparison.Ordinal);
        Assert.Contains("deletionVectors", unknown.Message, StringComparison.Ordinal);
        Assert.False(dropped.Snapshot.Protocol.Supports(TableFeatures.CheckConstraints));
    }

    private static async Task<LakeTable> WithVectorsAsync(TestLake lake)
    {
        var table = lake.Table("t.dropped");
        await table.AppendAsync(lake.Connection, "SELECT i AS id FROM range(100) t(i)", cancellationToken: Cancelled);
        await table.DeleteAsync(lake.Connection, "id < 10", cancellationToken: Cancelled);
        return table;
    }
}
