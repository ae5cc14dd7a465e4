using System.Collections.Concurrent;
using Lakehouse.Delta;
using Lakehouse.DuckDb;
using Lakehouse.Engine.Sql;

namespace Lakehouse.Engine.Scan;

/// <summary>The columns of data files as the files themselves tell them. A file never changes under its name, so what was read is kept.</summary>
internal sealed class FileSchemas
{
    /// <summary>DuckDB's own row group: a file of one is read by one thread in any case.</summary>
    private const long RowGroup = 122_880;
    private const int Kept = 10_000;

    private readonly ConcurrentDictionary<string, Dictionary<string, string>> _columns = new(StringComparer.Ordinal);

    /// <summary>Whether a scan may leave the columns' types to the file. DuckDB reads a single file by one thread alone when it is given
    /// a schema, as it opens the file too late to know how many row groups there are; with the file's own schema it uses all threads,
    /// and the file's statistics while it plans. That pays for files of several row groups.</summary>
    public async ValueTask<bool> FitAsync(
        DuckDbConnection connection, ColumnLayout layout, IReadOnlyList<FileSlice> slices, IReadOnlyList<StructField> columns, Func<string, string> localPath, CancellationToken cancellationToken)
    {
        if (slices is not [{ Records: > RowGroup } slice] || layout.HasIds || columns.Any(field => ScanSql.IsVirtual(field.Name))) return false;
        var known = await ReadAsync(connection, localPath(slice.Path), cancellationToken).ConfigureAwait(false);
        return columns.All(field => layout.IsPartition(field) || (known.TryGetValue(field.Name, out var type) && type == DeltaTypes.ToDuckDb(field.Type).ToString()));
    }

    private async ValueTask<Dictionary<string, string>> ReadAsync(DuckDbConnection connection, string path, CancellationToken cancellationToken)
    {
        if (_columns.TryGetValue(path, out var known)) return known;
        using var result = await connection.QueryAllAsync($"SELECT * FROM read_parquet({SqlText.FileLiteral(path)}, hive_partitioning=false) LIMIT 0", cancellationToken).ConfigureAwait(false);
        var columns = result.Columns.ToDictionary(column => column.Name, column => column.Type.ToString(), StringComparer.Ordinal);
        if (_columns.Count >= Kept) _columns.Clear();
        return _columns.GetOrAdd(path, columns);
    }
}
