using System.Globalization;
using System.Text;
using Lakehouse.Delta;

namespace Lakehouse.Engine.Sql.Commands;

/// <summary>The rows that a command answers with; written as a query of constants, so that they come as any other rows do.</summary>
/// <param name="columns">Names and DuckDB types.</param>
internal sealed class CommandRows(params IReadOnlyList<(string Name, string Type)> columns)
{
    private readonly List<object?[]> _rows = [];

    public CommandRows Add(params object?[] values)
    {
        _rows.Add(values);
        return this;
    }

    /// <summary>What a commit did: its version and the numbers that it keeps of itself; zeros are told too.</summary>
    public static CommandRows Of(CommitResult result, params ReadOnlySpan<string> metrics)
    {
        // Nothing was committed: the newest commit's numbers are another's.
        var counted = result.Attempts > 0 && !result.Skipped ? result.Snapshot.CommitInfo?.OperationMetrics : null;
        List<(string, string)> columns = [("version", "BIGINT")];
        List<object?> values = [result.Version];
        foreach (string metric in metrics)
        {
            columns.Add((metric, "BIGINT"));
            values.Add(counted?.TryGetValue(metric, out string? text) == true && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : 0);
        }
        return new CommandRows(columns).Add([.. values]);
    }

    public string ToSql()
    {
        string typed = string.Join(", ", columns.Select(column => $"{SqlText.Name(column.Name)}::{column.Type} AS {SqlText.Name(column.Name)}"));
        string names = string.Join(", ", columns.Select(column => SqlText.Name(column.Name)));
        if (_rows.Count == 0) return $"SELECT {typed} FROM (SELECT {string.Join(", ", columns.Select(column => $"NULL AS {SqlText.Name(column.Name)}"))}) WHERE false";
        StringBuilder sql = new($"SELECT {typed} FROM (VALUES ");
        for (int i = 0; i < _rows.Count; i++)
            sql.Append(i == 0 ? "(" : ", (").AppendJoin(", ", _rows[i].Select(Literal)).Append(')');
        return sql.Append(") AS command(").Append(names).Append(')').ToString();
    }

    private static string Literal(object? value) => value switch
    {
        null => "NULL",
        bool truth => truth ? "true" : "false",
        long number => number.ToString(CultureInfo.InvariantCulture),
        int number => number.ToString(CultureInfo.InvariantCulture),
        DateTimeOffset time => $"TIMESTAMPTZ '{time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.ffffff", CultureInfo.InvariantCulture)}+00'",
        string text => SqlText.Literal(text),
        IEnumerable<string> list => List(list),
        IEnumerable<KeyValuePair<string, string?>> map => Map(map),
        _ => throw new ArgumentException($"A {value.GetType()} has no literal.", nameof(value)),
    };

    private static string Map(IEnumerable<KeyValuePair<string, string?>> pairs)
    {
        List<KeyValuePair<string, string?>> all = [.. pairs];
        return $"MAP({List(all.Select(pair => (string?)pair.Key))}, {List(all.Select(pair => pair.Value))})";
    }

    private static string List(IEnumerable<string?> texts) => $"CAST([{string.Join(", ", texts.Select(SqlText.LiteralOrNull))}] AS VARCHAR[])";
}
