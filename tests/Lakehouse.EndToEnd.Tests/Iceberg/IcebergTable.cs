using Lakehouse.Delta;
using Lakehouse.Engine;
using Lakehouse.Engine.Tests;
using Lakehouse.Engine.Tests.Shapes;

namespace Lakehouse.EndToEnd.Tests.Iceberg;

/// <summary>A table of ours that asks to be read as an Iceberg table.</summary>
/// <param name="Feature">What it uses.</param>
/// <param name="BuildAsync">Writes it, with these properties.</param>
/// <param name="FirstVersion">The first version that clients can still travel to. Where that is not 0 a new history begins: its metadata is
/// waited for, as it would begin at a later version where several are caught up with at once.</param>
public sealed record IcebergTable(string Feature, Func<TestLake, LakeTable, IReadOnlyDictionary<string, string>, Task> BuildAsync, long FirstVersion = 0)
{
    private const string People = "SELECT i AS id, 'name ' || i AS name, (i % 3)::INTEGER AS team, i * 1.25::DECIMAL(9,2) AS amount, DATE '2026-01-01' + i::INTEGER AS day FROM range(100) t(i)";

    /// <summary>Every table.</summary>
    public static readonly IReadOnlyList<IcebergTable> All =
    [
        .. new[] { "plain", "partitioned", "deletion vectors", "void column", "nested types", "column mapping by name", "column mapping by id" }
            .Select(name => new IcebergTable(name, (lake, table, properties) => TableFeatureCase.BuildAsync(name, lake, table, properties))),
        .. new[] { "true", "false" }.Select(vectors => new IcebergTable(vectors == "true" ? "changes by deletion vectors" : "changes by copies", async (lake, table, properties) =>
        {
            await table.AppendAsync(lake.Connection, People, new WriteOptions { PartitionBy = ["team"], Properties = With(properties, TableProperties.EnableDeletionVectors, vectors) });
            await ChangeAsync(lake, table);
            await table.OptimizeAsync(lake.Connection, new OptimizeOptions { PurgeFrom = 0.01 });
            await table.AppendAsync(lake.Connection, "SELECT 7::BIGINT AS id, 'late' AS name, NULL::INTEGER AS team, NULL::DECIMAL(9,2) AS amount, NULL::DATE AS day");
            await table.RestoreAsync(2);
            await table.DeleteAsync(lake.Connection, "id < 15");
            await table.RestoreAsync(1);
            await table.TruncateAsync();
            await table.AppendAsync(lake.Connection, People.Replace("100", "10", StringComparison.Ordinal));
        })),
        new("partitions of every type", async (lake, table, properties) =>
        {
            string[] keys = ["s", "d", "n", "ts", "ntz", "i", "l", "b", "f", "h"];
            var options = new WriteOptions { PartitionBy = keys, Properties = properties };
            await table.AppendAsync(lake.Connection, Row(1, "'a b/c=d%25&e'", "DATE '2026-01-02'", "-1.50", "TIMESTAMPTZ '2026-01-02 03:04:05.123456+00'", "TIMESTAMP '2026-01-02 03:04:05'", "-7", "5000000000", "true", "1.5", "9"), options);
            await table.AppendAsync(lake.Connection, Row(2, "'ü:\"x''y€'", "NULL", "NULL", "NULL", "NULL", "NULL", "NULL", "NULL", "NULL", "NULL"), options);
            await table.AppendAsync(lake.Connection, Row(3, "NULL", "DATE '1900-01-01'", "12345.67", "TIMESTAMPTZ '1900-01-01 00:00:00+00'", "TIMESTAMP '2026-01-02 03:04:05.000001'", "0", "0", "false", "-0.25", "-1"), options);
            await table.DeleteAsync(lake.Connection, "id = 1");
            await table.OverwriteAsync(lake.Connection, Row(4, "NULL", "DATE '1900-01-01'", "12345.67", "TIMESTAMPTZ '1900-01-01 00:00:00+00'", "TIMESTAMP '2026-01-02 03:04:05.000001'", "0", "0", "false", "-0.25", "-1"), new WriteOptions { OverwritePartitions = true });

            static string Row(int id, string s, string d, string n, string ts, string ntz, string i, string l, string b, string f, string h) =>
                $"SELECT {id} AS id, {s}::VARCHAR AS s, {d}::DATE AS d, {n}::DECIMAL(9,2) AS n, {ts}::TIMESTAMPTZ AS ts, {ntz}::TIMESTAMP AS ntz, {i}::INTEGER AS i, {l}::BIGINT AS l, {b}::BOOLEAN AS b, {f}::DOUBLE AS f, {h}::SMALLINT AS h";
        }),
        new("every primitive type", async (lake, table, properties) =>
        {
            for (var file = 0; file < 3; file++)
            {
                await table.AppendAsync(
                    lake.Connection,
                    $"SELECT i AS id, 'nä' || i AS name, (i * 1.25)::DECIMAL(38,10) AS amount, TIMESTAMPTZ '2026-01-01 10:00:00.123456+00' + INTERVAL (i) SECOND AS at, TIMESTAMP '1969-12-31 23:59:59.5' AS local, DATE '1969-12-01' + i::INTEGER AS day, i % 2 = 0 AS flag, (i / 4)::FLOAT AS f, -i / 8 AS d, encode('x' || i) AS b, i::SMALLINT AS s, i::TINYINT AS t, i::INTEGER AS n FROM range({file * 20}, {(file * 20) + 20}) t(i)",
                    new WriteOptions { Properties = properties });
            }

            await table.AppendAsync(lake.Connection, "SELECT NULL::BIGINT AS id");
        }),
        new("schema evolution", async (lake, table, properties) =>
        {
            await table.AppendAsync(lake.Connection, "SELECT i::INTEGER AS id, {'a': i} AS s, i::SMALLINT AS n FROM range(3) t(i)", new WriteOptions { Properties = properties });
            await table.AddColumnsAsync(new StructType(new StructField("extra", new ArrayType(PrimitiveType.Integer))));
            await table.AppendAsync(lake.Connection, "SELECT 5000000000 AS id, {'a': 7, 'b': 'x'} AS s, 70000 AS n, [1, 2] AS extra, 'new' AS note", new WriteOptions { MergeSchema = true });
            await table.DeleteAsync(lake.Connection, "id = 1");
        }),
        new("columns mapped later", async (lake, table, properties) =>
        {
            await table.AppendAsync(lake.Connection, "SELECT i AS id, [{'a': i}, {'a': i + 1}] AS l, MAP {'k': {'v': i}} AS m, {'x': i, 'y': 'y'} AS s, 'gone' AS old FROM range(5) t(i)", new WriteOptions { Properties = properties });
            await table.SetPropertiesAsync(new Dictionary<string, string?> { [TableProperties.ColumnMappingMode] = "name" });
            await table.RenameColumnAsync("id", "Schlüssel der Zeile");
            await table.RenameColumnAsync("s.x", "z");
            await table.DropColumnAsync("old");
            await table.AppendAsync(lake.Connection, "SELECT 10 AS \"Schlüssel der Zeile\", [{'a': 10}] AS l, MAP {'k': {'v': 10}} AS m, {'z': 10, 'y': 'yy'} AS s, 3 AS old", new WriteOptions { MergeSchema = true });
            await table.DeleteAsync(lake.Connection, "\"Schlüssel der Zeile\" = 2");
        }),
        new("another schema and other partitions", async (lake, table, properties) =>
        {
            await table.AppendAsync(lake.Connection, People, new WriteOptions { PartitionBy = ["team"], Properties = properties });
            await table.OverwriteAsync(lake.Connection, "SELECT 'text' AS id, DATE '2026-05-05' AS day, 1 AS team FROM range(3)", new WriteOptions { OverwriteSchema = true, PartitionBy = ["day"] });
            await table.Log.CheckpointsWrittenAsync();
            await table.AppendAsync(lake.Connection, "SELECT 'more' AS id, DATE '2026-05-06' AS day, 2 AS team");
        }, FirstVersion: 1),
        new("switched on later", async (lake, table, properties) =>
        {
            await table.AppendAsync(lake.Connection, People);
            await table.DeleteAsync(lake.Connection, "id < 10");
            await table.SetPropertiesAsync(properties.ToDictionary(property => property.Key, property => (string?)property.Value));
            await table.Log.CheckpointsWrittenAsync();
            await table.AppendAsync(lake.Connection, People);
        }, FirstVersion: 2),
    ];

    private static async Task ChangeAsync(TestLake lake, LakeTable table)
    {
        await table.DeleteAsync(lake.Connection, "id < 10");
        await table.UpdateAsync(lake.Connection, new Dictionary<string, string> { ["name"] = "upper(name)" }, "id < 20");
        await table.DeleteAsync(lake.Connection, "id = 50");
        await table.MergeAsync(lake.Connection, new MergeStatement
        {
            Source = "SELECT i AS id, 'merged' AS name FROM range(90, 120) t(i)",
            On = "target.id = source.id",
            Clauses =
            [
                new MergeClause { Rows = MergeRows.Matched, Action = MergeAction.Delete, Condition = "source.id < 95" },
                new MergeClause { Rows = MergeRows.Matched, Action = MergeAction.Update, Set = new Dictionary<string, string> { ["name"] = "source.name" } },
                new MergeClause { Rows = MergeRows.NotMatched, Action = MergeAction.Insert, Set = new Dictionary<string, string> { ["id"] = "source.id", ["name"] = "source.name", ["team"] = "1" } },
            ],
        });
    }

    private static Dictionary<string, string> With(IReadOnlyDictionary<string, string> properties, string key, string value) => new(properties) { [key] = value };
}
