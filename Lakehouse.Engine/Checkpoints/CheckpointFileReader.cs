using System.Globalization;
using Lakehouse.Delta;
using Lakehouse.DuckDb;
using Lakehouse.Engine.Sql;

namespace Lakehouse.Engine.Checkpoints;

/// <summary>Reads a checkpoint file with DuckDB: file rows as the columns that they are, without an object or a text of JSON for each;
/// of the other actions, which are few, as JSON.</summary>
/// <remarks>Nearly all rows are of files, and the other columns null in them. The file's own counts tell in which row groups a kind of
/// action is, so that only those are read for it.</remarks>
/// <param name="database">Where it is read.</param>
/// <param name="turns">One for each part of a file that may be decoded at the same time.</param>
/// <param name="path">The file on this machine.</param>
/// <param name="known">The columns of checkpoints with their fields.</param>
internal sealed class CheckpointFileReader(DuckDbDatabase database, SemaphoreSlim turns, string path, IReadOnlyList<(string Name, (string Name, string Type)[] Fields)> known)
{
    private const string RowNumber = "file_row_number";

    /// <summary>Fewer rows than this are decoded before a second thread has come to help. Nor are there more in a part than its last row
    /// group needs: DuckDB's own threads begin the next row groups of a query while its first is read, and hold memory for each.</summary>
    private const long LeastRowsOfPart = 100_000;

    private readonly string _file = SqlText.FileLiteral(path);
    private readonly Dictionary<string, List<RowRange>> _groups = new(StringComparer.Ordinal);

    /// <summary>Whether the file has a column of its own where DuckDB would number the rows.</summary>
    private bool _namesRows;

    /// <summary>Hands over the file. Rows of files are decoded in parts, side by side, each a section, and beside the other actions.</summary>
    /// <exception cref="DuckDbException">The file is none that DuckDB can read.</exception>
    /// <exception cref="FormatException">A row is no action.</exception>
    public async Task ReadAsync(CheckpointRows rows, CancellationToken cancellationToken)
    {
        IReadOnlyList<DuckDbColumn> columns = [];
        await InTurnAsync(connection => columns = Begin(connection, cancellationToken), cancellationToken).ConfigureAwait(false);
        using var fault = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var parts = new List<Task>();
        if (rows.WantsOthers)
        {
            var others = rows.Section();
            parts.Add(ReadPartAsync(connection => ReadOthers(connection, columns, others, fault.Token)));
        }
        foreach (var kind in rows.WantsFiles ? new[] { "add", "remove" } : [])
        {
            if (Find(columns, kind) is not { } type || new FileRowColumns(kind, type) is not { Count: > 0 } select || !_groups.TryGetValue(kind, out var groups)) continue;
            var ranges = _namesRows ? [new RowRange(0, long.MaxValue)] : RowRange.Split(groups, LeastRowsOfPart);
            foreach (var range in ranges)
            {
                // One for each, also where a kind has one part: adds and removes are read side by side.
                var section = rows.Section();
                parts.Add(ReadPartAsync(connection => ReadFiles(connection, kind, select, range, section, fault.Token)));
            }
        }

        // All have ended before any of what they fill, or read, is let go. A fault goes before the cancellations that it caused.
        await Task.WhenAll(parts).ConfigureAwait(false);

        async Task ReadPartAsync(Action<DuckDbConnection> read)
        {
            try
            {
                await InTurnAsync(read, fault.Token).ConfigureAwait(false);
            }
            catch
            {
                await fault.CancelAsync().ConfigureAwait(false);
                throw;
            }
        }
    }

    private async Task InTurnAsync(Action<DuckDbConnection> read, CancellationToken cancellationToken)
    {
        await turns.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await Task.Run(
                () =>
                {
                    using var connection = database.Connect();
                    read(connection);
                },
                cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            turns.Release();
        }
    }

    /// <summary>Finds out where what is.</summary>
    private IReadOnlyList<DuckDbColumn> Begin(DuckDbConnection connection, CancellationToken cancellationToken)
    {
        IReadOnlyList<DuckDbColumn> columns;
        using (var empty = connection.Query($"SELECT * FROM read_parquet([{_file}], hive_partitioning=false) LIMIT 0", cancellationToken)) columns = empty.Columns;
        FindGroups(connection, cancellationToken);
        _namesRows = columns.Any(column => column.Name.Equals(RowNumber, StringComparison.OrdinalIgnoreCase));
        return columns;
    }

    /// <summary>Finds the row groups in which each kind of action is. A row group whose nulls are not counted may hold any.</summary>
    private void FindGroups(DuckDbConnection connection, CancellationToken cancellationToken)
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
                if (!_groups.TryGetValue(kind, out var groups)) _groups[kind] = groups = [];
                groups.Add(new RowRange(first, next));
            }
        }
    }

    private void ReadOthers(DuckDbConnection connection, IReadOnlyList<DuckDbColumn> columns, CheckpointRows rows, CancellationToken cancellationToken)
    {
        var cases = known.Where(column => column.Name is not ("add" or "remove") && _groups.ContainsKey(column.Name))
            .Select(column => (column.Name, Json: ToJson(column, Find(columns, column.Name)))).Where(column => column.Json is not null).ToList();
        if (cases.Count == 0) return;
        var line = string.Concat(cases.Select(column => $"WHEN {SqlText.Name(column.Name)} IS NOT NULL THEN '{{\"{column.Name}\":' || {column.Json} || '}}' "));
        using var result = connection.Query($"SELECT CASE {line}END {From(RowRange.Around(cases.SelectMany(column => _groups[column.Name])))}", cancellationToken);
        while (result.NextChunk(cancellationToken))
        {
            var lines = result.Column(0);
            for (var row = 0; row < result.RowCount; row++)
                if (!lines.IsNull(row) && ActionJson.Read(lines.Utf8(row)) is { } action) rows.Add(action);
        }
    }

    private void ReadFiles(DuckDbConnection connection, string kind, FileRowColumns select, RowRange range, CheckpointRows rows, CancellationToken cancellationToken)
    {
        // Not by a condition that the column is there: it would have all of its fields read, and each row copied.
        using var result = connection.Query($"SELECT {select} {From(range)}", cancellationToken);
        var vectors = new FileRowVectors(select, result);
        while (result.NextChunk(cancellationToken)) vectors.HandOver(kind == "add", rows);
        rows.Seal();
    }

    private string From(RowRange range) => _namesRows
        ? $"FROM read_parquet([{_file}], hive_partitioning=false)"
        : string.Create(CultureInfo.InvariantCulture, $"FROM read_parquet([{_file}], hive_partitioning=false, {RowNumber}=true) WHERE {RowNumber} BETWEEN {range.First} AND {range.End - 1}");

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
