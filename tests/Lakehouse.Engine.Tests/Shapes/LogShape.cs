using System.Text.Json;
using Lakehouse.Delta;

namespace Lakehouse.Engine.Tests.Shapes;

/// <summary>A form that a table's log may have. Each says the same of the table; where it can, it also spoils what must not be read any more.</summary>
public static class LogShape
{
    /// <summary>Every shape by its name.</summary>
    public static readonly IReadOnlyList<string> Names =
        ["commits only", "classic checkpoint", "multi-part checkpoint", "v2 checkpoint, JSON", "v2 checkpoint, Parquet with sidecars", "v2 checkpoint, classic name", "statistics as struct", "log compaction"];

    /// <summary>Whether the shape needs the table to follow the v2 spec.</summary>
    public static bool NeedsV2(string shape) => shape.StartsWith("v2", StringComparison.Ordinal);

    /// <summary>Gives a table's log the shape: a checkpoint of the version before the last, and no commits before it.</summary>
    public static async Task ApplyAsync(string shape, TestLake lake, LakeTable table)
    {
        Snapshot latest = await table.SnapshotAsync();
        string log = Path.Combine(lake.Folder, table.Name.Path, "_delta_log");
        if (shape == "commits only") return;
        if (shape == "log compaction")
        {
            Compact(log, 1, latest.Version - 1);
            for (long version = 1; version < latest.Version; version++) await File.WriteAllTextAsync(Commit(log, version), "spoilt");
            return;
        }

        await table.Log.CheckpointAsync(await table.Log.LoadAsync(latest.Version - 1));
        File.Delete(Path.Combine(log, "_last_checkpoint"));
        for (long version = 0; version < latest.Version - 1; version++) File.Delete(Commit(log, version));
        string checkpoint = Directory.GetFiles(log, "*.checkpoint.*").Single();
        switch (shape)
        {
            case "multi-part checkpoint":
                for (int part = 1; part <= 3; part++)
                {
                    string path = Path.Combine(log, $"{latest.Version - 1:D20}.checkpoint.{part:D10}.{3:D10}.parquet");
                    lake.Connection.Execute($"COPY (SELECT * FROM read_parquet('{checkpoint}', file_row_number=true) WHERE file_row_number % 3 = {part - 1}) TO '{path}' (FORMAT parquet)");
                }

                File.Delete(checkpoint);
                break;
            case "v2 checkpoint, JSON":
                CheckpointRows rows = new();
                await lake.Lake.Checkpoints.ReadAsync(lake.Lake.Store, $"{table.Name.Path}/_delta_log/{Path.GetFileName(checkpoint)}", rows, CancellationToken.None);
                IReadOnlyList<DeltaAction> actions = rows.ToActions();
                Assert.Contains(actions, action => action is SidecarFile);
                await using (FileStream json = File.Create(Path.ChangeExtension(checkpoint, ".json"))) ActionJson.Write(json, actions);
                File.Delete(checkpoint);
                break;
            case "v2 checkpoint, classic name":
                File.Move(checkpoint, Path.Combine(log, $"{latest.Version - 1:D20}.checkpoint.parquet"));
                break;
            case "statistics as struct":
                StatisticsToStruct(lake, checkpoint);
                break;
        }
    }

    private static string Commit(string log, long version) => Path.Combine(log, $"{version:D20}.json");

    /// <summary>Moves the statistics from the JSON text into columns, as <c>delta.checkpoint.writeStatsAsStruct</c> has them.</summary>
    private static void StatisticsToStruct(TestLake lake, string checkpoint)
    {
        string structure = lake.Connection.Scalar<string>($"SELECT json_group_structure(add.stats::JSON)::VARCHAR FROM read_parquet('{checkpoint}') WHERE add IS NOT NULL")!;
        string fields = string.Join(", ", new[] { "path", "partitionValues", "size", "modificationTime", "dataChange", "tags", "deletionVector" }.Select(field => $"{field} := add.{field}"));
        string moved = checkpoint + ".new";
        lake.Connection.Execute($"COPY (SELECT * REPLACE (CASE WHEN add IS NOT NULL THEN struct_pack({fields}, stats_parsed := from_json(add.stats, '{structure}')) END AS add) FROM read_parquet('{checkpoint}')) TO '{moved}' (FORMAT parquet)");
        File.Move(moved, checkpoint, overwrite: true);
    }

    /// <summary>Writes what the commits amount to (PROTOCOL.md, "Action Reconciliation").</summary>
    private static void Compact(string log, long from, long to)
    {
        Dictionary<string, string> newest = [];
        for (long version = from; version <= to; version++)
        {
            foreach (string line in File.ReadAllLines(Commit(log, version)))
            {
                using JsonDocument document = JsonDocument.Parse(line);
                JsonProperty action = document.RootElement.EnumerateObject().Single();
                string? key = action.Name switch
                {
                    "add" or "remove" => "file " + action.Value.GetProperty("path").GetString() + (action.Value.TryGetProperty("deletionVector", out JsonElement vector) ? vector.GetProperty("pathOrInlineDv").GetString() + vector.GetProperty("offset").GetRawText() : ""),
                    "txn" => "txn " + action.Value.GetProperty("appId").GetString(),
                    "domainMetadata" => "domain " + action.Value.GetProperty("domain").GetString(),
                    "metaData" or "protocol" => action.Name,
                    _ => null,
                };
                if (key is not null) newest[key] = line;
            }
        }

        File.WriteAllLines(Path.Combine(log, $"{from:D20}.{to:D20}.compacted.json"), newest.Values);
    }
}
