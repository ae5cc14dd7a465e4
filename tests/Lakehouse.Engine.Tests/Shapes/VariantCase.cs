using System.Text.Json;
using Lakehouse.Delta;

namespace Lakehouse.Engine.Tests.Shapes;

/// <summary>A table with variants as other engines write it, since we only read them: files that call the column a variant (shredded, as
/// DuckDB makes them), and files that do not.</summary>
public static class VariantCase
{
    /// <summary>Writes files and log.</summary>
    public static async Task WriteAsync(TestLake lake, LakeTable table, IReadOnlyDictionary<string, string> properties)
    {
        string folder = Path.Combine(lake.Folder, table.Name.Path);
        Directory.CreateDirectory(Path.Combine(folder, "_delta_log"));
        string[] features = ["variantType", "variantShredding-preview", .. properties.GetValueOrDefault(TableProperties.CheckpointPolicy) == "v2" ? ["v2Checkpoint"] : Array.Empty<string>()];
        const string Schema = """{"type":"struct","fields":[{"name":"id","type":"integer","nullable":true,"metadata":{}},{"name":"v","type":"variant","nullable":true,"metadata":{}}]}""";
        for (int i = 0; i < 6; i++)
        {
            string file = $"part-{i}-{Guid.NewGuid()}.parquet";
            string variant = $"CASE WHEN i % 3 < 2 THEN CAST(CAST(json_object('n', i, 'list', ['a', NULL], 'in', json_object('d', i * 1.5)) AS JSON) AS VARIANT) END";
            string value = i % 2 == 0 ? variant : $"CASE WHEN i % 3 < 2 THEN CAST(variant_to_parquet_variant({variant}) AS STRUCT(metadata BLOB, \"value\" BLOB)) END";
            await lake.Connection.ExecuteAsync($"COPY (SELECT i::INTEGER AS id, {value} AS v FROM range({i * 10}, {(i * 10) + 10}) t(i)) TO '{Path.Combine(folder, file)}' (FORMAT parquet)");
            List<object> actions = [new { commitInfo = new { timestamp = 1_795_000_000_000 + i, operation = "WRITE" } }];
            if (i == 0)
            {
                actions.Add(new { protocol = new { minReaderVersion = 3, minWriterVersion = 7, readerFeatures = features, writerFeatures = features } });
                actions.Add(new { metaData = new { id = "variant", format = new { provider = "parquet", options = new { } }, schemaString = Schema, partitionColumns = Array.Empty<string>(), configuration = properties, createdTime = 0 } });
            }

            actions.Add(new
            {
                add = new { path = file, partitionValues = new { }, size = new FileInfo(Path.Combine(folder, file)).Length, modificationTime = 1_795_000_000_000, dataChange = true, stats = "{\"numRecords\":10}" },
            });
            await File.WriteAllLinesAsync(Path.Combine(folder, $"_delta_log/{i:D20}.json"), actions.Select(action => JsonSerializer.Serialize(action)));
        }
    }
}
