using Lakehouse.Delta;

namespace Lakehouse.Engine.Tests.Upkeep;

/// <summary>Changes of metadata and protocol.</summary>
public sealed class AlterTests
{
    [Fact]
    public async Task A_table_gets_mapped_columns_keeps_its_files_and_renames_and_drops()
    {
        await using var lake = new TestLake();
        var table = lake.Table("t.altered");
        await table.AppendAsync(lake.Connection, "SELECT 1 AS id, {'a': 2, 'b': 3} AS s");
        var files = (await table.SnapshotAsync()).Files.Select(file => file.Path).ToList();

        await Assert.ThrowsAsync<SchemaNotAcceptedException>(() => table.RenameColumnAsync("id", "key"));
        await table.SetPropertiesAsync(new Dictionary<string, string?> { [TableProperties.ColumnMappingMode] = "name" });
        await table.RenameColumnAsync("id", "key");
        await table.DropColumnAsync("s.a");
        await table.AddColumnsAsync(new StructType(new StructField("id", PrimitiveType.String)));
        await table.AppendAsync(lake.Connection, "SELECT 5 AS key, {'b': 6} AS s, 'new' AS id");

        Assert.Equal(["1|3|null", "5|6|new"], await lake.RowsAsync("SELECT key, s.b, id FROM t.altered ORDER BY key"));
        var snapshot = await table.SnapshotAsync();
        Assert.Equal(("id", "columnMapping"), (snapshot.Schema.Find("key")!.PhysicalName, snapshot.Protocol.ReaderFeatures.Single(feature => feature == "columnMapping")));
        Assert.StartsWith("col-", snapshot.Schema.Find("id")!.PhysicalName, StringComparison.Ordinal);
        Assert.Subset(snapshot.Files.Select(file => file.Path).ToHashSet(), files.ToHashSet());
        await Assert.ThrowsAsync<SchemaNotAcceptedException>(() => table.RenameColumnAsync("key", "id"));
        await Assert.ThrowsAsync<SchemaNotAcceptedException>(() => table.DropColumnAsync("nope"));
        await Assert.ThrowsAsync<SchemaNotAcceptedException>(() => table.SetPropertiesAsync(new Dictionary<string, string?> { [TableProperties.ColumnMappingMode] = null }));
    }

    [Fact]
    public async Task A_constraint_is_held_against_the_rows_that_are_there_and_those_to_come()
    {
        await using var lake = new TestLake();
        var table = lake.Table("t.altered");
        await table.AppendAsync(lake.Connection, "SELECT 1 AS id UNION ALL SELECT 5");

        var old = await Assert.ThrowsAsync<RuleBrokenException>(() => table.AddConstraintAsync(lake.Connection, "small", "id < 5"));
        var added = await table.AddConstraintAsync(lake.Connection, "Small", "id < 9");

        Assert.Equal("""{"id":5}""", old.Row);
        Assert.Contains("checkConstraints", added.Snapshot.Protocol.WriterFeatures);
        Assert.Equal("id < 9", added.Snapshot.Configuration["delta.constraints.small"]);
        await Assert.ThrowsAsync<RuleBrokenException>(() => table.AppendAsync(lake.Connection, "SELECT 9 AS id"));
    }

    [Theory]
    [InlineData("\"id\" < 9")]
    [InlineData("spark_only(id)")]
    public async Task A_condition_that_cannot_be_tried_is_refused_by_name(string condition)
    {
        await using var lake = new TestLake();
        var table = lake.Table("t.altered");
        await table.AppendAsync(lake.Connection, "SELECT 1 AS id");

        var refused = await Assert.ThrowsAsync<SchemaNotAcceptedException>(() => table.AddConstraintAsync(lake.Connection, "odd", condition));

        Assert.Contains($"t.altered: CHECK constraint 'odd', {condition}, cannot be tried", refused.Message, StringComparison.Ordinal);
        Assert.Contains("backticks", refused.Message, StringComparison.Ordinal);
        Assert.Equal(0, (await table.SnapshotAsync()).Version);
    }

    [Fact]
    public async Task Properties_and_features_are_set_and_unset()
    {
        await using var lake = new TestLake();
        var table = lake.Table("t.altered");
        await table.AppendAsync(lake.Connection, "SELECT 1 AS id");

        var set = await table.SetPropertiesAsync(new Dictionary<string, string?> { ["note"] = "x", ["delta.enableChangeDataFeed"] = "true", ["delta.feature.v2Checkpoint"] = "supported" });
        var unset = await table.SetPropertiesAsync(new Dictionary<string, string?> { ["note"] = null });

        Assert.Superset(new HashSet<string> { "changeDataFeed", "v2Checkpoint" }, set.Snapshot.Protocol.WriterFeatures.ToHashSet());
        Assert.Equal(("x", false, false), (set.Snapshot.Configuration["note"], unset.Snapshot.Configuration.ContainsKey("note"), set.Snapshot.Configuration.ContainsKey("delta.feature.v2Checkpoint")));
        await Assert.ThrowsAsync<UnsupportedFeatureException>(() => table.SetPropertiesAsync(new Dictionary<string, string?> { ["delta.feature.future"] = "supported" }));
    }

    [Theory]
    [InlineData("delta.enableChangeDataFeed", "maybe", "true or false")]
    [InlineData("delta.checkpointInterval", "0", "whole number")]
    [InlineData("delta.logRetentionDuration", "a while", "interval")]
    [InlineData("delta.deletedFileRetentionDuration", "interval 1 month", "interval")]
    [InlineData("delta.isolationLevel", "Snapshot", "WriteSerializable or Serializable")]
    [InlineData("delta.checkpointPolicy", "v3", "classic or v2")]
    [InlineData("delta.columnMapping.mode", "nmae", "none, name or id")]
    [InlineData("delta.dataSkippingNumIndexedCols", "many", "-1")]
    public async Task A_property_value_that_means_nothing_is_refused_wherever_it_is_set(string property, string value, string expected)
    {
        await using var lake = new TestLake();
        var table = lake.Table("t.altered");
        await table.AppendAsync(lake.Connection, "SELECT 1 AS id");
        var given = new Dictionary<string, string> { [property] = value };

        Func<Task>[] ways =
        [
            () => table.SetPropertiesAsync(new Dictionary<string, string?> { [property] = value }),
            () => table.AppendAsync(lake.Connection, "SELECT 2 AS id", new WriteOptions { SetProperties = given }),
            () => lake.Table("t.other").AppendAsync(lake.Connection, "SELECT 2 AS id", new WriteOptions { Properties = given }),
            () => lake.Table("t.other").CreateAsync(new StructType(new StructField("id", PrimitiveType.Long)), properties: given),
        ];
        foreach (var way in ways)
        {
            var refused = await Assert.ThrowsAsync<PropertyValueException>(way);
            Assert.Equal(property, refused.Property);
            Assert.Contains($"'{value}'", refused.Message, StringComparison.Ordinal);
            Assert.Contains(expected, refused.Message, StringComparison.Ordinal);
        }

        Assert.Equal(0, (await table.SnapshotAsync()).Version);
        Assert.Null(await lake.Table("t.other").TrySnapshotAsync(TestContext.Current.CancellationToken));
    }
}
