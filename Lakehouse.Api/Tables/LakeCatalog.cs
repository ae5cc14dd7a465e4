using Lakehouse.Api.Sandbox;
using Lakehouse.Delta;
using Lakehouse.Engine;

namespace Lakehouse.Api.Tables;

/// <summary>The lake's tables as the service knows them: names, snapshots, versions.</summary>
public sealed class LakeCatalog(Lake lake)
{
    /// <summary>The names that a misspelt one may have meant, at most so many.</summary>
    private const int Suggestions = 3;

    public Task<IReadOnlyList<TableName>> ListAsync(CancellationToken cancellationToken) => lake.ListTablesAsync(cancellationToken);

    /// <summary>What a sandbox process is told to run. Tables of a lake in a bucket are laid into its own folder first, at version 0 there.</summary>
    public async Task<SandboxQuery> PrepareAsync(IReadOnlyDictionary<string, long> tables, string ownFolder, CancellationToken cancellationToken)
    {
        if (!lake.IsRemote)
            return new SandboxQuery([.. tables.Select(table => new SandboxTable(table.Key, table.Value))]);
        foreach ((string text, long version) in tables)
        {
            TableName name = TableName.Parse(text);
            LakeTable table = lake.Table(name);
            await table.LayOutAsync(await table.SnapshotAsync(version, cancellationToken), Path.Combine(ownFolder, name.Path), cancellationToken);
        }
        return new SandboxQuery([.. tables.Keys.Select(table => new SandboxTable(table, 0))]);
    }

    /// <summary>The table, or null when the lake has none of that name.</summary>
    public async Task<Snapshot?> FindAsync(TableName name, CancellationToken cancellationToken) => await lake.Table(name).TrySnapshotAsync(cancellationToken);

    public IAsyncEnumerable<CommitRecord> HistoryAsync(TableName name, int limit, CancellationToken cancellationToken) =>
        lake.Table(name).HistoryAsync(limit, cancellationToken);

    /// <summary>The version that each table of a query is read at: the one asked for, else the latest.</summary>
    /// <exception cref="SqlRejectedException">A table or version does not exist, or a version is given for a table that the query does not name.</exception>
    public async Task<IReadOnlyDictionary<string, long>> ResolveAsync(IReadOnlyList<NamedTable> tables, IReadOnlyDictionary<string, long>? versions, CancellationToken cancellationToken)
    {
        Dictionary<TableName, long> asked = Asked(versions);
        Dictionary<string, long> resolved = [];
        foreach (NamedTable table in tables)
        {
            TableName? name = table.Catalog is null && TableName.TryParse($"{table.Schema}.{table.Name}", out TableName parsed) ? parsed : null;
            if (name is null || await FindAsync(name.Value, cancellationToken) is not { } latest)
                throw await UnknownAsync(table, cancellationToken);
            resolved[name.Value.ToString()] = asked.Remove(name.Value, out long version) ? await ExistingAsync(name.Value, version, latest, cancellationToken) : latest.Version;
        }
        if (asked.Count > 0)
            throw new SqlRejectedException($"\"versions\" names {string.Join(", ", asked.Keys)}, which the query does not read.", null, null);
        return resolved;
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

    private async Task<long> ExistingAsync(TableName name, long version, Snapshot latest, CancellationToken cancellationToken)
    {
        if (version == latest.Version)
            return version;
        try
        {
            return (await lake.Table(name).SnapshotAsync(version, cancellationToken)).Version;
        }
        catch (VersionNotFoundException error)
        {
            throw new SqlRejectedException(error.Message, null, $"The latest version of {name} is {latest.Version}.");
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
