using System.Globalization;
using System.Text;
using Lakehouse.Delta;
using Lakehouse.DuckDb;
using Lakehouse.Engine.Scan;
using Lakehouse.Engine.Sql;

namespace Lakehouse.Engine.Upkeep;

/// <summary>The partitions for which a condition in SQL holds.</summary>
internal static class PartitionCondition
{
    /// <summary>A text that two files have in common when they are of one partition.</summary>
    public static string KeyOf(AddFile file) =>
        string.Join('\u0001', file.PartitionValues.OrderBy(value => value.Key, StringComparer.Ordinal).Select(value => string.IsNullOrEmpty(value.Value) ? value.Key : $"{value.Key}={value.Value}"));

    /// <summary>The partitions' keys.</summary>
    /// <exception cref="SchemaNotAcceptedException">The condition names something that is no partition column.</exception>
    public static async Task<IReadOnlySet<string>> FindAsync(LakeTable table, DuckDbConnection connection, Snapshot snapshot, string where, CancellationToken cancellationToken)
    {
        var layout = new ColumnLayout(snapshot.Metadata);
        var columns = snapshot.PartitionColumns.Select(name => snapshot.Schema.Find(name)!).ToList();
        var partitions = snapshot.Files.DistinctBy(KeyOf).ToList();
        var found = new HashSet<string>(StringComparer.Ordinal);
        if (partitions.Count == 0) return found;
        var sql = new StringBuilder("SELECT lake_partition FROM (SELECT lake_partition");
        for (var i = 0; i < columns.Count; i++) sql.Append(CultureInfo.InvariantCulture, $", CAST(v{i} AS {DeltaTypes.ToDuckDb(columns[i].Type)}) AS {SqlText.Name(columns[i].Name)}");
        sql.Append(" FROM (VALUES ");
        for (var row = 0; row < partitions.Count; row++)
        {
            sql.Append(CultureInfo.InvariantCulture, $"{(row > 0 ? ", " : "")}({row}");
            foreach (var column in columns) sql.Append(", ").Append(ScanSql.PartitionLiteral(partitions[row].PartitionValues.GetValueOrDefault(layout.PhysicalName(column)), column.Type));
            sql.Append(')');
        }
        sql.Append(") AS listed(lake_partition").AppendJoin("", columns.Select((_, i) => string.Create(CultureInfo.InvariantCulture, $", v{i}"))).Append(CultureInfo.InvariantCulture, $")) AS target WHERE ({where}\n)");
        try
        {
            using var result = await connection.QueryAllAsync(sql.ToString(), cancellationToken).ConfigureAwait(false);
            while (result.NextChunk(cancellationToken))
                foreach (var row in result.Column(0).Values<int>()) found.Add(KeyOf(partitions[row]));
            return found;
        }
        catch (DuckDbException exception) when (exception.ErrorType is DuckDbErrorType.Binder or DuckDbErrorType.Parser or DuckDbErrorType.Catalog)
        {
            var named = columns.Count == 0 ? "it has none" : string.Join(", ", columns.Select(column => column.Name));
            throw new SchemaNotAcceptedException($"Table {table}: the condition '{where}' must be about its partition columns only ({named}), as files are rewritten by whole partitions. {exception.Message}", table.ToString());
        }
    }
}
