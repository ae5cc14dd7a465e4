using System.Globalization;
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

    /// <summary>So many parts of checkpoints are decoded at once. Each takes memory for a row group.</summary>
    private static readonly int Turns = Math.Min(Environment.ProcessorCount, 4);

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

    private readonly SemaphoreSlim _turns = new(Turns);

    /// <inheritdoc/>
    public async Task ReadAsync(IObjectStore store, string key, CheckpointRows rows, CancellationToken cancellationToken)
    {
        using var held = await store.HoldFileAsync(key, cancellationToken).ConfigureAwait(false);
        try
        {
            await new CheckpointFileReader(database, _turns, held.Path, Columns).ReadAsync(rows, cancellationToken).ConfigureAwait(false);
        }
        catch (DuckDbException exception) when (exception.ErrorType is not (DuckDbErrorType.Interrupt or DuckDbErrorType.OutOfMemory))
        {
            var table = key[..Math.Max(0, key.LastIndexOf("/_delta_log/", StringComparison.Ordinal))];
            throw new CorruptLogException(table, $"the checkpoint cannot be read. Restore it; where all commits from version 0 on are there, delete it. {exception.Message}", path: key, innerException: exception);
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

    /// <summary>The columns of a file with these actions: a sidecar's, a v1 checkpoint's or a v2 checkpoint's.</summary>
    private static IEnumerable<(string Name, (string Name, string Type)[] Fields)> ColumnsFor(IReadOnlyCollection<DeltaAction> actions)
    {
        if (actions.Count > 0 && actions.All(action => action is FileAction)) return Columns.Where(column => column.Name is "add" or "remove");
        return actions.FirstOrDefault() is CheckpointMetadata ? Columns : Columns.Where(column => column.Name is not ("checkpointMetadata" or "sidecar"));
    }

    private string TempFile(string extension) => Path.Combine(tempFolder, $"checkpoint-{Guid.NewGuid():N}.{extension}");
}
