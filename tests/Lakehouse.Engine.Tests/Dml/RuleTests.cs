using System.Text.Json;
using Lakehouse.Delta;

namespace Lakehouse.Engine.Tests.Dml;

/// <summary>What a table demands of its rows is held against every write, and an error names the row.</summary>
public sealed class RuleTests
{
    [Fact]
    public async Task A_check_constraint_refuses_the_row_that_breaks_it()
    {
        await using var lake = new TestLake();
        var table = await CreateAsync(lake, new Dictionary<string, string> { ["delta.constraints.positive"] = "`id` > 0 and name <=> name" });

        var broken = await Assert.ThrowsAsync<RuleBrokenException>(() => table.AppendAsync(lake.Connection, "SELECT i AS id, 'n' || i AS name FROM range(3, -3, -1) t(i)"));

        Assert.Equal(("CHECK constraint 'positive'", """{"id":0,"name":"n0"}"""), (broken.Rule, broken.Row));
        Assert.Equal(0, (await table.SnapshotAsync()).Version);
        Assert.Empty(Directory.GetFiles(Path.Combine(lake.Folder, "t", "ruled"), "*.parquet"));
        await table.AppendAsync(lake.Connection, "SELECT 1::BIGINT AS id, NULL::VARCHAR AS name");
        await Assert.ThrowsAsync<RuleBrokenException>(() => table.UpdateAsync(lake.Connection, new Dictionary<string, string> { ["id"] = "-id" }));
        await Assert.ThrowsAsync<RuleBrokenException>(() => table.MergeAsync(lake.Connection, "SELECT -5::BIGINT AS id, 'x' AS name", new MergeOptions { Keys = ["id"] }));
        await Assert.ThrowsAsync<RuleBrokenException>(() => table.AppendAsync(lake.Connection, "SELECT NULL::BIGINT AS id, 'x' AS name"));
        Assert.Equal(["1|null"], await lake.RowsAsync("SELECT * FROM t.ruled"));
    }

    [Fact]
    public async Task An_invariant_and_not_null_refuse_rows_nested_ones_too()
    {
        await using var lake = new TestLake();
        var table = lake.Table("t.ruled");
        var schema = new StructType(
            new StructField("id", PrimitiveType.Long, nullable: false),
            new StructField("x", PrimitiveType.Integer, metadata: Meta("delta.invariants", """{"expression": {"expression": "x > 3"}}""")),
            new StructField("s", new StructType(new StructField("a", PrimitiveType.Integer, nullable: false))));
        await table.CreateAsync(schema);

        await table.AppendAsync(lake.Connection, "SELECT 1::BIGINT AS id, 4 AS x, {'a': 1} AS s UNION ALL SELECT 2, 5, NULL");
        var invariant = await Assert.ThrowsAsync<RuleBrokenException>(() => table.AppendAsync(lake.Connection, "SELECT 1::BIGINT AS id, 3 AS x, {'a': 1} AS s"));
        var nested = await Assert.ThrowsAsync<RuleBrokenException>(() => table.AppendAsync(lake.Connection, "SELECT 1::BIGINT AS id, 4 AS x, {'a': NULL::INTEGER} AS s"));
        var top = await Assert.ThrowsAsync<RuleBrokenException>(() => table.AppendAsync(lake.Connection, "SELECT NULL::BIGINT AS id, 4 AS x, {'a': 2} AS s"));

        Assert.Equal(["invariant of column 'x'", "NOT NULL of column 's.a'", "NOT NULL of column 'id'"], new[] { invariant.Rule, nested.Rule, top.Rule });
        Assert.Equal("""{"id":null,"x":4,"s":{"a":2}}""", top.Row);
        Assert.Equal(["2"], await lake.RowsAsync("SELECT count(*) FROM t.ruled"));
    }

    [Fact]
    public async Task Generated_columns_and_defaults_are_filled_in_and_held_against_what_is_given()
    {
        await using var lake = new TestLake();
        var table = lake.Table("t.ruled");
        var schema = new StructType(
            new StructField("at", PrimitiveType.TimestampNtz),
            new StructField("day", PrimitiveType.Date, metadata: Meta("delta.generationExpression", "CAST(at AS DATE)")),
            new StructField("kind", PrimitiveType.String, metadata: Meta("CURRENT_DEFAULT", "\"web\"")),
            new StructField("until", PrimitiveType.TimestampNtz, metadata: Meta("CURRENT_DEFAULT", "timestamp_ntz'9999-12-31 00:00:00'")));
        await table.CreateAsync(schema, ["day"]);

        await table.AppendAsync(lake.Connection, "SELECT TIMESTAMP '2026-01-02 10:00:00' AS at");
        await table.AppendAsync(lake.Connection, "SELECT TIMESTAMP '2026-01-03 10:00:00' AS at, DATE '2026-01-03' AS day, NULL::VARCHAR AS kind");
        var wrong = await Assert.ThrowsAsync<RuleBrokenException>(() => table.AppendAsync(lake.Connection, "SELECT TIMESTAMP '2026-01-03 10:00:00' AS at, DATE '2026-01-04' AS day"));
        await table.UpdateAsync(lake.Connection, new Dictionary<string, string> { ["at"] = "target.\"at\" + INTERVAL 1 DAY" }, "kind = 'web'");

        Assert.Equal("generated column 'day'", wrong.Rule);
        Assert.Equal(["2026-01-03|web|9999", "2026-01-03|null|9999"], await lake.RowsAsync("SELECT day::VARCHAR, kind, year(until) FROM t.ruled ORDER BY kind NULLS LAST"));
        Assert.Contains("allowColumnDefaults", (await table.SnapshotAsync()).Protocol.WriterFeatures);
    }

    [Fact]
    public async Task A_rule_that_cannot_be_understood_refuses_the_write_by_name()
    {
        await using var lake = new TestLake();
        var table = await CreateAsync(lake, new Dictionary<string, string> { ["delta.constraints.odd"] = "spark_only(id)" });

        var refused = await Assert.ThrowsAsync<TableNotUsableException>(() => table.AppendAsync(lake.Connection, "SELECT 1::BIGINT AS id, 'x' AS name"));

        Assert.Contains("CHECK constraint 'odd': spark_only(id)", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Statistics_are_kept_of_the_columns_that_the_table_names()
    {
        await using var lake = new TestLake();
        const string Rows = "SELECT 1 AS a, 2 AS b, {'x': 3, 'y': 4} AS s";
        await lake.Table("t.two").AppendAsync(lake.Connection, Rows, new WriteOptions { Properties = new Dictionary<string, string> { ["delta.dataSkippingNumIndexedCols"] = "2" } });
        await lake.Table("t.named").AppendAsync(lake.Connection, Rows, new WriteOptions { Properties = new Dictionary<string, string> { ["delta.dataSkippingStatsColumns"] = "b, `s`.y" } });

        Assert.Equal("""{"numRecords":1,"minValues":{"a":1,"b":2},"maxValues":{"a":1,"b":2},"nullCount":{"a":0,"b":0}}""", (await lake.Table("t.two").SnapshotAsync()).Files.Single().Stats);
        Assert.Equal("""{"numRecords":1,"minValues":{"b":2,"s":{"y":4}},"maxValues":{"b":2,"s":{"y":4}},"nullCount":{"b":0,"s":{"y":0}}}""", (await lake.Table("t.named").SnapshotAsync()).Files.Single().Stats);
    }

    private static Dictionary<string, JsonElement> Meta(string key, string value) => new() { [key] = JsonSerializer.SerializeToElement(value) };

    private static async Task<LakeTable> CreateAsync(TestLake lake, Dictionary<string, string> properties)
    {
        var table = lake.Table("t.ruled");
        await table.CreateAsync(new StructType(new StructField("id", PrimitiveType.Long), new StructField("name", PrimitiveType.String)), properties: properties);
        return table;
    }
}
