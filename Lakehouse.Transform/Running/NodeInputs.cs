using Lakehouse.Delta;
using Lakehouse.Engine;

namespace Lakehouse.Transform;

/// <summary>A table that a query reads, with the version it is read at.</summary>
internal sealed record BoundInput(QueryInput Input, Snapshot Snapshot);

/// <summary>
/// Everything that a query reads, through views down to tables, bound to versions; and the views in between, innermost first.
/// </summary>
internal sealed class NodeInputs
{
    private readonly List<BoundInput> _tables = [];
    private readonly List<(TableName Name, string Sql)> _views = [];

    public IReadOnlyList<BoundInput> Tables => _tables;

    /// <summary>Versions by table, as kept in commits and results.</summary>
    public Dictionary<TableName, long> Versions => _tables.DistinctBy(t => Relations.Of(t.Input.Node)).ToDictionary(t => Relations.Of(t.Input.Node)!.Value, t => t.Snapshot.Version);

    public static async Task<NodeInputs> BindAsync(IEnumerable<QueryInput> inputs, Compiler compiler, RunVersions versions, LastRun? last, CancellationToken cancellationToken)
    {
        var bound = new NodeInputs();
        foreach (var input in inputs)
            await bound.AddAsync(input, compiler, versions, last, cancellationToken).ConfigureAwait(false);
        return bound;
    }

    /// <summary>What the output's commit will say.</summary>
    public LastRun ToLastRun(string checksum)
    {
        var versions = new SortedDictionary<string, long>(StringComparer.Ordinal);
        var ids = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var table in _tables)
        {
            var name = Key(table);
            versions[name] = table.Snapshot.Version;
            ids[name] = table.Snapshot.Metadata.Id;
        }
        return new LastRun(versions, ids, checksum);
    }

    /// <summary>Whether any table has data that the last run did not see.</summary>
    public async Task<bool> MovedSinceAsync(LastRun last, Lake lake, CancellationToken cancellationToken)
    {
        if (last.Inputs.Count != Versions.Count)
            return true;
        foreach (var table in _tables)
        {
            if (!last.Inputs.TryGetValue(Key(table), out var version) || IsRecreated(table, last) || version > table.Snapshot.Version)
                return true;
            if (version < table.Snapshot.Version && await HasNewDataAsync(lake, table, version, cancellationToken).ConfigureAwait(false))
                return true;
        }
        return false;
    }

    /// <summary>Asks of the changes what a query wants to know of them, and makes those readable.</summary>
    /// <returns>The questions to which the answer is no.</returns>
    public async Task<HashSet<ChangeQuestion>> AskAsync(IReadOnlyList<ChangeQuestion> questions, LakeSession session, LastRun since, CancellationToken cancellationToken)
    {
        var denied = new HashSet<ChangeQuestion>();
        foreach (var asked in questions.GroupBy(q => q.Changes))
        {
            await DefineAsync(_tables.Find(t => t.Input.Name.Equals(asked.Key))!, session, since, cancellationToken).ConfigureAwait(false);
            var list = asked.ToList();
            var answers = string.Join(", ", list.Select(q => $"coalesce(bool_or({q.Condition}), false)"));
            using var result = await session.Connection.QueryAllAsync($"SELECT {answers} FROM {Relation.Render(asked.Key)}", cancellationToken).ConfigureAwait(false);
            result.NextChunk(cancellationToken);
            for (var i = 0; i < list.Count; i++)
                if (!result.Column(i).Values<bool>()[0])
                    denied.Add(list[i]);
        }
        return denied;
    }

    /// <summary>Makes everything readable on the session under the names that the query uses.</summary>
    /// <param name="session">The session.</param>
    /// <param name="since">Where changes begin; null: all rows.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <param name="except">What the query does not read after all, or can read already. Views may read it all the same.</param>
    public async Task DefineAsync(LakeSession session, LastRun? since, CancellationToken cancellationToken, IReadOnlyCollection<QueryInput>? except = null)
    {
        foreach (var table in _tables)
            if (_views.Count > 0 || except?.Contains(table.Input) != true)
                await DefineAsync(table, session, since, cancellationToken).ConfigureAwait(false);
        foreach (var (name, sql) in _views)
            await session.Connection.ExecuteAsync($"CREATE SCHEMA IF NOT EXISTS {name.Schema}; CREATE OR REPLACE VIEW {Relation.Render(name)} AS {await session.BindPastAsync(sql, cancellationToken).ConfigureAwait(false)}", cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Refuses to take in changes of a table that was made anew since: what the output holds came from another table.</summary>
    public void RefuseRecreated(LastRun last, ModelNode model)
    {
        foreach (var table in _tables.Where(t => t.Input.IsChanges))
        {
            if (!last.Inputs.TryGetValue(Key(table), out var version))
                continue;
            if (IsRecreated(table, last) || version > table.Snapshot.Version)
                throw new TransformException($"the input {Key(table)} was made anew since {model.Name} last read it (at version {version}); build {model.Name} with a full refresh");
        }
    }

    private static async Task DefineAsync(BoundInput table, LakeSession session, LastRun? since, CancellationToken cancellationToken)
    {
        var (input, snapshot) = table;
        if (input.IsChanges)
            await session.DefineChangesAsync(input.Name, snapshot, since?.Inputs.TryGetValue(Key(input), out var after) == true ? after : null, cancellationToken).ConfigureAwait(false);
        else
            await session.DefineAsync(input.Name, snapshot, cancellationToken).ConfigureAwait(false);
    }

    private static string Key(BoundInput table) => Key(table.Input);

    private static string Key(QueryInput input) => Relations.Of(input.Node)!.Value.ToString();

    private static bool IsRecreated(BoundInput table, LastRun last) =>
        last.InputIds.TryGetValue(Key(table), out var id) && id != table.Snapshot.Metadata.Id;

    private static async Task<bool> HasNewDataAsync(Lake lake, BoundInput table, long after, CancellationToken cancellationToken)
    {
        // Beyond a few versions, one of them surely has data, and the query will read them all anyway.
        const int worthLooking = 8;
        if (table.Snapshot.Version - after > worthLooking)
            return true;
        await foreach (var commit in lake.Table(Relations.Of(table.Input.Node)!.Value).Log.ChangesAsync(after, table.Snapshot.Version, cancellationToken).ConfigureAwait(false))
            if (commit.Adds.Any(a => a.DataChange) || commit.Removes.Any(r => r.DataChange))
                return true;
        return false;
    }

    private async Task AddAsync(QueryInput input, Compiler compiler, RunVersions versions, LastRun? last, CancellationToken cancellationToken)
    {
        if (input.Node is ModelNode { IsStored: false } view)
        {
            if (_views.Any(v => v.Name.Equals(input.Name)))
                return;
            var query = compiler.Compile(view, incremental: false);
            foreach (var inner in query.Inputs)
                await AddAsync(inner, compiler, versions, last, cancellationToken).ConfigureAwait(false);
            _views.Add((input.Name, query.Sql));
            return;
        }
        if (_tables.Any(t => t.Input == input))
            return;
        long? seen = last is not null && last.Inputs.TryGetValue(Key(input), out var version) ? version : null;
        _tables.Add(new BoundInput(input, await versions.ReadAsync(input.Node, seen, cancellationToken).ConfigureAwait(false)));
    }
}
