using System.Text.Json;
using Lakehouse.Delta;

namespace Lakehouse.Engine.Tests;

/// <summary>Rows keep their ids; what Spark makes of them is in the compatibility matrix.</summary>
public sealed class RowTrackingTests
{
    private static readonly Dictionary<string, string> Tracked = new() { [TableProperties.EnableRowTracking] = "true" };

    [Fact]
    public async Task New_files_get_ids_after_all_that_were_given()
    {
        await using TestLake lake = new();
        LakeTable table = lake.Table("t.tracked");
        await table.AppendAsync(lake.Connection, "SELECT i AS id FROM range(10) t(i)", new WriteOptions { Properties = Tracked });
        LakeTable other = Lake.Open(lake.Folder).Table(table.Name);
        StagedFiles staged = await table.StageAsync(lake.Connection, "SELECT 50 AS id FROM range(3)");
        await other.AppendAsync(lake.Connection, "SELECT 20 AS id FROM range(5)");

        // It was begun before the append came between.
        await table.CommitAsync(staged);

        Snapshot snapshot = await table.SnapshotAsync();
        Assert.Equal([(0, 0), (10, 1), (15, 2)], snapshot.Files.Select(file => (file.BaseRowId!.Value, file.DefaultRowCommitVersion!.Value)).Order());
        using JsonDocument domain = JsonDocument.Parse(snapshot.DomainMetadata["delta.rowTracking"].Configuration);
        Assert.Equal(17, domain.RootElement.GetProperty("rowIdHighWaterMark").GetInt64());
        await other.Lake.DisposeAsync();
    }

    [Theory]
    [InlineData("true")]
    [InlineData("false")]
    public async Task Rows_that_are_copied_or_updated_keep_their_ids(string vectors)
    {
        await using TestLake lake = new();
        LakeTable table = lake.Table("t.tracked");
        await table.AppendAsync(lake.Connection, "SELECT i AS id, 'n' AS name FROM range(10) t(i)", new WriteOptions { Properties = new Dictionary<string, string>(Tracked) { [TableProperties.EnableDeletionVectors] = vectors } });

        await table.DeleteAsync(lake.Connection, "id = 0");
        await table.UpdateAsync(lake.Connection, new Dictionary<string, string> { ["name"] = "'updated'" }, "id = 4");
        await table.OptimizeAsync(lake.Connection, new OptimizeOptions { PurgeFrom = 0.01 });

        Snapshot snapshot = await table.SnapshotAsync();
        string id = snapshot.Configuration[TableProperties.MaterializedRowIdColumn], version = snapshot.Configuration[TableProperties.MaterializedRowCommitVersionColumn];
        AddFile file = Assert.Single(snapshot.Files);
        List<string> rows = await lake.RowsAsync($"SELECT id || '|' || \"{id}\" || '|' || \"{version}\" FROM read_parquet('{table.LocalPath(file.Path)}') ORDER BY id");
        Assert.Equal(Enumerable.Range(1, 9).Select(i => $"{i}|{i}|{(i == 4 ? 2 : 0)}"), rows);
    }

    [Fact]
    public async Task A_table_with_rows_cannot_begin_to_track_them()
    {
        await using TestLake lake = new();
        LakeTable table = lake.Table("t.plain");
        await table.AppendAsync(lake.Connection, "SELECT 1 AS id");

        var refusal = await Assert.ThrowsAsync<UnsupportedFeatureException>(() => table.SetPropertiesAsync(new Dictionary<string, string?> { [TableProperties.EnableRowTracking] = "true" }));

        Assert.Contains("rowTracking", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rows_that_come_while_tracking_is_switched_on_refuse_it()
    {
        await using var race = new Race();
        await race.Lake.Table("t.r").CreateAsync(new StructType(new StructField("id", PrimitiveType.Integer)));

        await Assert.ThrowsAsync<UnsupportedFeatureException>(() => race.RunAsync(
            async (table, session) => (await table.AppendAsync(session.Connection, "SELECT 1::INTEGER AS id")).Version,
            async (table, _) => (await table.SetPropertiesAsync(new Dictionary<string, string?> { [TableProperties.EnableRowTracking] = "true" })).Version));

        Assert.False((await race.Lake.Table("t.r").SnapshotAsync()).Metadata.IsTrue(TableProperties.EnableRowTracking));
    }

    [Fact]
    public async Task A_column_that_is_added_follows_rows_that_come_meanwhile()
    {
        await using var race = await Race.StartAsync("SELECT 1::INTEGER AS id", Tracked);

        var (_, second) = await race.RunAsync(
            (table, session) => table.AppendAsync(session.Connection, "SELECT 2::INTEGER AS id"),
            (table, _) => table.AddColumnsAsync(new StructType(new StructField("more", PrimitiveType.String))));

        race.ExpectDoneOnce(second);
    }
}
