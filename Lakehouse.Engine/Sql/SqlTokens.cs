namespace Lakehouse.Engine.Sql;

/// <summary>What a token of SQL text is.</summary>
internal enum SqlTokenKind { Identifier, QuotedIdentifier, String, Number, Symbol }

/// <summary>One token: its kind, its place in the text, and its value (quotes and escapes resolved).</summary>
internal readonly record struct SqlToken(SqlTokenKind Kind, int Start, int Length, string Value)
{
    public int End => Start + Length;
    public bool IsName => Kind is SqlTokenKind.Identifier or SqlTokenKind.QuotedIdentifier;
    public bool Is(char symbol) => Kind == SqlTokenKind.Symbol && Value[0] == symbol;
    public bool IsWord(string word) => Kind == SqlTokenKind.Identifier && Value.Equals(word, StringComparison.OrdinalIgnoreCase);
}

/// <summary>Splits SQL text into tokens as DuckDB's parser does, so that names in strings and comments are never taken for tables.
/// Spark's backticks, which DuckDB does not know, quote names too.</summary>
internal static class SqlTokenizer
{
    public static List<SqlToken> Tokenize(string sql)
    {
        var tokens = new List<SqlToken>();
        var i = 0;
        while (i < sql.Length)
        {
            var c = sql[i];
            if (char.IsWhiteSpace(c)) i++;
            else if (c == '-' && Next(sql, i) == '-') i = LineEnd(sql, i);
            else if (c == '/' && Next(sql, i) == '*') i = CommentEnd(sql, i);
            else if (c == '\'') i = Quoted(sql, i, i, '\'', SqlTokenKind.String, tokens);
            else if (c is '"' or '`') i = Quoted(sql, i, i, c, SqlTokenKind.QuotedIdentifier, tokens);
            else if (c is 'e' or 'E' && Next(sql, i) == '\'') i = EscapeString(sql, i, tokens);
            else if (c is 'x' or 'X' or 'b' or 'B' && Next(sql, i) == '\'') i = Quoted(sql, i, i + 1, '\'', SqlTokenKind.String, tokens);
            else if (c == '$' && DollarQuoted(sql, i, tokens) is int end) i = end;
            else if (char.IsAsciiDigit(c)) i = Run(sql, i, SqlTokenKind.Number, tokens, static x => char.IsLetterOrDigit(x) || x is '.' or '_');
            else if (char.IsLetter(c) || c == '_' || c > 127) i = Run(sql, i, SqlTokenKind.Identifier, tokens, static x => char.IsLetterOrDigit(x) || x is '_' or '$' || x > 127);
            else tokens.Add(new SqlToken(SqlTokenKind.Symbol, i++, 1, c.ToString()));
        }
        return tokens;
    }

    private static char Next(string sql, int i) => i + 1 < sql.Length ? sql[i + 1] : '\0';

    private static int LineEnd(string sql, int i)
    {
        var end = sql.IndexOfAny(['\n', '\r'], i);
        return end < 0 ? sql.Length : end;
    }

    /// <summary>Block comments nest, as in PostgreSQL.</summary>
    private static int CommentEnd(string sql, int i)
    {
        var depth = 0;
        for (; i < sql.Length; i++)
        {
            if (sql[i] == '/' && Next(sql, i) == '*') { depth++; i++; }
            else if (sql[i] == '*' && Next(sql, i) == '/') { i++; if (--depth == 0) return i + 1; }
        }
        return sql.Length;
    }

    private static int Quoted(string sql, int start, int quoteAt, char quote, SqlTokenKind kind, List<SqlToken> tokens)
    {
        var value = new System.Text.StringBuilder();
        var i = quoteAt + 1;
        for (; i < sql.Length; i++)
        {
            if (sql[i] != quote) value.Append(sql[i]);
            else if (Next(sql, i) == quote) { value.Append(quote); i++; }
            else break;
        }
        var end = Math.Min(i + 1, sql.Length);
        tokens.Add(new SqlToken(kind, start, end - start, value.ToString()));
        return end;
    }

    private static int EscapeString(string sql, int start, List<SqlToken> tokens)
    {
        var value = new System.Text.StringBuilder();
        var i = start + 2;
        for (; i < sql.Length; i++)
        {
            if (sql[i] == '\\' && i + 1 < sql.Length) value.Append(sql[i]).Append(sql[++i]);
            else if (sql[i] != '\'') value.Append(sql[i]);
            else if (Next(sql, i) == '\'') { value.Append('\''); i++; }
            else break;
        }
        var end = Math.Min(i + 1, sql.Length);
        tokens.Add(new SqlToken(SqlTokenKind.String, start, end - start, value.ToString()));
        return end;
    }

    /// <summary><c>$tag$ … $tag$</c>; null where the dollar sign begins a parameter instead.</summary>
    private static int? DollarQuoted(string sql, int start, List<SqlToken> tokens)
    {
        var i = start + 1;
        while (i < sql.Length && (char.IsLetter(sql[i]) || sql[i] == '_' || (i > start + 1 && char.IsAsciiDigit(sql[i])))) i++;
        if (i >= sql.Length || sql[i] != '$') return null;
        var tag = sql[start..(i + 1)];
        var close = sql.IndexOf(tag, i + 1, StringComparison.Ordinal);
        var end = close < 0 ? sql.Length : close + tag.Length;
        tokens.Add(new SqlToken(SqlTokenKind.String, start, end - start, sql[(i + 1)..(close < 0 ? sql.Length : close)]));
        return end;
    }

    private static int Run(string sql, int start, SqlTokenKind kind, List<SqlToken> tokens, Func<char, bool> belongs)
    {
        var i = start + 1;
        while (i < sql.Length && belongs(sql[i])) i++;
        tokens.Add(new SqlToken(kind, start, i - start, sql[start..i]));
        return i;
    }
}
