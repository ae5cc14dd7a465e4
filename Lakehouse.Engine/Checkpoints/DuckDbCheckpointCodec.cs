using System.Globalization;
using System.Runtime.CompilerServices;
using Lakehouse.Delta;
using Lakehouse.DuckDb;
using Lakehouse.Engine.Sql;
using Lakehouse.Storage;

namespace Lakehouse.Engine.Checkpoints;

/// <summary>Checkpoints through DuckDB: actions go in and out as the JSON of the log, which DuckDB turns into Parquet columns of the
/// types that the protocol gives (PROTOCOL.md, "Checkpoint Schema") and back.</summary>
internal sealed class DuckDbCheckpointCodec(DuckDbDatabase database, string tempFolder) : ICheckpointCodec
{
    private const string Vector = "STRUCT(storageType VARCHAR, pathOrInlineDv VARCHAR, \"offset\" INTEGER, sizeInBytes INTEGER, cardinality BIGINT)";

    /// <summary>The columns of a checkpoint, as every engine writes them; the last two are the v2 spec's own.</summary>
    private static readonly (string Name, (string Name, string Type)[] Fields)[] Columns =
    [
        ("txn", [("appId", "VARCHAR"), ("version", "BIGINT"), ("lastUpdated", "BIGINT")]),
        ("add",
        [
            ("path", "VARCHAR"), ("partitionValues", "MAP(VARCHAR, VARCHAR)"), ("size", "BIGINT"), ("modificationTime", "BIGINT"), ("dataChange", "BOOLEAN"),
            ("stats", "VARCHAR"), ("tags", "MAP(VARCHAR, VARCHAR)"), ("deletionVector", Vector), ("baseRowId", "BIGINT"), ("defaultRowCommitVersion", "BIGINT"),
            ("clusteringProvider", "VARCHAR"),
        ]),
        ("remove",
        [
            ("path", "VARCHAR"), ("deletionTimestamp", "BIGINT"), ("dataChange", "BOOLEAN"), ("extendedFileMetadata", "BOOLEAN"),
            ("partitionValues", "MAP(VARCHAR, VARCHAR)"), ("size", "BIGINT"), ("stats", "VARCHAR"), ("tags", "MAP(VARCHAR, VARCHAR)"), ("deletionVector", Vector),
            ("baseRowId", "BIGINT"), ("defaultRowCommitVersion", "BIGINT"),
        ]),
        ("metaData",
        [
            ("id", "VARCHAR"), ("name", "VARCHAR"), ("description", "VARCHAR"), ("format", "STRUCT(provider VARCHAR, options MAP(VARCHAR, VARCHAR))"),
            ("schemaString", "VARCHAR"), ("partitionColumns", "VARCHAR[]"), ("configuration", "MAP(VARCHAR, VARCHAR)"), ("createdTime", "BIGINT"),
        ]),
        ("protocol", [("minReaderVersion", "INTEGER"), ("minWriterVersion", "INTEGER"), ("readerFeatures", "VARCHAR[]"), ("writerFeatures", "VARCHAR[]")]),
        ("domainMetadata", [("domain", "VARCHAR"), ("configuration", "VARCHAR"), ("removed", "BOOLEAN")]),
        ("checkpointMetadata", [("version", "BIGINT"), ("tags", "MAP(VARCHAR, VARCHAR)")]),
        ("sidecar", [("path", "VARCHAR"), ("sizeInBytes", "BIGINT"), ("modificationTime", "BIGINT"), ("tags", "MAP(VARCHAR, VARCHAR)")]),
    ];

    /// <inheritdoc/>
    public async IAsyncEnumerable<DeltaAction> ReadAsync(IObjectStore store, string key, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var held = await store.HoldFileAsync(key, cancellationToken).ConfigureAwait(false);
        using var connection = database.Connect();
        var file = SqlText.FileLiteral(held.Path);
        var columns = await ReadingAsync(key, async () =>
        {
            using var empty = await connection.QueryAsync($"SELECT * FROM read_parquet([{file}], hive_partitioning=false) LIMIT 0", cancellationToken).ConfigureAwait(false);
            return empty.Columns;
        }).ConfigureAwait(false);
        var lines = Columns.Select(column => (column.Name, Json: ToJson(column.Name, column.Fields, columns))).Where(line => line.Json is not null).ToList();
        if (lines.Count == 0) yield break;
        var sql = $"SELECT CASE {string.Concat(lines.Select(line => $"WHEN {SqlText.Name(line.Name)} IS NOT NULL THEN '{{\"{line.Name}\":' || {line.Json} || '}}' "))}END AS line FROM read_parquet([{file}], hive_partitioning=false)";
        using var result = await ReadingAsync(key, () => connection.QueryAsync(sql, cancellationToken)).ConfigureAwait(false);
        while (await ReadingAsync(key, () => result.NextChunkAsync(cancellationToken).AsTask()).ConfigureAwait(false))
        {
            foreach (var action in ReadChunk(result)) yield return action;
        }
    }

    /// <inheritdoc/>
    public async Task<long> WriteAsync(IObjectStore store, string key, IReadOnlyCollection<DeltaAction> actions, StructType schema, CancellationToken cancellationToken)
    {
        var lines = TempFile("json");
        var parquet = TempFile("parquet");
        try
        {
            await using (var output = new FileStream(lines, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16)) ActionJson.Write(output, actions);
            // A line can be as long as the widest schema; DuckDB sets its buffers by this.
            var longest = Math.Max(16L << 20, actions.OfType<Metadata>().Sum(metadata => 8L * metadata.SchemaString.Length));
            var types = string.Join(", ", ColumnsFor(actions).Select(column => $"{SqlText.Name(column.Name)}: {SqlText.Literal($"STRUCT({string.Join(", ", column.Fields.Select(field => $"{SqlText.Name(field.Name)} {field.Type}"))})")}"));
            using var connection = database.Connect();
            await connection.ExecuteAsync(
                string.Create(CultureInfo.InvariantCulture, $"COPY (SELECT * FROM read_json({SqlText.Literal(lines)}, format='newline_delimited', columns={{{types}}}, maximum_object_size={longest})) TO {SqlText.Literal(parquet)} (FORMAT parquet, COMPRESSION snappy)"),
                cancellationToken).ConfigureAwait(false);
            await using var content = File.OpenRead(parquet);
            return (await store.PutAsync(key, content, cancellationToken).ConfigureAwait(false)).Size;
        }
        finally
        {
            File.Delete(lines);
            File.Delete(parquet);
        }
    }

    /// <summary>Runs a step of reading; that the file is none that DuckDB can read is a matter of the log.</summary>
    private static async Task<T> ReadingAsync<T>(string key, Func<Task<T>> step)
    {
        try
        {
            return await step().ConfigureAwait(false);
        }
        catch (DuckDbException exception) when (exception.ErrorType is not (DuckDbErrorType.Interrupt or DuckDbErrorType.OutOfMemory))
        {
            var table = key[..Math.Max(0, key.LastIndexOf("/_delta_log/", StringComparison.Ordinal))];
            throw new CorruptLogException(table, $"the checkpoint cannot be read. Restore it; where all commits from version 0 on are there, delete it. {exception.Message}", path: key, innerException: exception);
        }
    }

    private static List<DeltaAction> ReadChunk(DuckDbResult result)
    {
        var actions = new List<DeltaAction>(result.RowCount);
        var column = result.Column(0);
        for (var row = 0; row < result.RowCount; row++)
            if (!column.IsNull(row) && ActionJson.Read(column.Utf8(row)) is { } action) actions.Add(action);
        return actions;
    }

    /// <summary>The JSON of an action column with the fields that are known and there; null when the file lacks the column.</summary>
    private static string? ToJson(string name, (string Name, string Type)[] known, IReadOnlyList<DuckDbColumn> columns)
    {
        var column = columns.FirstOrDefault(column => column.Name == name);
        if (column is null || column.Type.Id != DuckDbTypeId.Struct) return null;
        var there = column.Type.Fields.Select(field => field.Name).ToHashSet(StringComparer.Ordinal);
        var fields = new List<string>();
        foreach (var (field, _) in known)
        {
            var value = there.Contains(field) ? $"{SqlText.Name(name)}.{SqlText.Name(field)}" : null;
            // A writer may keep statistics as columns only (delta.checkpoint.writeStatsAsStruct).
            if (field == "stats" && there.Contains("stats_parsed"))
            {
                var statistics = $"{SqlText.Name(name)}.stats_parsed";
                var type = column.Type.Fields.First(candidate => candidate.Name == "stats_parsed").Type;
                var parsed = $"CASE WHEN {statistics} IS NOT NULL THEN to_json({StatisticsJson(statistics, type)})::VARCHAR END";
                value = value is null ? parsed : $"coalesce({value}, {parsed})";
            }
            if (value is not null) fields.Add($"{SqlText.Name(field)} := {value}");
        }
        return fields.Count == 0 ? null : $"to_json(struct_pack({string.Join(", ", fields)}))::VARCHAR";
    }

    /// <summary>Statistics with their values as the log's JSON has them: instants in ISO 8601, no numbers that JSON lacks.</summary>
    private static string StatisticsJson(string value, DuckDbType type) => type.Id switch
    {
        DuckDbTypeId.Struct => $"CASE WHEN {value} IS NOT NULL THEN struct_pack({string.Join(", ", type.Fields.Select(field => $"{SqlText.Name(field.Name)} := {StatisticsJson($"struct_extract({value}, {SqlText.Literal(field.Name)})", field.Type)}"))}) END",
        DuckDbTypeId.TimestampTz => $"strftime({value} AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ')",
        DuckDbTypeId.Timestamp => $"strftime({value}, '%Y-%m-%dT%H:%M:%S.%f')",
        DuckDbTypeId.Float or DuckDbTypeId.Double => $"CASE WHEN isfinite({value}) THEN {value} END",
        _ => value,
    };

    /// <summary>The columns of a file with these actions: a sidecar's, a v1 checkpoint's or a v2 checkpoint's.</summary>
    private static IEnumerable<(string Name, (string Name, string Type)[] Fields)> ColumnsFor(IReadOnlyCollection<DeltaAction> actions)
    {
        if (actions.Count > 0 && actions.All(action => action is FileAction)) return Columns.Where(column => column.Name is "add" or "remove");
        return actions.FirstOrDefault() is CheckpointMetadata ? Columns : Columns.Where(column => column.Name is not ("checkpointMetadata" or "sidecar"));
    }

    private string TempFile(string extension) => Path.Combine(tempFolder, $"checkpoint-{Guid.NewGuid():N}.{extension}");
}
