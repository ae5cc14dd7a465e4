using System.Globalization;

namespace Lakehouse.Ingestion.Tests.Kills;

/// <summary>
/// Whether bronze tells a source's history exactly: each table's snapshot is its state after some transaction, and what
/// follows are all changes of all later transactions, once, in order, numbered as the source made them.
/// </summary>
internal static class HistoryCheck
{
    /// <returns>What is wrong; null when nothing is.</returns>
    public static async Task<string?> FindFaultAsync(Postgres.Ingestion ingestion, SourceHistory history, Random random)
    {
        foreach (var table in (string[])["a", "b", "c"])
        {
            if (await FindFaultAsync(ingestion, history, table) is { } fault) return $"bronze.public_{table}: {fault}";
        }
        return await FindLedgerFaultAsync(ingestion, random);
    }

    private static async Task<string?> FindFaultAsync(Postgres.Ingestion ingestion, SourceHistory history, string table)
    {
        var line = SourceHistory.Line(table);
        var snapshot = await ingestion.QueryAsync($"SELECT {line} FROM bronze.public_{table} WHERE _op = 'r' ORDER BY 1");
        var streamed = await ingestion.QueryAsync($"SELECT _txid, _seq, {line} FROM bronze.public_{table} WHERE _op <> 'r' ORDER BY _lsn, _seq");

        var truth = history.Transactions.Where(t => t.Changes.Any(c => c.Table == table)).ToList();
        var first = truth.Count;
        if (streamed.Count > 0)
        {
            var id = long.Parse(streamed[0].Split('|')[0], CultureInfo.InvariantCulture);
            first = truth.FindIndex(t => t.Id == id);
            if (first < 0) return $"the first change is of transaction {id}, which did not commit or does not touch the table";
        }
        var expected = truth.Skip(first).SelectMany(t => t.Changes.Where(c => c.Table == table).Select(c => $"{t.Id}|{c.Sequence}|{c.Line}")).ToList();
        if (Difference(expected, streamed) is { } change) return $"change {change}";

        var state = new Dictionary<string, string>();
        foreach (var change2 in truth.Take(first).SelectMany(t => t.Changes).Where(c => c.Table == table))
        {
            if (change2.Key.Length == 0) state.Clear();
            else if (change2.State is null) state.Remove(change2.Key);
            else state[change2.Key] = change2.State;
        }
        return Difference(state.Values.Order(StringComparer.Ordinal).ToList(), snapshot.Order(StringComparer.Ordinal).ToList()) is { } row
            ? $"snapshot before transaction {(first < truth.Count ? truth[first].Id : -1)}, row {row}"
            : null;
    }

    /// <summary>Rows of <c>bronze._commits</c> join without a gap, and at the versions that one tells, tables hold exactly what ended by then.</summary>
    private static async Task<string?> FindLedgerFaultAsync(Postgres.Ingestion ingestion, Random random)
    {
        var counts = await ingestion.QueryAsync("""
            SELECT (SELECT coalesce(sum(rows), 0)::BIGINT FROM bronze._commits WHERE last_committed_at IS NOT NULL),
                   (SELECT count(*) FROM (SELECT _op FROM bronze.public_a UNION ALL SELECT _op FROM bronze.public_b UNION ALL SELECT _op FROM bronze.public_c) WHERE _op <> 'r')
            """);
        var (told, held) = (counts[0].Split('|')[0], counts[0].Split('|')[1]);
        if (told != held) return $"bronze._commits tells of {told} change rows, and the tables hold {held}";
        var commits = await ingestion.QueryAsync("SELECT batch, from_lsn, to_lsn, tables['public_a'], tables['public_b'], tables['public_c'] FROM bronze._commits ORDER BY batch");
        for (var i = 1; i < commits.Count; i++)
        {
            var (before, after) = (commits[i - 1].Split('|'), commits[i].Split('|'));
            if (after[0] == before[0] || after[1] != before[2]) return $"bronze._commits: {commits[i]} does not follow {commits[i - 1]}";
        }
        var pinned = commits[random.Next(commits.Count)].Split('|');
        foreach (var (table, version) in ((string, string)[])[("public_a", pinned[3]), ("public_b", pinned[4]), ("public_c", pinned[5])])
        {
            if (version == "∅") continue;
            var name = new Engine.TableName("bronze", table);
            var sql = $"SELECT count(*) FROM bronze.{table}";
            await using var session = ingestion.Lake.OpenSession();
            await session.BindAsync(sql, new Dictionary<Engine.TableName, long> { [name] = long.Parse(version, CultureInfo.InvariantCulture) }, TestContext.Current.CancellationToken);
            var there = await session.Connection.ScalarAsync<long>(sql, TestContext.Current.CancellationToken);
            var due = await ingestion.QueryAsync($"SELECT count(*) FROM bronze.{table} WHERE _lsn < {pinned[2]} OR _op = 'r'");
            if (due[0] != there.ToString(CultureInfo.InvariantCulture)) return $"bronze.{table} has {there} rows at version {version}, {due[0]} ended before {pinned[2]} (batch {pinned[0]})";
        }
        return null;
    }

    private static string? Difference(List<string> expected, List<string> actual)
    {
        for (var i = 0; i < Math.Max(expected.Count, actual.Count); i++)
        {
            var (e, a) = (i < expected.Count ? expected[i] : "nothing", i < actual.Count ? actual[i] : "nothing");
            if (e != a) return $"{i} of {expected.Count} is {a} instead of {e} ({actual.Count} there)";
        }
        return null;
    }
}
