using System.Globalization;
using System.Text;

namespace Lakehouse.Bench.Tables;

/// <summary>The log of a table that has had very many small commits, each of one file. No data file is there.</summary>
internal static class LongLog
{
    private const string Schema = """
        {\"type\":\"struct\",\"fields\":[{\"name\":\"id\",\"type\":\"long\",\"nullable\":true,\"metadata\":{}},{\"name\":\"at\",\"type\":\"timestamp\",\"nullable\":true,\"metadata\":{}}]}
        """;

    /// <summary>Writes the commits of versions 0 to <paramref name="commits"/> - 1.</summary>
    public static async Task WriteAsync(string table, int commits, CancellationToken cancellationToken)
    {
        string log = Directory.CreateDirectory(Path.Combine(table, "_delta_log")).FullName;
        for (int version = 0; version < commits; version++)
            await File.WriteAllTextAsync(CommitFile(log, version), Commit(version), cancellationToken);
    }

    /// <summary>The file of a commit.</summary>
    public static string CommitFile(string log, int version) => Path.Combine(log, string.Create(CultureInfo.InvariantCulture, $"{version:D20}.json"));

    /// <summary>A commit's content.</summary>
    public static string Commit(int version)
    {
        var lines = new StringBuilder();
        lines.AppendLine(CultureInfo.InvariantCulture, $$$"""{"commitInfo":{"timestamp":{{{1767225600000 + version * 1000L}}},"operation":"WRITE","operationParameters":{"mode":"Append","partitionBy":"[]"},"isolationLevel":"Serializable","isBlindAppend":true,"operationMetrics":{"numFiles":"1","numOutputRows":"1000","numOutputBytes":"20000"},"engineInfo":"bench","txnId":"00000000-0000-4000-8000-{{{version:D12}}}"}}""");
        if (version == 0)
        {
            lines.AppendLine("""{"protocol":{"minReaderVersion":1,"minWriterVersion":2}}""");
            lines.AppendLine($$$"""{"metaData":{"id":"5f2b1c0e-0000-4000-8000-000000000001","format":{"provider":"parquet","options":{}},"schemaString":"{{{Schema.Trim()}}}","partitionColumns":[],"configuration":{},"createdTime":1767225600000}}""");
        }

        lines.AppendLine(CultureInfo.InvariantCulture, $$$"""{"add":{"path":"part-00000-00000000-0000-4000-9000-{{{version:D12}}}-c000.snappy.parquet","partitionValues":{},"size":20000,"modificationTime":{{{1767225600000 + version * 1000L}}},"dataChange":true,"stats":"{\"numRecords\":1000,\"minValues\":{\"id\":{{{version * 1000L}}},\"at\":\"2026-01-01T00:00:00.000Z\"},\"maxValues\":{\"id\":{{{version * 1000L + 999}}},\"at\":\"2026-01-01T00:00:01.000Z\"},\"nullCount\":{\"id\":0,\"at\":0}}"}}""");
        return lines.ToString();
    }
}
