namespace Lakehouse.Engine.Sql;

/// <summary>Writes names and values into SQL so that they mean themselves.</summary>
internal static class SqlText
{
    /// <summary>A quoted identifier.</summary>
    public static string Name(string identifier) => "\"" + identifier.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";

    /// <summary>A string literal.</summary>
    public static string Literal(string value) => "'" + value.Replace("'", "''", StringComparison.Ordinal) + "'";

    /// <summary>A string literal, or NULL.</summary>
    public static string LiteralOrNull(string? value) => value is null ? "NULL" : Literal(value);

    /// <summary>A path as a literal that DuckDB takes for this one file: characters that would make a glob pattern are escaped.</summary>
    public static string FileLiteral(string path) => Literal(EscapeGlob(path));

    private static string EscapeGlob(string path)
    {
        if (path.AsSpan().IndexOfAny("*?[") < 0) return path;
        var text = new System.Text.StringBuilder(path.Length + 8);
        foreach (var c in path)
        {
            if (c is '*' or '?' or '[') text.Append('[').Append(c).Append(']');
            else text.Append(c);
        }
        return text.ToString();
    }
}
