using System.Globalization;
using System.Text;
using Lakehouse.Delta;
using Lakehouse.Engine.Sql;

namespace Lakehouse.Engine.Scan;

/// <summary>Writes the SQL that reads a table's files: one <c>read_parquet</c> over an explicit list, whatever the files lack or hold.</summary>
/// <remarks>Measured on 6M rows: giving the schema explicitly, looking partition values up by file, and testing rows by file and row
/// number each cost within 15 % of the bare scan, where one branch a partition or a join with a list of files cost up to twice as
/// much. Nulls for absent columns and casts to wider types are the reader's own work.</remarks>
internal static class ScanSql
{
    /// <summary>Names that <c>read_parquet</c> gives to columns of its own.</summary>
    private static readonly HashSet<string> Virtual = new(StringComparer.OrdinalIgnoreCase) { "file_index", "file_row_number", "filename" };

    /// <summary>Whether <c>read_parquet</c> has a column of its own of this name.</summary>
    public static bool IsVirtual(string name) => Virtual.Contains(name);

    /// <summary>A condition that always holds, and that DuckDB cannot tell to. With a condition on the small side of a join it pushes a
    /// Bloom filter of the join's keys into the scan of the large side, whose other columns are then decoded only where the filter
    /// passes; without one it takes the small side for all the keys there are.</summary>
    public static string Selective(string column) => $"hash({column}) IS NOT NULL";

    /// <summary>Whether DuckDB would find other rows if it tested the column while it scans; hidden in an expression, it is tested afterwards.</summary>
    /// <remarks>Where a file has a narrower type than the table, DuckDB casts what the column is compared with to the file's type: of
    /// whole numbers it takes 2 for <c>= 2.21</c>, and leaves 3 out of <c>&gt; 2.5</c>. And it looks up bytes in a file's
    /// Bloom filter by their text with escapes, under which no bytes above ASCII are found. Keys of joins go the same way.</remarks>
    private static bool IsFilteredWrong(StructField field) =>
        field.Type == PrimitiveType.Binary || IsWidened(field) || (field.Type is StructType nested && nested.AnyField(IsWidened));

    private static bool IsWidened(StructField field) => field.Metadata.ContainsKey(SchemaEvolution.TypeChangesKey);

    /// <summary>A SELECT over the slices.</summary>
    /// <param name="layout">The table's columns.</param>
    /// <param name="slices">The files.</param>
    /// <param name="localPath">Where a file of the log is on disk.</param>
    /// <param name="selectionId">The id of the slices' row selections in the registry; null when all rows are shown.</param>
    /// <param name="columns">The columns to give, null = all.</param>
    /// <param name="extras">Columns added from <see cref="FileSlice.Extras"/>.</param>
    /// <param name="positions">Gives <c>lake_file</c> (index in <paramref name="slices"/>) and <c>lake_row</c> too.</param>
    /// <param name="ownSchema">Reads the columns as the files have them: right where <see cref="FileSchemas.FitAsync"/> says so.</param>
    /// <param name="identity">The columns of the rows' ids, to be given too.</param>
    public static string Write(
        ColumnLayout layout,
        IReadOnlyList<FileSlice> slices,
        Func<string, string> localPath,
        long? selectionId,
        IReadOnlyList<StructField>? columns = null,
        IReadOnlyList<ExtraColumn>? extras = null,
        bool positions = false,
        bool ownSchema = false,
        RowIdentity? identity = null)
    {
        columns ??= layout.Schema.Fields;
        extras ??= [];
        var select = new List<string>();
        var entries = new List<string>();
        foreach (var field in columns)
        {
            var type = DeltaTypes.ToDuckDb(field.Type).ToString();
            if (slices.Count == 0 || field.Type == PrimitiveType.Void) select.Add($"CAST(NULL AS {type}) AS {SqlText.Name(field.Name)}");
            else if (layout.IsPartition(field)) select.Add($"{PartitionValues(layout, slices, field, type)} AS {SqlText.Name(field.Name)}");
            else
            {
                var output = IsVirtual(field.Name) ? $"_{field.Name}_" : field.Name;
                entries.Add(layout.ReadEntry(field, output));
                var value = layout.ToLogical(SqlText.Name(output), field.Type);
                if (value == SqlText.Name(output) && IsFilteredWrong(field)) value = $"CASE WHEN {value} IS NULL THEN NULL ELSE {value} END";
                select.Add(value == SqlText.Name(field.Name) ? value : $"{value} AS {SqlText.Name(field.Name)}");
            }
        }
        for (var i = 0; i < extras.Count; i++)
        {
            var index = i;
            select.Add(slices.Count == 0
                ? $"CAST(NULL AS {extras[i].Type}) AS {SqlText.Name(extras[i].Name)}"
                : $"{PerFile(slices, slice => slice.Extras[index], extras[i].Type)} AS {SqlText.Name(extras[i].Name)}");
        }
        if (identity is not null && slices.Count == 0) select.AddRange(identity.Names.Select(name => $"CAST(NULL AS BIGINT) AS {SqlText.Name(name)}"));
        else if (identity is not null)
        {
            entries.AddRange(identity.ReadEntries);
            select.AddRange(identity.Values(PerFile(slices, slice => RowIdentity.Literal(slice.BaseRowId), "BIGINT"), PerFile(slices, slice => RowIdentity.Literal(slice.RowVersion), "BIGINT")));
        }
        if (positions) select.Add(slices.Count == 0 ? "CAST(NULL AS UBIGINT) AS lake_file, CAST(NULL AS BIGINT) AS lake_row" : "file_index AS lake_file, file_row_number AS lake_row");
        if (slices.Count == 0) return $"SELECT {string.Join(", ", select)} WHERE false";

        var sql = new StringBuilder("SELECT ").AppendJoin(", ", select).Append(" FROM read_parquet([");
        for (var i = 0; i < slices.Count; i++)
        {
            if (i > 0) sql.Append(", ");
            sql.Append(SqlText.FileLiteral(localPath(slices[i].Path)));
        }
        sql.Append(']');
        if (ownSchema && slices.Count > 1) sql.Append(", union_by_name=true");
        if (entries.Count > 0 && !ownSchema) sql.Append(", schema=MAP {").AppendJoin(", ", entries).Append('}');
        if (EstimateRows(slices, selectionId is not null) is { } estimate) sql.Append(CultureInfo.InvariantCulture, $", explicit_cardinality={estimate}");
        sql.Append(", hive_partitioning=false)");
        if (selectionId is { } id) sql.Append(" WHERE ").Append(RowSelections.Condition(id));
        return sql.ToString();
    }

    /// <summary>What DuckDB is told to expect of the scan. Given a schema it opens no file while it plans, and took every table for
    /// a small one: joins then built their hash tables over the large side, which cost twice the join.</summary>
    private static long? EstimateRows(IReadOnlyList<FileSlice> slices, bool filtered)
    {
        // DuckDB expects a fifth of the rows to pass a condition that it knows nothing about, as the one on row selections.
        const int ExpectedToPass = 5;
        long known = 0, rows = 0;
        foreach (var slice in slices)
        {
            if (slice.RowsShown is not { } shown) continue;
            known++;
            rows += shown;
        }
        return known == 0 ? null : Math.Max(1, rows * slices.Count / known * (filtered ? ExpectedToPass : 1));
    }

    private static string PartitionValues(ColumnLayout layout, IReadOnlyList<FileSlice> slices, StructField field, string type)
    {
        var name = layout.PhysicalName(field);
        return PerFile(slices, slice => PartitionLiteral(slice.PartitionValues.GetValueOrDefault(name), field.Type), type);
    }

    /// <summary>A value that depends on the file: a constant, or a constant list indexed by the file's number.</summary>
    private static string PerFile(IReadOnlyList<FileSlice> slices, Func<FileSlice, string> literal, string type)
    {
        var first = literal(slices[0]);
        return slices.All(slice => literal(slice) == first)
            ? $"CAST({first} AS {type})"
            : $"(CAST([{string.Join(", ", slices.Select(literal))}] AS {type}[]))[file_index::BIGINT + 1]";
    }

    /// <summary>A partition value of the log as an SQL literal.</summary>
    public static string PartitionLiteral(string? text, DeltaType type)
    {
        if (string.IsNullOrEmpty(text)) return "NULL";
        if (type == PrimitiveType.Binary) return SqlText.Literal(string.Concat(Encoding.UTF8.GetBytes(text).Select(b => $"\\x{b:X2}")));
        // A text without zone is UTC here, not of the session's zone.
        if (type == PrimitiveType.Timestamp && text.Length == 10) return SqlText.Literal(text + " 00:00:00+00");
        if (type == PrimitiveType.Timestamp && !text.EndsWith('Z') && (text.Length <= 19 || text.AsSpan(19).IndexOfAny('+', '-') < 0)) return SqlText.Literal(text + "+00");
        return SqlText.Literal(text);
    }
}
