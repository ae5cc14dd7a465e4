using System.Text;
using Lakehouse.Engine;

namespace Lakehouse.Ingestion.Bronze;

/// <summary>How source tables and columns are named in bronze.</summary>
internal static class BronzeNames
{
    public const string Schema = "bronze";

    /// <summary>The control table: one row per batch.</summary>
    public static readonly TableName Commits = new(Schema, "_commits");

    /// <summary>Where the changes of stopped tables are kept as text.</summary>
    public static readonly TableName Stopped = new(Schema, "_stopped");

    /// <summary><c>schema_table</c>, with characters that a lake's names cannot have replaced by underscores.</summary>
    public static TableName Table(string schema, string table)
    {
        var name = $"{schema}_{table}";
        var safe = string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) || c == '_' ? c : '_'));
        return new TableName(Schema, char.IsAsciiDigit(safe[0]) ? "_" + safe : safe);
    }

    /// <summary>
    /// A source table's columns as bronze names them, in order. Characters that Parquet readers refuse become underscores;
    /// names that bronze itself uses, or that differ from an earlier one only in case, get underscores at the end.
    /// </summary>
    public static IReadOnlyList<string> Columns(IEnumerable<string> source)
    {
        var taken = new HashSet<string>(SystemColumns, StringComparer.OrdinalIgnoreCase);
        var names = new List<string>();
        foreach (var column in source)
        {
            var name = new StringBuilder(column);
            for (var i = 0; i < name.Length; i++)
            {
                if (" ,;{}()\n\t=".Contains(name[i], StringComparison.Ordinal)) name[i] = '_';
            }
            while (!taken.Add(name.ToString())) name.Append('_');
            names.Add(name.ToString());
        }
        return names;
    }

    /// <summary>The columns that every bronze table has after the source's.</summary>
    public static readonly IReadOnlyList<string> SystemColumns =
        ["_op", "_lsn", "_seq", "_txid", "_committed_at", "_ingested_at", "_source", "_unchanged", "_raw", "_date"];
}
