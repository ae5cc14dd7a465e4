using System.Globalization;

namespace Lakehouse.Engine.Sql;

/// <summary>Where a feed begins or ends: a version, or a time.</summary>
internal readonly record struct FeedBound(long? Version, DateTimeOffset? Time);

/// <summary>A call <c>table_changes('schema.table', from [, to])</c> in SQL text, from <paramref name="Start"/> up to <paramref name="End"/>.</summary>
internal sealed record TableChangesCall(int Start, int End, string Table, FeedBound From, FeedBound? To);

/// <summary>Finds the calls of <c>table_changes</c>, Spark's table function.</summary>
internal static class TableChangesCalls
{
    /// <summary>The calls, last first, so that replacing one leaves the places of those to come.</summary>
    /// <exception cref="EngineException">A call has other arguments.</exception>
    public static IReadOnlyList<TableChangesCall> Find(IReadOnlyList<SqlToken> tokens)
    {
        var calls = new List<TableChangesCall>();
        for (var i = 0; i + 2 < tokens.Count; i++)
            if (tokens[i].IsWord("table_changes") && tokens[i + 1].Is('(')) calls.Add(Read(tokens, i));
        calls.Reverse();
        return calls;
    }

    private static TableChangesCall Read(IReadOnlyList<SqlToken> tokens, int start)
    {
        var i = start + 2;
        if (At(i) is not { Kind: SqlTokenKind.String } table || At(i + 1)?.Is(',') != true) throw Wrong();
        var from = Bound(i + 2);
        i += 3;
        FeedBound? to = null;
        if (At(i)?.Is(',') == true)
        {
            to = Bound(i + 1);
            i += 2;
        }
        return At(i)?.Is(')') == true ? new TableChangesCall(tokens[start].Start, tokens[i].End, table.Value, from, to) : throw Wrong();

        SqlToken? At(int index) => index < tokens.Count ? tokens[index] : null;

        FeedBound Bound(int index) => At(index) switch
        {
            { Kind: SqlTokenKind.Number } number when long.TryParse(number.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var version) => new FeedBound(version, null),
            { Kind: SqlTokenKind.String } text when DateTimeOffset.TryParse(text.Value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) => new FeedBound(null, time),
            _ => throw Wrong(),
        };

        static EngineException Wrong() => new("table_changes takes a table, where to begin and perhaps where to end, as versions or times: table_changes('silver.orders', 3), table_changes('silver.orders', '2026-01-01T00:00:00Z', '2026-02-01T00:00:00Z').");
    }
}
