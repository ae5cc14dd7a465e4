using System.Globalization;

namespace Lakehouse.Engine.Sql.Commands;

/// <summary>A table as a command names it: <c>schema.table</c>, or a folder in quotes (<c>'/data/orders'</c>, <c>delta.`/data/orders`</c>).</summary>
internal readonly record struct TableReference(TableName? Name, string? Folder)
{
    /// <summary>The table's handle; whether it is there is not looked at.</summary>
    public LakeTable In(Lake lake) => Name is { } name ? lake.Table(name) : lake.TableAt(Folder!);

    public override string ToString() => Name?.ToString() ?? Folder!;
}

/// <summary>Reads a command word by word. What is SQL of DuckDB's within it (conditions, queries) is taken as text.</summary>
/// <param name="sql">The text.</param>
/// <param name="tokens">Its tokens, without a semicolon that ends it.</param>
internal sealed class SqlCursor(string sql, IReadOnlyList<SqlToken> tokens)
{
    private readonly IReadOnlyList<SqlToken> _tokens = tokens;
    private int _at;

    /// <summary>How the command is written, for messages about what was written instead.</summary>
    public string Usage { get; set; } = "";

    /// <summary>The common table expressions that stand before the command, with their WITH; empty where there are none.</summary>
    public string With { get; init; } = "";

    public bool AtEnd => _at >= _tokens.Count;

    /// <summary>The character of the text that is read next.</summary>
    public int Position => Current?.Start ?? sql.Length;

    private SqlToken? Current => Peek(0);

    /// <summary>Steps over the words, when all of them come.</summary>
    public bool Accept(params ReadOnlySpan<string> words)
    {
        for (int i = 0; i < words.Length; i++)
            if (Peek(i)?.IsWord(words[i]) != true) return false;
        _at += words.Length;
        return true;
    }

    public bool Accept(char symbol)
    {
        if (Current?.Is(symbol) != true) return false;
        _at++;
        return true;
    }

    /// <exception cref="SqlSyntaxException">Something else comes.</exception>
    public void Expect(params ReadOnlySpan<string> words)
    {
        if (!Accept(words)) throw Wrong($"{string.Join(' ', words)} is expected");
    }

    /// <exception cref="SqlSyntaxException">Something else comes.</exception>
    public void Expect(char symbol)
    {
        if (!Accept(symbol)) throw Wrong($"'{symbol}' is expected");
    }

    /// <exception cref="SqlSyntaxException">More comes.</exception>
    public void ExpectEnd()
    {
        if (!AtEnd) throw Wrong("the command should end");
    }

    public bool IsNext(params ReadOnlySpan<string> words)
    {
        int before = _at;
        bool accepted = Accept(words);
        _at = before;
        return accepted;
    }

    public bool IsNext(char symbol) => Current?.Is(symbol) == true;

    /// <summary>Whether a bracket comes that holds a query, not a list.</summary>
    public bool IsNextQuery() => IsNext('(') && Peek(1) is { } first && (first.Is('(') || IsOneOf(first, ["select", "with", "from", "values", "table"]));

    /// <summary>The text from a position up to what was read last.</summary>
    public string TextFrom(int start) => sql[start.._tokens[_at - 1].End];

    /// <summary>Whether a table is named here in two parts or by its folder.</summary>
    public TableReference? TryTable()
    {
        if (Current is { Kind: SqlTokenKind.String } folder)
        {
            _at++;
            return new TableReference(null, folder.Value);
        }
        if (Peek(0)?.IsName != true || Peek(1)?.Is('.') != true || Peek(2)?.IsName != true || Peek(3)?.Is('.') == true) return null;
        SqlToken schema = _tokens[_at];
        SqlToken name = _tokens[_at + 2];
        TableReference? found = (schema.IsWord("delta") || schema.IsWord("parquet")) && name.Kind == SqlTokenKind.QuotedIdentifier && (sql[name.Start] == '`' || !TableName.IsValidPart(name.Value)) ? new TableReference(null, name.Value)
            : TableName.TryParse($"{schema.Value}.{name.Value}", out TableName table) ? new TableReference(table, null)
            : null;
        if (found is not null) _at += 3;
        return found;
    }

    /// <exception cref="SqlSyntaxException">No table is named.</exception>
    public TableReference Table() => TryTable() ?? throw Wrong("a table is expected, as schema.table or 'folder'");

    /// <exception cref="SqlSyntaxException">No name comes.</exception>
    public string Name()
    {
        if (Current?.IsName != true) throw Wrong("a name is expected");
        return _tokens[_at++].Value;
    }

    /// <summary>A column, or a field below one: <c>a.b.c</c>.</summary>
    public string Path()
    {
        string path = Name();
        while (Accept('.')) path += "." + Name();
        return path;
    }

    /// <summary>An alias, with or without AS, unless one of the words comes that go on.</summary>
    public string? Alias(params ReadOnlySpan<string> goesOn)
    {
        if (Accept("as")) return Name();
        if (Current?.IsName != true) return null;
        foreach (string word in goesOn)
            if (Current?.IsWord(word) == true) return null;
        return Name();
    }

    /// <exception cref="SqlSyntaxException">No number comes.</exception>
    public long Number()
    {
        if (Current is not { Kind: SqlTokenKind.Number } token || !long.TryParse(token.Value, NumberStyles.None, CultureInfo.InvariantCulture, out long value)) throw Wrong("a whole number is expected");
        _at++;
        return value;
    }

    /// <exception cref="SqlSyntaxException">No text comes.</exception>
    public string Text()
    {
        if (Current is not { Kind: SqlTokenKind.String } token) throw Wrong("a text in quotes is expected");
        _at++;
        return token.Value;
    }

    /// <summary>A text, or a bare word or number, as values of options are written.</summary>
    public string Value()
    {
        if (Current is not { } token || token.Kind == SqlTokenKind.Symbol) throw Wrong("a value is expected");
        _at++;
        return token.Value;
    }

    /// <summary><c>(name, name, …)</c></summary>
    public IReadOnlyList<string> Names(bool paths = false)
    {
        List<string> names = [];
        Expect('(');
        do names.Add(paths ? Path() : Name());
        while (Accept(','));
        Expect(')');
        return names;
    }

    /// <summary><c>('key' = 'value', …)</c>; keys may be bare words with points.</summary>
    public IReadOnlyDictionary<string, string> Pairs()
    {
        Dictionary<string, string> pairs = new(StringComparer.OrdinalIgnoreCase);
        Expect('(');
        do
        {
            string key = Key();
            Accept('=');
            pairs[key] = Value();
        }
        while (Accept(','));
        Expect(')');
        return pairs;
    }

    /// <summary>A key in quotes, or bare with points.</summary>
    public string Key() => Current is { Kind: SqlTokenKind.String } ? Text() : Path();

    /// <summary><c>VERSION AS OF n</c> and its kin; null when none comes.</summary>
    public TableMoment? Moment() => TimeTravel.MomentAt(sql, _tokens, ref _at);

    /// <summary>The text up to a word of those given, or a comma where <paramref name="commas"/> end it, outside brackets and CASE; or up to the end.</summary>
    /// <exception cref="SqlSyntaxException">No text comes.</exception>
    public string TextUntil(bool commas = false, params ReadOnlySpan<string> words)
    {
        int first = _at;
        int depth = 0;
        for (; !AtEnd; _at++)
        {
            SqlToken token = _tokens[_at];
            if (depth == 0 && (commas && token.Is(',') || token.Is(')') || IsOneOf(token, words))) break;
            if (token.Is('(') || token.Is('[') || token.Is('{') || token.IsWord("case")) depth++;
            else if (token.Is(')') || token.Is(']') || token.Is('}') || token.IsWord("end")) depth--;
        }
        if (first == _at) throw Wrong("an expression is expected");
        return sql[_tokens[first].Start.._tokens[_at - 1].End];
    }

    /// <summary>All that is left.</summary>
    public string Rest()
    {
        if (AtEnd) throw Wrong("a query is expected");
        string text = sql[_tokens[_at].Start.._tokens[^1].End];
        _at = _tokens.Count;
        return text;
    }

    /// <summary>What stands between a bracket and its partner.</summary>
    public string Bracketed()
    {
        Expect('(');
        if (IsNext(')')) throw Wrong("something is expected between the brackets");
        string text = TextUntil();
        Expect(')');
        return text;
    }

    public SqlSyntaxException Wrong(string what) => new($"{what}. Write: {Usage}", sql, Current?.Start ?? sql.Length);

    private static bool IsOneOf(SqlToken token, ReadOnlySpan<string> words)
    {
        foreach (string word in words)
            if (token.IsWord(word)) return true;
        return false;
    }

    private SqlToken? Peek(int ahead) => _at + ahead < _tokens.Count ? _tokens[_at + ahead] : null;
}
