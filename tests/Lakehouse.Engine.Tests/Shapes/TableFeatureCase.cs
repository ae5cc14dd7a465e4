using Lakehouse.Delta;

namespace Lakehouse.Engine.Tests.Shapes;

/// <summary>A table that uses one feature, built through the real write path in at least five versions.</summary>
public static class TableFeatureCase
{
    /// <summary>Every feature by its name.</summary>
    public static readonly IReadOnlyList<string> Names =
        ["plain", "partitioned", "deletion vectors", "type widening", "timestampNtz", "in-commit timestamps", "void column", "domain metadata", "nested types", "column mapping by name", "column mapping by id", "variant"];

    /// <summary>Builds the table.</summary>
    public static async Task BuildAsync(string feature, TestLake lake, LakeTable table, IReadOnlyDictionary<string, string> properties)
    {
        var options = new WriteOptions { Properties = properties };
        switch (feature)
        {
            case "plain":
                for (var i = 0; i < 6; i++) await Append($"SELECT i AS id, 'row ' || i AS name, i * 1.5::DECIMAL(9,2) AS amount, TIMESTAMPTZ '2026-01-01 10:00:00.123456+00' + INTERVAL (i) HOUR AS at FROM range({i * 10}, {(i + 1) * 10}) t(i)");
                await table.OverwriteAsync(lake.Connection, "SELECT i AS id, 'new ' || i AS name, 1::DECIMAL(9,2) AS amount, TIMESTAMPTZ '2026-02-01 00:00:00+00' AS at FROM range(5) t(i)");
                break;
            case "partitioned":
                options = options with { PartitionBy = ["city", "day", "n"] };
                for (var i = 0; i < 6; i++)
                    await Append($"SELECT i AS id, CASE i % 4 WHEN 0 THEN 'São Paulo/=%25 a' WHEN 1 THEN NULL WHEN 2 THEN 'a:b''c\"d' ELSE 'x y+z' END AS city, CASE WHEN i % 3 > 0 THEN DATE '2026-01-01' + (i % 3)::INTEGER END AS day, (i % 2)::SMALLINT AS n FROM range({i * 4}, {(i + 1) * 4}) t(i)");
                break;
            case "deletion vectors":
                for (var i = 0; i < 3; i++) await Append($"SELECT i AS id, i % 7 AS kind FROM range({i * 1000}, {(i + 1) * 1000}) t(i)");
                for (var i = 0; i < 3; i++)
                    await table.MergeAsync(lake.Connection, $"SELECT range * 5 + {i} AS id, 100 + {i} AS kind, range % 2 = 0 AS gone FROM range(500)", new MergeOptions { Keys = ["id"], DeleteWhen = "gone", ExceptColumns = ["gone"] });
                break;
            case "type widening":
                await Append("SELECT 1::TINYINT AS a, 1.5::FLOAT AS f, {'x': 1::SMALLINT, 'y': [1::INTEGER]} AS s, MAP {'k': 1::SMALLINT} AS m, DATE '2026-01-02' AS d, 1.5::DECIMAL(5,1) AS n");
                options = options with { MergeSchema = true };
                await Append("SELECT 2::SMALLINT AS a, 2.5::DOUBLE AS f, {'x': 70000::INTEGER, 'y': [2::BIGINT]} AS s, MAP {'k': 70000::INTEGER} AS m, TIMESTAMP '2026-01-02 03:04:05' AS d, 1.25::DECIMAL(12,2) AS n");
                await Append("SELECT 3::INTEGER AS a, 3.5::DOUBLE AS f, {'x': 5000000000::BIGINT, 'y': [NULL::BIGINT]} AS s, MAP {'k': 5000000000::BIGINT} AS m, NULL::TIMESTAMP AS d, 1.75::DECIMAL(12,2) AS n");
                await Append("SELECT 4::BIGINT AS a, 4.5::DOUBLE AS f, NULL::STRUCT(x BIGINT, y BIGINT[]) AS s, NULL::MAP(VARCHAR, BIGINT) AS m, NULL::TIMESTAMP AS d, 1.75::DECIMAL(12,2) AS n");
                await Append("SELECT 5::BIGINT AS a, 5.5::DOUBLE AS f, NULL::STRUCT(x BIGINT, y BIGINT[]) AS s, MAP {} ::MAP(VARCHAR, BIGINT) AS m, NULL::TIMESTAMP AS d, NULL::DECIMAL(12,2) AS n");
                break;
            case "timestampNtz":
                options = options with { PartitionBy = ["hour"] };
                for (var i = 0; i < 6; i++) await Append($"SELECT {i} AS id, TIMESTAMP '2026-03-29 02:30:00.123456' + INTERVAL {i} HOUR AS local, date_trunc('day', TIMESTAMP '2026-03-29 20:00:00' + INTERVAL {i} HOUR) AS hour");
                break;
            case "in-commit timestamps":
                options = options with { Properties = new Dictionary<string, string>(properties) { ["delta.enableInCommitTimestamps"] = "true" } };
                for (var i = 0; i < 6; i++) await Append($"SELECT {i} AS id");
                break;
            case "void column":
                await table.CreateAsync(new StructType(new StructField("id", PrimitiveType.Long), new StructField("nothing", PrimitiveType.Void)), properties: properties);
                for (var i = 0; i < 5; i++) await Append($"SELECT {i}::BIGINT AS id");
                break;
            case "domain metadata":
                for (var i = 0; i < 5; i++)
                {
                    await Append($"SELECT {i} AS id");
                    var transaction = table.Log.Begin(await table.SnapshotAsync());
                    transaction.SetDomain("lake.note", $"{{\"n\": {i}}}");
                    transaction.SetDomain("lake.old", i < 3 ? "x" : null);
                    await transaction.CommitAsync(new CommitInfo { Operation = "SET DOMAIN" });
                }

                break;
            case "column mapping by name" or "column mapping by id":
                options = options with { PartitionBy = ["kind"], MergeSchema = true, Properties = new Dictionary<string, string>(properties) { ["delta.columnMapping.mode"] = feature[18..] } };
                await Append("SELECT 1 AS id, 'a=b' AS kind, {'x': 1, 'y': [{'z': 'deep'}]} AS s, MAP {'k': {'v': 1}} AS m, 'gone' AS old FROM range(3)");
                await table.RenameColumnAsync("id", "key");
                await table.RenameColumnAsync("kind", "Art der Zeile");
                await table.RenameColumnAsync("s.y.element.z", "depth");
                await table.RenameColumnAsync("m.value.v", "w");
                await table.DropColumnAsync("old");
                await table.DropColumnAsync("s.x");
                options = options with { PartitionBy = [] };
                await Append("SELECT 2 AS key, NULL::VARCHAR AS \"Art der Zeile\", {'y': [{'depth': 'two'}], 'x': 'another'} AS s, MAP {'k': {'w': 2}} AS m, 5 AS old");
                await table.MergeAsync(lake.Connection, "SELECT 2 AS key, {'y': NULL::STRUCT(depth VARCHAR)[], 'x': 'merged'} AS s", new MergeOptions { Keys = ["key"] });
                break;
            case "nested types":
                for (var i = 0; i < 6; i++)
                    await Append($"SELECT {i} AS id, [{{'k': {i}, 'tags': ['a', NULL]}}, NULL] AS l, MAP {{'x': {{'v': {i}}}}} AS m, {{'deep': {{'er': {i}.5::DOUBLE}}}} AS s, 'b'::BLOB AS b, {(i % 2 == 0 ? "true" : "NULL")}::BOOLEAN AS t");
                break;
            case "variant":
                await VariantCase.WriteAsync(lake, table, properties);
                break;
        }

        async Task Append(string sql) => await table.AppendAsync(lake.Connection, sql, options);
    }
}
