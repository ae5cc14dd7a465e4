using System.Globalization;
using Lakehouse.Delta;
using Lakehouse.DuckDb;
using Lakehouse.Engine.Sql;

namespace Lakehouse.Engine.Checkpoints;

/// <summary>Reads a checkpoint file with DuckDB: file rows as the columns that they are, without an object or a text of JSON for each;
/// of the other actions, which are few, as JSON.</summary>
/// <remarks>Nearly all rows are of files, and the other columns null in them. The file's own counts tell in which row groups a kind of
/// action is, so that only those are read for it.</remarks>
/// <param name="connection">Where it is read.</param>
/// <param name="path">The file on this machine.</param>
/// <param name="known">The columns of checkpoints with their fields.</param>
internal sealed class CheckpointFileReader(DuckDbConnection connection, string path, IReadOnlyList<(string Name, (string Name, string Type)[] Fields)> known)
{
    private const string RowNumber = "file_row_number";

    private readonly string _file = SqlText.FileLiteral(path);
    private readonly Dictionary<string, (long First, long Last)> _ranges = new(StringComparer.Ordinal);

    /// <summary>Whether the file has a column of its own where DuckDB would number the rows.</summary>
    private bool _namesRows;

    /// <exception cref="DuckDbException">The file is none that DuckDB can read.</exception>
    /// <exception cref="FormatException">A row is no action.</exception>
    public void Read(CheckpointRows rows, CancellationToken cancellationToken)
    {
        IReadOnlyList<DuckDbColumn> columns;
        using (var empty = connection.Query($"SELECT * FROM read_parquet([{_file}], hive_partitioning=false) LIMIT 0", cancellationToken)) columns = empty.Columns;
        FindRanges(cancellationToken);
        _namesRows = columns.Any(column => column.Name.Equals(RowNumber, StringComparison.OrdinalIgnoreCase));
        if (rows.WantsOthers) ReadOthers(columns, rows, cancellationToken);
        if (!rows.WantsFiles) return;
        foreach (var kind in new[] { "add", "remove" })
            if (Find(columns, kind) is { } type) ReadFiles(kind, type, rows, cancellationToken);
    }

    /// <summary>Finds the rows between which each kind of action is. A row group whose nulls are not counted may hold any.</summary>
    private void FindRanges(CancellationToken cancellationToken)
    {
        using var result = connection.Query(
            $"""
            SELECT split_part(path_in_schema, ', ', 1), row_group_id, any_value(row_group_num_rows), sum(num_values - coalesce(stats_null_count, 0)) > 0
            FROM parquet_metadata([{_file}]) GROUP BY ALL ORDER BY row_group_id
            """,
            cancellationToken);
        long group = -1, first = 0, next = 0;
        while (result.NextChunk(cancellationToken))
        {
            for (var row = 0; row < result.RowCount; row++)
            {
                var number = result.Column(1).GetValue<long>(row);
                if (number != group) (group, first, next) = (number, next, next + result.Column(2).GetValue<long>(row));
                if (!result.Column(3).GetValue<bool>(row)) continue;
                var kind = result.Column(0).GetString(row)!;
                _ranges[kind] = (_ranges.TryGetValue(kind, out var range) ? range.First : first, next - 1);
            }
        }
    }

    private void ReadOthers(IReadOnlyList<DuckDbColumn> columns, CheckpointRows rows, CancellationToken cancellationToken)
    {
        var cases = known.Where(column => column.Name is not ("add" or "remove") && _ranges.ContainsKey(column.Name))
            .Select(column => (column.Name, Json: ToJson(column, Find(columns, column.Name)))).Where(column => column.Json is not null).ToList();
        if (cases.Count == 0) return;
        var line = string.Concat(cases.Select(column => $"WHEN {SqlText.Name(column.Name)} IS NOT NULL THEN '{{\"{column.Name}\":' || {column.Json} || '}}' "));
        using var result = connection.Query($"SELECT CASE {line}END {From(cases.Select(column => column.Name))}", cancellationToken);
        while (result.NextChunk(cancellationToken))
        {
            var lines = result.Column(0);
            for (var row = 0; row < result.RowCount; row++)
                if (!lines.IsNull(row) && ActionJson.Read(lines.Utf8(row)) is { } action) rows.Add(action);
        }
    }

    private void ReadFiles(string kind, DuckDbType type, CheckpointRows rows, CancellationToken cancellationToken)
    {
        var select = new FileRowColumns(kind, type);
        if (select.Count == 0 || !_ranges.ContainsKey(kind)) return;

        // Not by a condition that the column is there: it would have all of its fields read, and each row copied.
        using var result = connection.Query($"SELECT {select} {From([kind])}", cancellationToken);
        var vectors = new FileRowVectors(select, result);
        while (result.NextChunk(cancellationToken)) vectors.HandOver(kind == "add", rows);
    }

    /// <summary>The rows among which these kinds of action are.</summary>
    private string From(IEnumerable<string> kinds)
    {
        if (_namesRows) return $"FROM read_parquet([{_file}], hive_partitioning=false)";
        var ranges = kinds.Select(kind => _ranges[kind]).ToList();
        return string.Create(
            CultureInfo.InvariantCulture,
            $"FROM read_parquet([{_file}], hive_partitioning=false, {RowNumber}=true) WHERE {RowNumber} BETWEEN {ranges.Min(range => range.First)} AND {ranges.Max(range => range.Last)}");
    }

    private static DuckDbType? Find(IReadOnlyList<DuckDbColumn> columns, string name) =>
        columns.FirstOrDefault(column => column.Name == name) is { Type.Id: DuckDbTypeId.Struct } column ? column.Type : null;

    /// <summary>The JSON of an action column with the fields that are known and there; null when there are none.</summary>
    private static string? ToJson((string Name, (string Name, string Type)[] Fields) column, DuckDbType? type)
    {
        if (type is null) return null;
        var there = type.Fields.Select(field => field.Name).ToHashSet(StringComparer.Ordinal);
        var fields = column.Fields.Where(field => there.Contains(field.Name)).Select(field => $"{SqlText.Name(field.Name)} := {SqlText.Name(column.Name)}.{SqlText.Name(field.Name)}").ToList();
        return fields.Count == 0 ? null : $"to_json(struct_pack({string.Join(", ", fields)}))::VARCHAR";
    }
}
