using System.Globalization;
using Lakehouse.Delta;

namespace Lakehouse.Engine.Tests;

/// <summary>The field ids in data files are those of the schema, in lists and maps too: readers of mapped columns, and Iceberg's, find values by them.</summary>
public sealed class FieldIdTests
{
    [Theory]
    [InlineData("name")]
    [InlineData("id")]
    public async Task Elements_keys_and_values_have_the_ids_of_the_schema(string mode)
    {
        await using var lake = new TestLake();
        var table = lake.Table("t.ids");
        var options = new WriteOptions { Properties = new Dictionary<string, string> { [TableProperties.ColumnMappingMode] = mode, [TableProperties.UniversalFormats] = "iceberg" } };
        await table.AppendAsync(lake.Connection, "SELECT 1 AS id, [{'k': 1, 'tags': ['a', NULL]}, NULL] AS l, MAP {'x': [[{'v': 2}]]} AS m", options);
        await table.UpdateAsync(lake.Connection, new Dictionary<string, string> { ["id"] = "id + 1" });
        await table.OptimizeAsync(lake.Connection, new OptimizeOptions { PurgeFrom = 0 });
        await CheckIdsAsync(lake, table);
        Assert.Equal(["2|1|a|2"], await lake.RowsAsync("SELECT id, l[1].k, l[1].tags[1], m['x'][1][1].v FROM t.ids"));
    }

    [Theory]
    [InlineData("name")]
    [InlineData("id")]
    public async Task A_table_gets_them_with_the_property_and_its_files_as_they_are_rewritten(string mode)
    {
        await using var lake = new TestLake();
        var table = lake.Table("t.ids");
        const string Rows = "SELECT i AS id, [{'k': i, 'tags': ['a', NULL]}, NULL] AS l, MAP {'x': [[{'v': i}]]} AS m FROM range(3) t(i)";
        await table.AppendAsync(lake.Connection, Rows, new WriteOptions { Properties = new Dictionary<string, string> { [TableProperties.ColumnMappingMode] = mode } });
        Assert.False((await table.SnapshotAsync()).Schema.AnyField(field => field.NestedIds.Count > 0));

        await table.SetPropertiesAsync(new Dictionary<string, string?> { [TableProperties.UniversalFormats] = "iceberg" });
        await table.AppendAsync(lake.Connection, Rows);

        const string Sums = "SELECT count(*), sum(id), sum(l[1].k), sum(m['x'][1][1].v) FROM t.ids";
        Assert.Equal(["6|6|6|6"], await lake.RowsAsync(Sums));
        await table.OptimizeAsync(lake.Connection);
        Assert.Equal(["6|6|6|6"], await lake.RowsAsync(Sums));
        await CheckIdsAsync(lake, table);
    }

    /// <summary>The one file has the ids of the schema's twelve parts.</summary>
    private static async Task CheckIdsAsync(TestLake lake, LakeTable table)
    {
        var snapshot = await table.SnapshotAsync();

        var path = Assert.Single(snapshot.Files).Path;
        var found = await lake.RowsAsync($"SELECT field_id FROM parquet_schema('{table.LocalPath(path)}') WHERE field_id IS NOT NULL ORDER BY 1");

        var expected = new List<long>();
        snapshot.Schema.AnyField(field =>
        {
            expected.Add(field.ColumnId!.Value);
            expected.AddRange(field.NestedIds.Values);
            return false;
        });
        Assert.Equal(12, expected.Count);
        Assert.Equal(expected.Order().Select(id => id.ToString(CultureInfo.InvariantCulture)), found);
    }
}
