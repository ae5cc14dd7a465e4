using System.Text;
using Lakehouse.Delta;

namespace Lakehouse.Engine.Sql;

/// <summary>
/// An expression of a table's metadata (CHECK constraint, invariant, default, generated column) in DuckDB's words. Delta keeps
/// them in Spark's SQL: names in backticks, strings in either quotes, <c>&lt;=&gt;</c> for equality that takes nulls. What DuckDB
/// then still does not know fails the write that needs it; it is never left out.
/// </summary>
internal static class SparkExpression
{
    /// <summary>Types that DuckDB knows by other names.</summary>
    private static readonly Dictionary<string, string> TypesOfSpark = new(StringComparer.OrdinalIgnoreCase)
    {
        ["timestamp_ntz"] = "TIMESTAMP",
        ["timestamp_ltz"] = "TIMESTAMPTZ",
    };

    /// <summary>The expression for DuckDB.</summary>
    /// <param name="expression">The expression in Spark's SQL.</param>
    /// <param name="columns">The table's columns, which may have names that only DuckDB takes for keywords; null when it names none.</param>
    public static string ToDuckDb(string expression, StructType? columns)
    {
        var result = new StringBuilder(expression.Length + 8);
        for (var i = 0; i < expression.Length;)
        {
            var c = expression[i];
            if (c == '`') i = Quoted(expression, i, '`', value => SqlText.Name(value), result);
            else if (c is '\'' or '"') i = Quoted(expression, i, c, value => SqlText.Literal(value), result);
            else if (string.CompareOrdinal(expression, i, "<=>", 0, 3) == 0)
            {
                result.Append(" IS NOT DISTINCT FROM ");
                i += 3;
            }
            else if (char.IsAsciiLetter(c) || c == '_') i = Word(expression, i, columns, result);
            else
            {
                result.Append(c);
                i++;
            }
        }
        return result.ToString();
    }

    /// <summary>A column's name is quoted, unless what follows makes it a function or the type of a literal.</summary>
    private static int Word(string text, int start, StructType? columns, StringBuilder result)
    {
        var end = start;
        while (end < text.Length && (char.IsAsciiLetterOrDigit(text[end]) || text[end] == '_')) end++;
        var word = text[start..end];
        var next = text.AsSpan(end).TrimStart();
        var isColumn = columns?.Find(word) is not null && (next.IsEmpty || next[0] is not ('(' or '\'' or '"'));
        result.Append(isColumn ? SqlText.Name(word) : TypesOfSpark.GetValueOrDefault(word, word));
        return end;
    }

    /// <summary>Reads what stands between quotes: a doubled quote, and in strings a backslash before one, means the quote itself.</summary>
    private static int Quoted(string text, int start, char quote, Func<string, string> write, StringBuilder result)
    {
        var value = new StringBuilder();
        var i = start + 1;
        for (; i < text.Length; i++)
        {
            if (text[i] == quote)
            {
                if (i + 1 >= text.Length || text[i + 1] != quote) break;
                i++;
            }
            else if (quote != '`' && text[i] == '\\' && i + 1 < text.Length && text[i + 1] is '\'' or '"' or '\\')
            {
                i++;
            }
            value.Append(text[i]);
        }
        result.Append(write(value.ToString()));
        return Math.Min(i + 1, text.Length);
    }
}
