using Lakehouse.Delta;
using Lakehouse.Engine;

namespace Lakehouse.Bench.Tables;

/// <summary>A table's data files as DuckDB alone reads them.</summary>
internal static class DataFiles
{
    /// <summary>A FROM item over the very files of a snapshot; right only while no file has a deletion vector.</summary>
    public static string Scan(Lake lake, TableName table, Snapshot snapshot) =>
        Scan(snapshot.Files.Select(file => Path.Combine(lake.Folder, table.Path, Uri.UnescapeDataString(file.Path))));

    /// <summary>A FROM item over Parquet files.</summary>
    public static string Scan(IEnumerable<string> paths) => $"read_parquet([{string.Join(", ", paths.Select(Literal))}])";

    /// <summary>A text as SQL writes it.</summary>
    public static string Literal(string text) => "'" + text.Replace("'", "''", StringComparison.Ordinal) + "'";
}
