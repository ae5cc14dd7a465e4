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

    /// <summary>With their own schemas all files are opened while the scan is planned, which costs about 0.1 ms each: as much as scanning
    /// some thousand rows, of which the statistics save a tenth.</summary>
    private const long LeastRowsPerFile = 20_000;
    private const int MostFiles = 64;
    private const int Kept = 10_000;

    private readonly ConcurrentDictionary<string, Dictionary<string, string>> _columns = new(StringComparer.Ordinal);

    /// <summary>Whether a scan may leave the columns' types to its files, as each has all of them in the table's types. With the files' own
    /// schemas DuckDB has their statistics while it plans: sums that cannot overflow and groups of few values cost less, a tenth of a
    /// report in all. And it reads a single file by several threads, where given a schema it opens the file too late to know how many
    /// row groups there are. That pays for files of some size.</summary>
    public async ValueTask<bool> FitAsync(
        DuckDbConnection connection, ColumnLayout layout, IReadOnlyList<FileSlice> slices, IReadOnlyList<StructField> columns, Func<string, string> localPath, CancellationToken cancellationToken)
    {
        if (slices.Count is 0 or > MostFiles || layout.HasIds || columns.Any(field => ScanSql.IsVirtual(field.Name))) return false;
        long rows = 0;
        foreach (var slice in slices)
        {
            if (slice.Records is not { } records) return false;
            rows += records;
        }
        if (rows <= RowGroup || rows < slices.Count * LeastRowsPerFile) return false;
        var wanted = columns.Where(field => !layout.IsPartition(field)).Select(field => (field.Name, Type: DeltaTypes.ToDuckDb(field.Type).ToString())).ToList();
        foreach (var slice in slices)
        {
            var known = await ReadAsync(connection, localPath(slice.Path), cancellationToken).ConfigureAwait(false);
            if (!wanted.TrueForAll(column => known.TryGetValue(column.Name, out var type) && type == column.Type)) return false;
        }
        return true;
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
