using System.Globalization;
using Lakehouse.DuckDb;

namespace Lakehouse.Bench.Tables;

/// <summary>The log of a table of very many files, of which none is there: planning a scan opens none. One checkpoint, written by DuckDB
/// itself, in which each file has a day, one of 200 shops, and statistics of five columns; the commit of its version; the pointer to it.</summary>
internal static class WideLog
{
    /// <summary>The checkpoint's version.</summary>
    public const long Version = 1000;

    /// <summary>A condition on a column that is no partition, which <see cref="Selected"/> files may satisfy.</summary>
    public const string Selective = "id BETWEEN 100000 AND 100155 AND amount > 100";

    /// <summary>How many files a plan for <see cref="Selective"/> reads.</summary>
    public const int Selected = 16;

    /// <summary>Days that the files are spread over.</summary>
    private const int Days = 250;

    private const string Schema = """
        {"type":"struct","fields":[{"name":"id","type":"long","nullable":true,"metadata":{}},{"name":"shop","type":"integer","nullable":true,"metadata":{}},{"name":"amount","type":"decimal(12,2)","nullable":true,"metadata":{}},{"name":"placed_at","type":"timestamp","nullable":true,"metadata":{}},{"name":"note","type":"string","nullable":true,"metadata":{}},{"name":"day","type":"date","nullable":true,"metadata":{}}]}
        """;

    /// <summary>Writes the log, and the files that <see cref="Selective"/> asks for.</summary>
    public static async Task WriteAsync(string table, int files, CancellationToken cancellationToken)
    {
        string log = Directory.CreateDirectory(Path.Combine(table, "_delta_log")).FullName;
        string checkpoint = Path.Combine(log, string.Create(CultureInfo.InvariantCulture, $"{Version:D20}.checkpoint.parquet"));
        using DuckDbDatabase database = DuckDbDatabase.Open();
        using DuckDbConnection connection = database.Connect();
        await connection.ExecuteAsync($$"""
            COPY (
                SELECT NULL::STRUCT(appId VARCHAR, version BIGINT, lastUpdated BIGINT) AS txn, add, NULL::STRUCT(path VARCHAR, deletionTimestamp BIGINT, dataChange BOOLEAN) AS remove,
                       NULL::STRUCT(id VARCHAR, format STRUCT(provider VARCHAR, options MAP(VARCHAR, VARCHAR)), schemaString VARCHAR, partitionColumns VARCHAR[], configuration MAP(VARCHAR, VARCHAR), createdTime BIGINT) AS metaData,
                       NULL::STRUCT(minReaderVersion INTEGER, minWriterVersion INTEGER, readerFeatures VARCHAR[], writerFeatures VARCHAR[]) AS protocol
                FROM (SELECT {path: 'day=' || day || '/part-' || lpad((i % 100000)::VARCHAR, 5, '0') || '-' || md5(i::VARCHAR) || '.c000.snappy.parquet',
                              partitionValues: MAP {'day': day::VARCHAR}, size: 1000000 + hash(i) % 9000000, modificationTime: 1767225600000 + i * 10, dataChange: false,
                              stats: '{"numRecords":' || (90000 + hash(i, 1) % 20000) || ',"minValues":{"id":' || i * 10 || ',"shop":' || i % 200 || ',"amount":0.01,"placed_at":"' || day || 'T00:00:' || lpad((i % 60)::VARCHAR, 2, '0') || '.000Z","note":"aardvark"}'
                                     || ',"maxValues":{"id":' || i * 10 + 9 || ',"shop":' || i % 200 + 3 || ',"amount":' || (9000 + hash(i, 2) % 1000) || '.99,"placed_at":"' || day || 'T23:59:59.999Z","note":"zebra"}'
                                     || ',"nullCount":{"id":0,"shop":0,"amount":0,"placed_at":0,"note":' || hash(i, 3) % 1000 || '}' || '}'} AS add
                      FROM (SELECT range AS i, (DATE '2025-12-31' + (range // {{Math.Max(1, files / Days)}})::INTEGER)::VARCHAR AS day FROM range({{files}})))
                UNION ALL
                SELECT NULL, NULL, NULL, {id: '5f2b1c0e-0000-4000-8000-000000000000', format: {provider: 'parquet', options: MAP()}, schemaString: {{DataFiles.Literal(Schema.Trim())}}, partitionColumns: ['day'], configuration: MAP(), createdTime: 1767225600000}, NULL
                UNION ALL
                SELECT NULL, NULL, NULL, NULL, {minReaderVersion: 1, minWriterVersion: 2, readerFeatures: NULL, writerFeatures: NULL}
            ) TO {{DataFiles.Literal(checkpoint)}} (FORMAT parquet, COMPRESSION snappy)
            """, cancellationToken);
        foreach (string path in (await Paths(connection, checkpoint, cancellationToken)).Split('\n'))
        {
            string file = Path.Combine(table, path);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            await connection.ExecuteAsync(
                $"COPY (SELECT 1::BIGINT AS id, 2::INTEGER AS shop, 3::DECIMAL(12, 2) AS amount, TIMESTAMPTZ '2026-01-01 00:00:00+00' AS placed_at, '' AS note) TO {DataFiles.Literal(file)} (FORMAT parquet)", cancellationToken);
        }

        await File.WriteAllTextAsync(Path.Combine(log, "_last_checkpoint"), string.Create(CultureInfo.InvariantCulture, $"{{\"version\":{Version},\"size\":{files + 2}}}"), cancellationToken);
        await File.WriteAllTextAsync(
            Path.Combine(log, string.Create(CultureInfo.InvariantCulture, $"{Version:D20}.json")), "{\"commitInfo\":{\"timestamp\":1767225600000,\"operation\":\"WRITE\"}}\n", cancellationToken);
    }

    private static async Task<string> Paths(DuckDbConnection connection, string checkpoint, CancellationToken cancellationToken) =>
        (await connection.ScalarAsync<string>(
            $"SELECT string_agg(add.path, chr(10)) FROM read_parquet({DataFiles.Literal(checkpoint)}) WHERE json_extract(add.stats, '$.minValues.id')::BIGINT BETWEEN 100000 AND 100155", cancellationToken))!;
}
