using System.IO.Enumeration;

namespace Lakehouse.Ingestion.Postgres.Source;

/// <summary>Which tables a source's patterns choose.</summary>
internal sealed class TablePatterns(IReadOnlyList<string> include, IReadOnlyList<string> exclude)
{
    public bool Chooses(string schema, string table) =>
        include.Any(p => Matches(p, schema, table)) && !exclude.Any(p => Matches(p, schema, table));

    /// <summary>Patterns to include that choose none of the tables.</summary>
    public IEnumerable<string> WithoutMatch(IReadOnlyCollection<(string Schema, string Table)> tables) =>
        include.Where(p => !tables.Any(t => Matches(p, t.Schema, t.Table)));

    private static bool Matches(string pattern, string schema, string table)
    {
        var dot = pattern.IndexOf('.', StringComparison.Ordinal);
        return dot > 0
            && FileSystemName.MatchesSimpleExpression(pattern.AsSpan(0, dot), schema, ignoreCase: false)
            && FileSystemName.MatchesSimpleExpression(pattern.AsSpan(dot + 1), table, ignoreCase: false);
    }
}
