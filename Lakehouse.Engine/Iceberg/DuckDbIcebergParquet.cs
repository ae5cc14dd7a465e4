using System.Globalization;
using Lakehouse.Delta;
using Lakehouse.DuckDb;
using Lakehouse.Engine.Sql;
using Lakehouse.Storage;

namespace Lakehouse.Engine.Iceberg;

/// <summary>The Parquet of Iceberg metadata through DuckDB.</summary>
internal sealed class DuckDbIcebergParquet(DuckDbDatabase database, string tempFolder) : IIcebergParquet
{
    /// <inheritdoc/>
    public async Task<long> WriteDeletesAsync(IObjectStore store, string key, string dataFile, RoaringBitmapArray positions, CancellationToken cancellationToken)
    {
        var path = Path.Combine(tempFolder, $"deletes-{Guid.NewGuid():N}.parquet");
        var table = $"deletes_{Guid.NewGuid():N}";
        using var connection = database.Connect();
        try
        {
            await connection.ExecuteAsync($"CREATE TEMP TABLE {table} (pos BIGINT)", cancellationToken).ConfigureAwait(false);
            Fill(connection, table, positions);
            await connection.ExecuteAsync(
                $"COPY (SELECT {SqlText.Literal(dataFile)} AS file_path, pos FROM {table}) TO {SqlText.Literal(path)} (FORMAT parquet, COMPRESSION snappy, FIELD_IDS {{file_path: 2147483546, pos: 2147483545}})",
                cancellationToken).ConfigureAwait(false);
            await using var content = File.OpenRead(path);
            return (await store.PutAsync(key, content, cancellationToken).ConfigureAwait(false)).Size;
        }
        finally
        {
            File.Delete(path);
        }
    }

    /// <inheritdoc/>
    public async Task<long> CountRowsAsync(IObjectStore store, DataLocation file, CancellationToken cancellationToken)
    {
        using var connection = database.Connect();
        if (file.Key is { } key)
        {
            using var held = await store.HoldFileAsync(key, cancellationToken).ConfigureAwait(false);
            return await CountAsync(connection, held.Path, cancellationToken).ConfigureAwait(false);
        }
        if (!DataPath.TryGetLocalFile(file.AbsoluteUri!, out var path)) throw new EngineException($"The file {file.AbsoluteUri} is not on a local disk, where DuckDB reads.", path: file.AbsoluteUri);
        return await CountAsync(connection, path, cancellationToken).ConfigureAwait(false);
    }

    private static Task<long> CountAsync(DuckDbConnection connection, string path, CancellationToken cancellationToken) =>
        connection.ScalarAsync<long>(string.Create(CultureInfo.InvariantCulture, $"SELECT num_rows FROM parquet_file_metadata({SqlText.FileLiteral(path)})"), cancellationToken);

    private static void Fill(DuckDbConnection connection, string table, RoaringBitmapArray positions)
    {
        using var appender = connection.CreateAppender(table);
        using var chunk = new DuckDbChunk(appender.ColumnTypes);
        var row = 0;
        foreach (var position in positions.Values())
        {
            chunk.Column(0).Values<long>()[row++] = (long)position;
            if (row < DuckDbChunk.Capacity) continue;
            chunk.RowCount = row;
            appender.Append(chunk);
            chunk.Reset();
            row = 0;
        }
        chunk.RowCount = row;
        if (row > 0) appender.Append(chunk);
        appender.Flush();
    }
}
