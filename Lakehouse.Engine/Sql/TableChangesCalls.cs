namespace Lakehouse.Engine.Sql;

/// <summary>A call <c>table_changes('schema.table', from [, to])</c> in SQL text, from <paramref name="Start"/> up to <paramref name="End"/>.</summary>
internal sealed record TableChangesCall(int Start, int End, string Table, TableMoment From, TableMoment? To);

/// <summary>Finds the calls of <c>table_changes</c>, Spark's table function.</summary>
internal static class TableChangesCalls
{
    /// <summary>The calls, last first, so that replacing one leaves the places of those to come.</summary>
    /// <exception cref="EngineException">A call has other arguments.</exception>
    public static IReadOnlyList<TableChangesCall> Find(string sql)
    {
        if (!sql.Contains("table_changes", StringComparison.OrdinalIgnoreCase)) return [];
        var tokens = SqlTokenizer.Tokenize(sql);
        var calls = new List<TableChangesCall>();
        for (var i = 0; i + 2 < tokens.Count; i++)
            if (tokens[i].IsWord("table_changes") && tokens[i + 1].Is('(')) calls.Add(Read(tokens, i));
        calls.Reverse();
        return calls;
    }

    private static TableChangesCall Read(List<SqlToken> tokens, int start)
    {
        var i = start + 2;
        if (At(i) is not { Kind: SqlTokenKind.String } table || At(i + 1)?.Is(',') != true) throw Wrong();
        var from = Bound(i + 2);
        i += 3;
        TableMoment? to = null;
        if (At(i)?.Is(',') == true)
        {
            to = Bound(i + 1);
            i += 2;
        }
        return At(i)?.Is(')') == true ? new TableChangesCall(tokens[start].Start, tokens[i].End, table.Value, from, to) : throw Wrong();

        SqlToken? At(int index) => index < tokens.Count ? tokens[index] : null;

        TableMoment Bound(int index) => At(index) is { } token ? TableMoment.Of(token) ?? throw Wrong() : throw Wrong();

        static EngineException Wrong() => new("table_changes takes a table, where to begin and perhaps where to end, as versions or times: table_changes('silver.orders', 3), table_changes('silver.orders', '2026-01-01T00:00:00Z', '2026-02-01T00:00:00Z').");
    }
}
