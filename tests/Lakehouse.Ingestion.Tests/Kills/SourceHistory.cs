using System.Globalization;
using System.Text;
using Npgsql;

namespace Lakehouse.Ingestion.Tests.Kills;

/// <summary>A change as bronze must have it.</summary>
/// <param name="Table">The bronze table.</param>
/// <param name="Sequence">Its place in the transaction, from 1.</param>
/// <param name="Line">Operation and row as <see cref="SourceHistory.Line"/> reads them from bronze.</param>
/// <param name="Key">The row's key; empty for a truncate.</param>
/// <param name="State">The whole row after the change; null when there is none.</param>
internal sealed record SourceChange(string Table, long Sequence, string Line, string Key, string? State);

/// <summary>A committed transaction.</summary>
internal sealed record SourceTransaction(long Id, IReadOnlyList<SourceChange> Changes);

/// <summary>
/// Writes random transactions to a source and keeps what it committed, change by change: the truth that bronze is
/// compared with. Tables: <c>a</c> with a primary key, <c>b</c> with whole old rows, <c>c</c> with large values out of
/// line. One seed, one history.
/// </summary>
internal sealed class SourceHistory(NpgsqlDataSource source, int seed)
{
    public const string Ddl = """
        CREATE TABLE a (id int PRIMARY KEY, v text);
        CREATE TABLE b (id int PRIMARY KEY, v text); ALTER TABLE b REPLICA IDENTITY FULL;
        CREATE TABLE c (id int PRIMARY KEY, v text, big text); ALTER TABLE c ALTER big SET STORAGE EXTERNAL;
        """;

    /// <summary>The columns of a change in bronze as one text; the same for all tables.</summary>
    public static string Line(string table) =>
        $"concat_ws('|', _op, coalesce(id::VARCHAR, '-'), coalesce(v, '-'){(table == "c" ? ", CASE WHEN list_contains(coalesce(_unchanged, []), 'big') THEN '~' ELSE coalesce(left(big, 8), '-') END" : "")})";

    private readonly Random _random = new(seed);
    private readonly Dictionary<string, SortedDictionary<int, (string V, string Big)>> _rows = new() { ["a"] = [], ["b"] = [], ["c"] = [] };
    private int _next = 1;
    private int _values;

    /// <summary>What was committed, in commit order.</summary>
    public List<SourceTransaction> Transactions { get; } = [];

    /// <summary>Commits, or now and then rolls back, one random transaction.</summary>
    public async Task WriteAsync(CancellationToken ct)
    {
        var sql = new StringBuilder("BEGIN; SELECT pg_current_xact_id()::text::bigint;");
        var changes = new List<SourceChange>();
        var undo = _random.Next(12) == 0 ? _rows.ToDictionary(t => t.Key, t => new SortedDictionary<int, (string, string)>(t.Value)) : null;
        var count = _random.Next(20) == 0 ? 120 : _random.Next(1, 7);
        for (var i = 0; i < count; i++) Change(sql, changes);
        sql.Append(undo is null ? "COMMIT" : "ROLLBACK");
        var id = await ExecuteAsync(sql.ToString(), ct);
        if (undo is null)
        {
            Transactions.Add(new SourceTransaction(id, changes));
            return;
        }
        foreach (var (table, rows) in undo) _rows[table] = rows;
    }

    /// <summary>Runs the statements to the last, whose errors count like the first's.</summary>
    private async Task<long> ExecuteAsync(string sql, CancellationToken ct)
    {
        await using var command = source.CreateCommand(sql);
        command.CommandTimeout = 0;
        await using var reader = await command.ExecuteReaderAsync(ct);
        await reader.ReadAsync(ct);
        var id = reader.GetInt64(0);
        while (await reader.NextResultAsync(ct))
        {
            // Errors come with the result they belong to.
        }
        return id;
    }

    private void Change(StringBuilder sql, List<SourceChange> changes)
    {
        var table = _random.Next(3) switch { 0 => "a", 1 => "b", _ => "c" };
        var rows = _rows[table];
        var kind = rows.Count == 0 ? 0 : _random.Next(11);
        var value = $"v{++_values}";
        switch (kind)
        {
            case < 4:
                var (key, big) = (_next++, table == "c" ? $"{_values:D8}{new string('x', 2500)}" : "");
                rows[key] = (value, big);
                sql.Append(CultureInfo.InvariantCulture, $"INSERT INTO {table} VALUES ({key}, '{value}'{(table == "c" ? $", '{big}'" : "")});");
                Add('c', key, value, Big(table, big));
                break;
            case < 8:
                var (id, row) = Any(rows);
                rows[id] = row with { V = value };
                sql.Append(CultureInfo.InvariantCulture, $"UPDATE {table} SET v = '{value}' WHERE id = {id};");
                Add('u', id, value, table == "c" ? "~" : null);
                break;
            case 8:
                var (old, moved) = Any(rows);
                var to = _next++;
                rows.Remove(old);
                rows[to] = moved;
                sql.Append(CultureInfo.InvariantCulture, $"UPDATE {table} SET id = {to} WHERE id = {old};");
                Add('d', old, table == "b" ? moved.V : null, table == "c" ? "-" : null);
                Add('c', to, moved.V, table == "c" ? "~" : null);
                break;
            case 9 when table == "c" && _random.Next(6) == 0:
                rows.Clear();
                sql.Append("TRUNCATE c;");
                changes.Add(new SourceChange(table, changes.Count + 1, "t|-|-|-", "", null));
                break;
            default:
                var (gone, last) = Any(rows);
                rows.Remove(gone);
                sql.Append(CultureInfo.InvariantCulture, $"DELETE FROM {table} WHERE id = {gone};");
                Add('d', gone, table == "b" ? last.V : null, table == "c" ? "-" : null);
                break;
        }

        void Add(char operation, int key, string? v, string? big) => changes.Add(new SourceChange(
            table, changes.Count + 1, $"{operation}|{key}|{v ?? "-"}{(big is null ? "" : "|" + big)}", $"{key}",
            operation == 'd' ? null : $"r|{key}|{rows[key].V}{(table == "c" ? "|" + Big(table, rows[key].Big) : "")}"));
    }

    private static string? Big(string table, string big) => table == "c" ? big[..8] : null;

    private (int Key, (string V, string Big) Row) Any(SortedDictionary<int, (string V, string Big)> rows)
    {
        var chosen = rows.ElementAt(_random.Next(rows.Count));
        return (chosen.Key, chosen.Value);
    }
}
