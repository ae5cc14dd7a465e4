using System.Globalization;
using System.Text;

namespace Lakehouse.Engine.Sql;

/// <summary>A table as SQL reads it: by name or folder, at a moment.</summary>
/// <param name="Table">The table's name; null where <paramref name="Folder"/> is given.</param>
/// <param name="Folder">The folder or address of a table outside the lake.</param>
/// <param name="Moment">When; null = now.</param>
public sealed record PastTable(TableName? Table, string? Folder, TableMoment? Moment);

/// <summary>
/// Time travel in SQL: <c>schema.table VERSION AS OF 3</c> and <c>TIMESTAMP AS OF '…'</c>, with or without Spark's <c>FOR</c> or
/// <c>FOR SYSTEM_</c>, DuckDB's <c>AT (VERSION => 3)</c>, and Spark's tables by folder, <c>delta.`/data/orders`</c>.
/// DuckDB has no tables with a past, so each is given a stand-in's name.
/// </summary>
public static class TimeTravel
{
    private const string Schema = "lake_past_";

    /// <summary>Gives every table that is read at a moment of its past another name. The text keeps its length wherever the new name
    /// is no longer than what it stands for, so that positions in messages are those of the caller's text.</summary>
    /// <param name="sql">Any SQL.</param>
    /// <param name="number">The number in a stand-in's name; the same for the same table and moment.</param>
    /// <returns>The SQL to run, and what its new names stand for; the same SQL and nothing when no table is read so. The last part of
    /// a new name is the table's own, so that columns may be called <c>table.column</c>.</returns>
    /// <exception cref="SqlSyntaxException">A version or time is not a literal.</exception>
    public static (string Sql, IReadOnlyDictionary<TableName, PastTable> Tables) Rewrite(string sql, Func<PastTable, int> number)
    {
        ArgumentNullException.ThrowIfNull(sql);
        ArgumentNullException.ThrowIfNull(number);
        Dictionary<TableName, PastTable> tables = [];
        if (!MayTravel(sql)) return (sql, tables);
        List<SqlToken> tokens = SqlTokenizer.Tokenize(sql);
        StringBuilder text = new();
        int copied = 0;
        for (int i = 0; i + 2 < tokens.Count; i++)
        {
            if (!tokens[i].IsName || !tokens[i + 1].Is('.') || !tokens[i + 2].IsName) continue;
            string? folder = FolderOf(sql, tokens, i);
            TableName? table = folder is null && TableName.TryParse($"{tokens[i].Value}.{tokens[i + 2].Value}", out TableName name) ? name : null;
            if (folder is null && table is null) continue;
            int next = i + 3;
            TableMoment? moment = MomentAt(sql, tokens, ref next);
            if (folder is null && moment is null) continue;
            PastTable past = new(table, folder, moment);
            TableName standIn = new(Schema + number(past).ToString(CultureInfo.InvariantCulture), table?.Name ?? "files");
            tables[standIn] = past;
            int start = tokens[i].Start;
            int end = tokens[next - 1].End;
            // The name keeps its quotes: it may be a word of SQL.
            string shown = $"{standIn.Schema}.{(table is null ? standIn.Name : sql[tokens[i + 2].Start..tokens[i + 2].End].Replace('`', '"'))}";
            text.Append(sql, copied, start - copied).Append(shown.PadRight(end - start));
            copied = end;
            i = next - 1;
        }
        return tables.Count == 0 ? (sql, []) : (text.Append(sql, copied, sql.Length - copied).ToString(), tables);
    }

    /// <summary>Reads what says when from a token on; null, and nothing read, when nothing does.</summary>
    internal static TableMoment? MomentAt(string sql, IReadOnlyList<SqlToken> tokens, ref int at)
    {
        int i = at;
        if (Word(i, "at") && At(i + 1)?.Is('(') == true && (Word(i + 2, "version") || Word(i + 2, "timestamp")))
        {
            bool ofTime = Word(i + 2, "timestamp");
            i += 3;
            while (At(i) is { } arrow && (arrow.Is('=') || arrow.Is('>') || arrow.Is(':'))) i++;
            TableMoment moment = Literal(ref i, ofTime);
            if (At(i)?.Is(')') != true) throw Wrong(i);
            at = i + 1;
            return moment;
        }
        if (Word(i, "for")) i++;
        bool version = Word(i, "version") || Word(i, "system_version");
        bool time = Word(i, "timestamp") || Word(i, "system_time");
        if (!(version || time) || !Word(i + 1, "as") || !Word(i + 2, "of")) return null;
        i += 3;
        TableMoment read = Literal(ref i, time);
        at = i;
        return read;

        SqlToken? At(int index) => index < tokens.Count ? tokens[index] : null;

        bool Word(int index, string word) => At(index)?.IsWord(word) == true;

        TableMoment Literal(ref int index, bool ofTime)
        {
            // TIMESTAMP '2026-01-01 12:00:00'
            if (ofTime && (Word(index, "timestamp") || Word(index, "timestamptz") || Word(index, "date"))) index++;
            if (At(index) is not { } token) throw Wrong(index);
            // Spark takes a version in quotes, too.
            if (!ofTime && token.Kind == SqlTokenKind.String) token = token with { Kind = SqlTokenKind.Number };
            if (TableMoment.Of(token) is not { } moment || ofTime == moment.Time is null) throw Wrong(index);
            index++;
            return moment;
        }

        SqlSyntaxException Wrong(int index) => new(
            "a version is a number (VERSION AS OF 3), a time a text (TIMESTAMP AS OF '2026-01-31T09:00:00Z'); neither may be computed.", sql, At(index)?.Start ?? sql.Length);
    }

    /// <summary>Cheap, and never false for SQL that travels.</summary>
    private static bool MayTravel(string sql) =>
        sql.Contains('`', StringComparison.Ordinal) || sql.Contains("version", StringComparison.OrdinalIgnoreCase) || sql.Contains("timestamp", StringComparison.OrdinalIgnoreCase)
        || sql.Contains("system_time", StringComparison.OrdinalIgnoreCase);

    private static string? FolderOf(string sql, List<SqlToken> tokens, int i) => tokens[i].IsWord("delta") && sql[tokens[i + 2].Start] == '`' ? tokens[i + 2].Value : null;
}
