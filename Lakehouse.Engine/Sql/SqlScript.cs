namespace Lakehouse.Engine.Sql;

/// <summary>One statement of a script, and the character at which it begins there.</summary>
public readonly record struct SqlStatement(string Text, int Start);

/// <summary>A text of several SQL statements.</summary>
public static class SqlScript
{
    /// <summary>
    /// Splits at the semicolons that end statements, never inside strings, quoted names or comments. Statements come
    /// without their semicolon and without what is around them; empty ones, and text of comments alone, are left out.
    /// </summary>
    public static IReadOnlyList<SqlStatement> Split(string sql)
    {
        List<SqlStatement> statements = [];
        int? start = null;
        int end = 0;
        foreach (SqlToken token in SqlTokenizer.Tokenize(sql))
        {
            if (!token.Is(';'))
            {
                start ??= token.Start;
                end = token.End;
            }
            else if (start is { } first)
            {
                statements.Add(new SqlStatement(sql[first..end], first));
                start = null;
            }
        }
        if (start is { } last)
            statements.Add(new SqlStatement(sql[last..end], last));
        return statements;
    }
}
