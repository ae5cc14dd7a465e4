using System.Globalization;

namespace Lakehouse.Engine.Sql;

/// <summary>A call <c>delta_scan('folder' [, version => n])</c> in SQL text, from <paramref name="Start"/> up to <paramref name="End"/>.</summary>
internal sealed record DeltaScanCall(int Start, int End, string Folder, long? Version);

/// <summary>Finds the calls of <c>delta_scan</c>, a table function that DuckDB itself has only with an extension.</summary>
internal static class DeltaScanCalls
{
    /// <summary>The calls, last first, so that replacing one leaves the places of those to come.</summary>
    /// <exception cref="EngineException">A call has other arguments.</exception>
    public static IReadOnlyList<DeltaScanCall> Find(string sql)
    {
        if (!sql.Contains("delta_scan", StringComparison.OrdinalIgnoreCase)) return [];
        var tokens = SqlTokenizer.Tokenize(sql);
        var calls = new List<DeltaScanCall>();
        for (var i = 0; i + 2 < tokens.Count; i++)
            if (tokens[i].IsWord("delta_scan") && tokens[i + 1].Is('(')) calls.Add(Read(tokens, i));
        calls.Reverse();
        return calls;
    }

    private static DeltaScanCall Read(List<SqlToken> tokens, int start)
    {
        var i = start + 2;
        if (tokens[i].Kind != SqlTokenKind.String) throw Wrong();
        var folder = tokens[i++].Value;
        long? version = null;
        if (At(i)?.Is(',') == true)
        {
            if (At(i + 1)?.IsWord("version") != true) throw Wrong();
            i += 2;
            // `=>`, `:=` or `=`.
            while (At(i) is { } sign && (sign.Is('=') || sign.Is('>') || sign.Is(':'))) i++;
            if (At(i) is not { Kind: SqlTokenKind.Number } number || !long.TryParse(number.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var value)) throw Wrong();
            version = value;
            i++;
        }
        return At(i)?.Is(')') == true ? new DeltaScanCall(tokens[start].Start, tokens[i].End, folder, version) : throw Wrong();

        SqlToken? At(int index) => index < tokens.Count ? tokens[index] : null;
        static EngineException Wrong() => new("delta_scan takes a folder, and perhaps a version: delta_scan('FOLDER') or delta_scan('FOLDER', version => 3).");
    }
}
