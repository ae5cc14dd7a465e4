using System.Globalization;
using Lakehouse.Delta;
using Lakehouse.DuckDb;
using Lakehouse.Engine.Scan;
using Lakehouse.Engine.Sql;
using Lakehouse.Engine.Write;

namespace Lakehouse.Engine.Conversion;

/// <summary>
/// Statistics of files that others wrote, from their rows. What their Parquet footers say would be quicker, but is not good enough: bounds
/// of floating-point columns there pass over NaN, which Delta's must not, and old writers left out bounds or truncated them.
/// </summary>
internal sealed class ScannedStatistics(LakeTable table, DuckDbConnection connection, ColumnLayout layout, StatisticsColumns wanted)
{
    private readonly List<Leaf> _leaves = [.. LeavesOf(layout, wanted)];

    /// <summary>The statistics of files, in their order.</summary>
    public async Task<IReadOnlyList<(string Json, long Rows)>> ReadAsync(IReadOnlyList<FileSlice> slices, CancellationToken cancellationToken)
    {
        using var local = await LocalFiles.OpenAsync(table, slices, 0, cancellationToken).ConfigureAwait(false);
        var fields = layout.DataFields.Where(field => _leaves.Exists(leaf => leaf.Column == field.Name)).ToList();
        var scan = ScanSql.Write(layout, slices, local.PathOf, null, fields.Count > 0 ? fields : [layout.DataFields[0]], positions: true);
        var select = string.Concat(_leaves.Select(leaf => $", count({leaf.Sql}){(leaf.HasBounds ? $", CAST(min({leaf.Sql}) AS VARCHAR), CAST(max({leaf.Sql}) AS VARCHAR)" : ", NULL, NULL")}, {(leaf.MayBeNaN ? $"coalesce(bool_or(isnan({leaf.Sql})), false)" : "false")}"));
        var found = new (string Json, long Rows)?[slices.Count];
        using var result = await connection.QueryAllAsync($"SELECT CAST(lake_file AS BIGINT), count(*){select} FROM ({scan}) GROUP BY lake_file", cancellationToken).ConfigureAwait(false);
        while (result.NextChunk(cancellationToken))
        {
            for (var row = 0; row < result.RowCount; row++)
            {
                var rows = result.Column(1).Values<long>()[row];
                var columns = new Dictionary<string, WrittenColumn>(StringComparer.Ordinal);
                for (var i = 0; i < _leaves.Count; i++)
                {
                    var at = 2 + (i * 4);
                    var bounds = _leaves[i].HasBounds;
                    columns[_leaves[i].Key] = new WrittenColumn(
                        bounds ? result.Column(at + 1).GetString(row) : null,
                        bounds ? result.Column(at + 2).GetString(row) : null,
                        rows - result.Column(at).Values<long>()[row],
                        result.Column(at + 3).Values<bool>()[row]);
                }
                found[(int)result.Column(0).Values<long>()[row]] = (StatisticsWriter.Write(rows, wanted, columns), rows);
            }
        }
        // A file without rows is in no group.
        return [.. found.Select(file => file ?? (StatisticsWriter.Write(0, wanted, new Dictionary<string, WrittenColumn>()), 0))];
    }

    private static List<Leaf> LeavesOf(ColumnLayout layout, StatisticsColumns wanted)
    {
        var leaves = new List<Leaf>();
        foreach (var field in wanted.Schema.Fields.Where(field => !layout.IsPartition(field))) Visit(field, field.Name, SqlText.Name(field.Name), "", field.Name);
        return leaves;

        void Visit(StructField field, string column, string sql, string key, string path)
        {
            key += SqlText.Name(field.Name);
            if (field.Type is StructType nested)
            {
                foreach (var below in nested.Fields) Visit(below, column, $"struct_extract({sql}, {SqlText.Literal(below.Name)})", key + ".", $"{path}.{below.Name}");
            }
            else if (field.Type is not (ArrayType or MapType) && field.Type != PrimitiveType.Void && wanted.Wants(path, leaves.Count))
            {
                leaves.Add(new Leaf(column, sql, key, field.Type));
            }
        }
    }

    private sealed record Leaf(string Column, string Sql, string Key, DeltaType Type)
    {
        public bool HasBounds => Type != PrimitiveType.Boolean && Type != PrimitiveType.Binary;

        public bool MayBeNaN => Type == PrimitiveType.Float || Type == PrimitiveType.Double;
    }
}
