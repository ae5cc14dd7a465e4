using Lakehouse.Delta;
using Lakehouse.Engine;
using Lakehouse.Engine.Tests;
using Lakehouse.Engine.Tests.Shapes;

namespace Lakehouse.EndToEnd.Tests.Compatibility;

/// <summary>A table that we write for Spark and Trino to read.</summary>
/// <param name="Feature">What it uses, as docs/compatibility.md calls it.</param>
/// <param name="BuildAsync">Writes it.</param>
/// <param name="Feed">The first version of the change data feed to compare too; null = none.</param>
/// <param name="Ask">What Spark is asked beside the rows; null = nothing.</param>
/// <param name="TrinoDiffers">What Trino itself cannot read of it, for the document; null = nothing.</param>
public sealed record OwnTable(string Feature, Func<TestLake, LakeTable, Task> BuildAsync, int? Feed = null, string? TrinoDiffers = null, SparkQuestion? Ask = null);

/// <summary>Something that Spark tells of a table beside its rows.</summary>
/// <param name="What">An expression.</param>
/// <param name="Where">The rows it is asked of.</param>
/// <param name="Answers">Its values, in any order.</param>
public sealed record SparkQuestion(string What, string Where, string[] Answers);

/// <summary>Our operations and table features.</summary>
public static class OwnTables
{
    private const string People = "SELECT i AS id, 'name ' || i AS name, (i % 3)::INTEGER AS team FROM range(100) t(i)";

    private static readonly Dictionary<string, string> TrinoLimits = new()
    {
        ["type widening"] = "Trino shows only the columns that were not widened",
        ["void column"] = "Trino does not know the type void",
    };

    /// <summary>Every table.</summary>
    public static readonly IReadOnlyList<OwnTable> All =
    [
        .. TableFeatureCase.Names.Where(name => name is not ("domain metadata" or "variant")).Select(name => new OwnTable(
            name, (lake, table) => TableFeatureCase.BuildAsync(name, lake, table, new Dictionary<string, string>()), TrinoDiffers: TrinoLimits.GetValueOrDefault(name))),
        .. new[] { "true", "false" }.Select(vectors => new OwnTable(vectors == "true" ? "delete, update and merge by deletion vectors" : "delete, update and merge by copies", async (lake, table) =>
        {
            await table.AppendAsync(lake.Connection, People, new WriteOptions { Properties = new Dictionary<string, string> { [TableProperties.EnableDeletionVectors] = vectors } });
            await ChangeAsync(lake, table);
        })),
        new("change data feed, partitioned", async (lake, table) =>
        {
            await table.AppendAsync(lake.Connection, People, new WriteOptions { PartitionBy = ["team"], Properties = new Dictionary<string, string> { [TableProperties.EnableChangeDataFeed] = "true" } });
            await ChangeAsync(lake, table);
        }, Feed: 1),
        new("v2 checkpoints with sidecars", async (lake, table) =>
        {
            var properties = new Dictionary<string, string> { [TableProperties.CheckpointPolicy] = "v2", [TableProperties.CheckpointInterval] = "2" };
            for (var i = 0; i < 5; i++) await (await table.AppendAsync(lake.Connection, $"SELECT {i} AS id", new WriteOptions { Properties = properties })).Checkpoint;
            await Task.WhenAll(Enumerable.Range(0, 4).Select(version => File.WriteAllTextAsync(Path.Combine(lake.Folder, table.Name.Path, $"_delta_log/{version:D20}.json"), "spoilt")));
        }),
        new("replaceWhere, partition overwrite, truncate", async (lake, table) =>
        {
            await table.AppendAsync(lake.Connection, People, new WriteOptions { PartitionBy = ["team"] });
            await table.OverwriteAsync(lake.Connection, "SELECT 40 AS id, 'x' AS name, 1 AS team", new WriteOptions { ReplaceWhere = "team = 1 AND id < 50" });
            await table.OverwriteAsync(lake.Connection, "SELECT 2000 AS id, 'y' AS name, 2 AS team", new WriteOptions { OverwritePartitions = true });
        }),
        new("constraints, generated columns and defaults", async (lake, table) =>
        {
            var schema = new StructType(
                new StructField("at", PrimitiveType.Timestamp, nullable: false),
                new StructField("day", PrimitiveType.Date, metadata: Meta("delta.generationExpression", "CAST(at AS DATE)")),
                new StructField("kind", PrimitiveType.String, metadata: Meta("CURRENT_DEFAULT", "'web'")));
            await table.CreateAsync(schema, ["day"]);
            await table.AppendAsync(lake.Connection, "SELECT TIMESTAMPTZ '2026-01-02 10:00:00+00' AS at");
            await table.AddConstraintAsync(lake.Connection, "known", "kind IN ('web', 'shop')");
            await table.AppendAsync(lake.Connection, "SELECT TIMESTAMPTZ '2026-01-03 10:00:00+00' AS at, 'shop' AS kind");
        }),
        new("row tracking: append, delete, update, merge, optimize", async (lake, table) =>
        {
            await table.AppendAsync(lake.Connection, People, new WriteOptions { Properties = new Dictionary<string, string> { [TableProperties.EnableRowTracking] = "true" } });
            await table.AppendAsync(lake.Connection, "SELECT 200 + i AS id, 'late' AS name, 0 AS team FROM range(10) t(i)");
            await ChangeAsync(lake, table);
            await table.OptimizeAsync(lake.Connection, new OptimizeOptions { PurgeFrom = 0.01 });
            await table.UpdateAsync(lake.Connection, new Dictionary<string, string> { ["team"] = "9" }, "id = 19 OR id = 97");
            await table.MergeAsync(lake.Connection, "SELECT 18 AS id, 'by key' AS name, 5 AS team", new MergeOptions { Keys = ["id"] });
        }, Ask: new SparkQuestion(
            "concat_ws('|', CAST(id AS STRING), CAST(_metadata.row_id AS STRING))",
            "id < 100 OR id >= 200",
            [.. Enumerable.Range(10, 80).Concat(Enumerable.Range(95, 5)).Select(id => $"{id}|{id}"), .. Enumerable.Range(0, 10).Select(i => $"{200 + i}|{100 + i}")])),
        new("restore and optimize", async (lake, table) =>
        {
            await table.AppendAsync(lake.Connection, People);
            await table.DeleteAsync(lake.Connection, "id < 50");
            await table.AppendAsync(lake.Connection, "SELECT 7::BIGINT AS id, 'late' AS name, 0 AS team");
            await table.RestoreAsync(1);
            await table.OptimizeAsync(lake.Connection, new OptimizeOptions { PurgeFrom = 0.01 });
            await table.VacuumAsync();
        }),
        new("optimize by z-order and purge", async (lake, table) =>
        {
            await table.AppendAsync(lake.Connection, People, new WriteOptions { PartitionBy = ["team"] });
            await table.AppendAsync(lake.Connection, "SELECT 1000 + i AS id, 'more ' || i AS name, (i % 3)::INTEGER AS team FROM range(100) t(i)");
            await table.OptimizeAsync(lake.Connection, new OptimizeOptions { ZOrderBy = ["id", "name"] });
            await table.DeleteAsync(lake.Connection, "id IN (5, 1005)");
            await table.PurgeAsync(lake.Connection);
        }),
        new("clustered table, optimized", async (lake, table) =>
        {
            await table.AppendAsync(lake.Connection, People);
            await table.ClusterByAsync(["team", "id"]);
            await table.OptimizeAsync(lake.Connection);
            await table.AppendAsync(lake.Connection, "SELECT 1000::BIGINT AS id, 'late' AS name, 1 AS team");
        }),
        new("auto-compaction", async (lake, table) =>
        {
            var properties = new Dictionary<string, string> { [TableProperties.AutoCompact] = "true", [TableProperties.AutoCompactMinFiles] = "3" };
            for (var i = 0; i < 8; i++) await table.AppendAsync(lake.Connection, $"SELECT {i} AS id", new WriteOptions { Properties = properties });
            await table.CompactedAsync();
        }),
        new("converted folder of Parquet files", async (lake, table) =>
        {
            var folder = Directory.CreateDirectory(Path.Combine(lake.Folder, table.Name.Path)).FullName;
            await lake.Connection.ExecuteAsync($"COPY (SELECT *, DATE '2026-01-01' + team AS day FROM ({People})) TO '{folder}' (FORMAT parquet, PARTITION_BY (day), OVERWRITE)");
            await table.ConvertAsync(lake.Connection, new ConvertOptions { PartitionBy = ConvertOptions.ParsePartitionBy("day DATE") });
            await table.DeleteAsync(lake.Connection, "id < 10");
        }),
        new("identity columns", async (lake, table) =>
        {
            await table.CreateAsync(new StructType(IdentityColumn.Field("id", 10, 5), new StructField("name", PrimitiveType.String)));
            await table.AppendAsync(lake.Connection, "SELECT 'a' || i AS name FROM range(20) t(i)");
            await table.MergeAsync(lake.Connection, "SELECT 'a' || i AS name FROM range(18, 25) t(i)", new MergeOptions { Keys = ["name"] });
        }),
        new("dropped features: deletion vectors", async (lake, table) =>
        {
            await table.AppendAsync(lake.Connection, People);
            await table.DeleteAsync(lake.Connection, "id < 10");
            await table.DropFeatureAsync(lake.Connection, "deletionVectors");
            await table.DeleteAsync(lake.Connection, "id = 20");
        }),
        new("dropped features: column mapping and type widening", async (lake, table) =>
        {
            await table.AppendAsync(lake.Connection, People, new WriteOptions { PartitionBy = ["team"], Properties = new Dictionary<string, string> { [TableProperties.ColumnMappingMode] = "name" } });
            await table.RenameColumnAsync("name", "called");
            await table.AddColumnsAsync(new StructType(new StructField("n", PrimitiveType.Short)));
            await table.ChangeColumnTypeAsync("n", PrimitiveType.Integer);
            await table.DropFeatureAsync(lake.Connection, "typeWidening");
            await table.DropFeatureAsync(lake.Connection, "columnMapping");
            await table.AppendAsync(lake.Connection, "SELECT 1000::BIGINT AS id, 'late' AS called, 1 AS team, 70000 AS n");
        }),
        .. new[] { true, false }.Select(deep => new OwnTable(deep ? "deep clone" : "shallow clone", async (lake, table) =>
        {
            var source = lake.Table(deep ? "t.deepsource" : "t.shallowsource");
            await source.AppendAsync(lake.Connection, People, new WriteOptions { PartitionBy = ["team"] });
            await source.DeleteAsync(lake.Connection, "id < 10");
            await table.CloneAsync(source, deep: deep);
            await table.DeleteAsync(lake.Connection, "id > 95");
        }, TrinoDiffers: deep ? null : "Trino opens no `file://` paths")),
    ];

    private static async Task ChangeAsync(TestLake lake, LakeTable table)
    {
        await table.DeleteAsync(lake.Connection, "id < 10");
        await table.UpdateAsync(lake.Connection, new Dictionary<string, string> { ["name"] = "upper(name)" }, "id < 20");
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

    private static Dictionary<string, System.Text.Json.JsonElement> Meta(string key, string value) => new() { [key] = System.Text.Json.JsonSerializer.SerializeToElement(value) };
}
