using Lakehouse.Delta;
using Lakehouse.Engine;
using Lakehouse.Engine.Tests;
using Lakehouse.Engine.Tests.Shapes;

namespace Lakehouse.EndToEnd.Tests.Compatibility;

/// <summary>A table that we write for Spark to read.</summary>
/// <param name="Feature">What it uses, as docs/compatibility.md calls it.</param>
/// <param name="BuildAsync">Writes it.</param>
/// <param name="Feed">The first version of the change data feed to compare too; null = none.</param>
public sealed record OwnTable(string Feature, Func<TestLake, LakeTable, Task> BuildAsync, int? Feed = null);

/// <summary>Our operations and table features.</summary>
public static class OwnTables
{
    private const string People = "SELECT i AS id, 'name ' || i AS name, (i % 3)::INTEGER AS team FROM range(100) t(i)";

    /// <summary>Every table.</summary>
    public static readonly IReadOnlyList<OwnTable> All =
    [
        .. TableFeatureCase.Names.Where(name => name != "domain metadata").Select(name => new OwnTable(name, (lake, table) => TableFeatureCase.BuildAsync(name, lake, table, new Dictionary<string, string>()))),
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
        new("restore and optimize", async (lake, table) =>
        {
            await table.AppendAsync(lake.Connection, People);
            await table.DeleteAsync(lake.Connection, "id < 50");
            await table.AppendAsync(lake.Connection, "SELECT 7::BIGINT AS id, 'late' AS name, 0 AS team");
            await table.RestoreAsync(1);
            await table.OptimizeAsync(lake.Connection, new OptimizeOptions { PurgeFrom = 0.01 });
            await table.VacuumAsync();
        }),
        .. new[] { true, false }.Select(deep => new OwnTable(deep ? "deep clone" : "shallow clone", async (lake, table) =>
        {
            var source = lake.Table(deep ? "t.deepsource" : "t.shallowsource");
            await source.AppendAsync(lake.Connection, People, new WriteOptions { PartitionBy = ["team"] });
            await source.DeleteAsync(lake.Connection, "id < 10");
            await table.CloneAsync(source, deep: deep);
            await table.DeleteAsync(lake.Connection, "id > 95");
        })),
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
