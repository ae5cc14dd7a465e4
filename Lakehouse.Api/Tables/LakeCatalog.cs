using System.Text;
using Lakehouse.Api.Sandbox;
using Lakehouse.Delta;
using Lakehouse.Engine;
using Lakehouse.Engine.Sql;

namespace Lakehouse.Api.Tables;

/// <summary>The lake's tables as the service knows them: names, snapshots, versions.</summary>
public sealed class LakeCatalog(Lake lake)
{
    /// <summary>The names that a misspelt one may have meant, at most so many.</summary>
    private const int Suggestions = 3;

    public Task<IReadOnlyList<TableName>> ListAsync(CancellationToken cancellationToken) => lake.ListTablesAsync(cancellationToken);

    /// <summary>What a sandbox process is told to run. Of a lake in a bucket the files that the SQL may read are laid into its own folder
    /// first, as tables of version 0.</summary>
    public async Task<SandboxQuery> PrepareAsync(string sql, IReadOnlyList<TableRead> reads, string ownFolder, CancellationToken cancellationToken)
    {
        if (!lake.IsRemote)
            return new SandboxQuery([.. reads.Select(read => new SandboxTable(read.Table.ToString(), read.Version, read.View.ToString()))]);
        Dictionary<TableName, (LakeTable, Snapshot)> tables = [];
        foreach (TableRead read in reads)
        {
            LakeTable table = lake.Table(read.Table);
            tables[read.View] = (table, await table.SnapshotAsync(read.Version, cancellationToken));
        }
        await lake.LayOutAsync(sql, tables, ownFolder, cancellationToken);
        return new SandboxQuery([.. reads.Select(read => new SandboxTable(read.View.ToString(), 0, read.View.ToString()))]);
    }

    /// <summary>Carries out a statement of the lake's own, where that is allowed.</summary>
    /// <returns>A query of constants that gives what was done; null when the SQL is none of those.</returns>
    /// <exception cref="SqlRejectedException">The statement is written wrong, is not served, or its table is not there.</exception>
    public async Task<string?> RunStatementAsync(string sql, bool allowUpkeep, CancellationToken cancellationToken)
    {
        LakeStatement? statement = await Understood(sql, () => LakeStatement.FindAsync(lake, sql, cancellationToken));
        if (statement is null) return null;
        if (statement.Kind == LakeStatementKind.Changes)
            throw new SqlRejectedException("Statements that change tables are not served here.", null, "Only a single SELECT statement, DESCRIBE HISTORY and DESCRIBE DETAIL are; 'lakehouse sql' on the lake's own machine writes.");
        if (statement.Kind == LakeStatementKind.Tends && !allowUpkeep)
            throw new SqlRejectedException("OPTIMIZE, VACUUM and RESTORE are not served here.", null, "The service's setting Lakehouse:Sql:AllowUpkeep lets them in; 'lakehouse sql' on the lake's own machine takes them always.");
        if (statement.Table is not { } name)
            throw new SqlRejectedException("Folders are not served.", null, "Name a table of the lake, as schema.table.");
        if (await FindAsync(name, cancellationToken) is null)
            throw await UnknownAsync(new NamedTable(null, name.Schema, name.Name, null), cancellationToken);
        await using LakeSession session = lake.OpenSession();
        try
        {
            return await statement.RunAsync(session, cancellationToken);
        }
        catch (Exception error) when (error is EngineException or DeltaException)
        {
            throw new SqlRejectedException(error.Message, null, null);
        }
    }

    /// <summary>Gives tables that the SQL reads at a version of their past names of their own.</summary>
    /// <exception cref="SqlRejectedException">A version or time is not a literal, or a folder is to be read.</exception>
    public static async Task<(string Sql, IReadOnlyDictionary<TableName, PastTable> Past)> RewriteAsync(string sql)
    {
        Dictionary<PastTable, int> numbers = [];
        (string rewritten, IReadOnlyDictionary<TableName, PastTable> past) = await Understood(
            sql, () => Task.FromResult(TimeTravel.Rewrite(sql, read => numbers.TryGetValue(read, out int number) ? number : numbers[read] = numbers.Count)));
        return past.Values.Any(read => read.Folder is not null)
            ? throw new SqlRejectedException("Folders are not served.", null, "Name tables of the lake, as schema.table.")
            : (rewritten, past);
    }

    /// <summary>The table, or null when the lake has none of that name.</summary>
    public async Task<Snapshot?> FindAsync(TableName name, CancellationToken cancellationToken) => await lake.Table(name).TrySnapshotAsync(cancellationToken);

    public IAsyncEnumerable<CommitRecord> HistoryAsync(TableName name, int limit, CancellationToken cancellationToken) =>
        lake.Table(name).HistoryAsync(limit, cancellationToken);

    /// <summary>The version that each table of a query is read at: the one that its SQL or the request asks for, else the latest.</summary>
    /// <exception cref="SqlRejectedException">A table or version does not exist, or a version is given for a table that the query does not name.</exception>
    public async Task<IReadOnlyList<TableRead>> ResolveAsync(
        IReadOnlyList<NamedTable> tables, IReadOnlyDictionary<TableName, PastTable> past, IReadOnlyDictionary<string, long>? versions, CancellationToken cancellationToken)
    {
        Dictionary<TableName, long> asked = Asked(versions);
        List<TableRead> reads = [];
        foreach (NamedTable table in tables)
        {
            TableName? view = table.Catalog is null && TableName.TryParse($"{table.Schema}.{table.Name}", out TableName parsed) ? parsed : null;
            TableMoment? moment = null;
            TableName? name = view;
            NamedTable named = table;
            if (view is { } stand && past.TryGetValue(stand, out PastTable? read))
            {
                (name, moment) = (read.Table, read.Moment);
                named = table with { Schema = name!.Value.Schema, Name = name.Value.Name };
            }
            if (name is not { } known || await FindAsync(known, cancellationToken) is not { } latest)
                throw await UnknownAsync(named, cancellationToken);
            if (moment is null && asked.Remove(known, out long version))
                moment = new TableMoment(version, null);
            reads.Add(new TableRead(view!.Value, known, moment is { } then ? await ExistingAsync(known, then, latest, cancellationToken) : latest.Version));
        }
        if (asked.Count > 0)
            throw new SqlRejectedException($"\"versions\" names {string.Join(", ", asked.Keys)}, which the query does not read.", null, null);
        return reads;
    }

    /// <summary>Names of the lake's tables that are spelt much like <paramref name="name"/>, closest first.</summary>
    public async Task<IReadOnlyList<string>> NearAsync(string name, CancellationToken cancellationToken)
    {
        IReadOnlyList<TableName> tables = await lake.ListTablesAsync(cancellationToken);
        return [.. tables.Select(table => table.ToString())
            .Select(table => (table, distance: Distance(name, table)))
            .Where(candidate => candidate.distance <= Math.Max(2, name.Length / 2))
            .OrderBy(candidate => candidate.distance)
            .ThenBy(candidate => candidate.table, StringComparer.Ordinal)
            .Take(Suggestions)
            .Select(candidate => candidate.table)];
    }

    private static Dictionary<TableName, long> Asked(IReadOnlyDictionary<string, long>? versions)
    {
        Dictionary<TableName, long> asked = [];
        foreach ((string table, long version) in versions ?? new Dictionary<string, long>())
        {
            if (!TableName.TryParse(table, out TableName name) || version < 0)
                throw new SqlRejectedException($"\"versions\" has \"{table}\": {version}; write \"schema.table\": version, from 0.", null, null);
            asked[name] = version;
        }
        return asked;
    }

    private async Task<long> ExistingAsync(TableName name, TableMoment moment, Snapshot latest, CancellationToken cancellationToken)
    {
        if (moment.Version == latest.Version)
            return latest.Version;
        try
        {
            return (await moment.SnapshotAsync(lake.Table(name), cancellationToken)).Version;
        }
        catch (VersionNotFoundException error)
        {
            throw new SqlRejectedException(error.Message, null, $"The latest version of {name} is {latest.Version}.");
        }
    }

    private static async Task<T> Understood<T>(string sql, Func<Task<T>> read)
    {
        try
        {
            return await read();
        }
        catch (SqlSyntaxException error)
        {
            throw new SqlRejectedException(error.Message, Encoding.UTF8.GetByteCount(sql.AsSpan(0, Math.Min(error.Position, sql.Length))), null);
        }
    }

    private async Task<SqlRejectedException> UnknownAsync(NamedTable table, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> near = await NearAsync(table.ToString(), cancellationToken);
        string hint = near.Count > 0
            ? $"Did you mean {string.Join(" or ", near)}?"
            : "Tables are written schema.table; GET /api/v1/tables lists them.";
        return new SqlRejectedException($"There is no table {table} in the lake.", table.Position, hint, near);
    }

    /// <summary>Levenshtein's distance, without regard to case; a missing schema costs nothing.</summary>
    private static int Distance(string left, string right)
    {
        if (!left.Contains('.') && right.IndexOf('.') is int dot and >= 0)
            right = right[(dot + 1)..];
        int[] previous = [.. Enumerable.Range(0, right.Length + 1)];
        for (int i = 1; i <= left.Length; i++)
        {
            int[] current = new int[right.Length + 1];
            current[0] = i;
            for (int j = 1; j <= right.Length; j++)
            {
                int cost = char.ToLowerInvariant(left[i - 1]) == char.ToLowerInvariant(right[j - 1]) ? 0 : 1;
                current[j] = Math.Min(Math.Min(current[j - 1], previous[j]) + 1, previous[j - 1] + cost);
            }
            previous = current;
        }
        return previous[^1];
    }
}
