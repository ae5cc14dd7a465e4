using Lakehouse.Ingestion.Bronze;
using Lakehouse.Ingestion.Postgres.Source;
using Lakehouse.Ingestion.Postgres.Types;
using Lakehouse.Ingestion.Postgres.Wire;

namespace Lakehouse.Ingestion.Postgres;

/// <summary>A table in the stream, as of its newest relation message.</summary>
/// <param name="Message">The message.</param>
/// <param name="Table">The bronze table; null when the source's patterns do not choose the table.</param>
/// <param name="Shape">How rows go into the bronze table; null when they do not fit and the table is stopped.</param>
internal sealed record Relation(RelationMessage Message, BronzeTable? Table, TableShape? Shape)
{
    public IReadOnlyList<int> Keys => Shape?.Keys ?? [];

    /// <summary>The columns' names at the source.</summary>
    public IReadOnlyList<string> Names { get; } = [.. Message.Columns.Select(c => c.Name)];
}

/// <summary>A table came in the stream that was made, renamed or added since the ingester looked: it has to look again.</summary>
internal sealed class SourceTablesChangedException(string source, string table)
    : IngestionException("the table is new in the stream; the source's tables are read again.", source, table)
{
    public override bool IsTransient => true;
}

/// <summary>Which table each relation id of the stream stands for, and how its rows fit bronze.</summary>
internal sealed class RelationMap(
    PostgresSourceOptions options, IReadOnlyList<ChosenTable> tables, PostgresTypes types,
    Func<CancellationToken, Task<IReadOnlyList<PostgresType>>> readTypes, ISet<string> gone, StoppedTables stopped, IIngestionObserver observer)
{
    private readonly Dictionary<uint, Relation> _relations = [];
    private readonly TablePatterns _patterns = new(options.Tables, options.Exclude);

    /// <exception cref="ReplicationProtocolException">No relation message came for the id.</exception>
    public Relation Find(uint relationId) => _relations.TryGetValue(relationId, out var relation)
        ? relation
        : throw new ReplicationProtocolException($"a change of relation {relationId} came before its relation message.", options.Name);

    /// <summary>Takes in a relation message: adds or widens columns, or stops the table where its columns do not fit.</summary>
    /// <param name="lsn">The transaction that it came in.</param>
    public async ValueTask LearnAsync(RelationMessage message, ulong lsn, CancellationToken ct)
    {
        if (_relations.TryGetValue(message.RelationId, out var known) && Same(known.Message, message)) return;
        _relations[message.RelationId] = await FitAsync(message, lsn, ct);
    }

    private async ValueTask<Relation> FitAsync(RelationMessage message, ulong lsn, CancellationToken ct)
    {
        var name = $"{message.Schema}.{message.Name}";
        var chosen = tables.FirstOrDefault(t => t.Source.Schema == message.Schema && t.Source.Name == message.Name);
        if (chosen is null)
        {
            if (_patterns.Chooses(message.Schema, message.Name))
            {
                // Looked for before and not found: renamed or dropped since, so that its rows have nowhere to go.
                if (gone.Add(name)) throw new SourceTablesChangedException(options.Name, name);
                observer.OnWarning($"source '{options.Name}': changes of {name} are in the log, but the table is gone (dropped or renamed) and has no bronze table; they are left out.");
            }
            return new Relation(message, null, null);
        }

        var table = chosen.Bronze;
        if (table.StoppedReason is not null) return new Relation(message, table, null);
        if (message.Columns.Any(c => !types.Knows(c.TypeId)))
        {
            types.Learn(await readTypes(ct));
            types.Learn(message.Columns.Where(c => !types.Knows(c.TypeId)).Select(c => new PostgresType(c.TypeId, "")));
        }
        var shape = TableShape.TryFit(
            [.. message.Columns.Select(c => (c.Name, c.TypeId, c.TypeModifier))], types, table.Columns, chosen.Source.Key, out var misfit);
        if (shape is null)
        {
            Stop(table, lsn, $"{misfit}. Its changes go to {BronzeNames.Stopped} as text until this is resolved: move {table.Name} aside (its history stays readable) and restart; the table then gets a new snapshot.");
            return new Relation(message, table, null);
        }
        table.Columns = shape.Bronze;
        return new Relation(message, table, shape);
    }

    private void Stop(BronzeTable table, ulong lsn, string reason)
    {
        table.StoppedReason = reason;
        table.StoppedLsn = lsn;
        stopped.Tell(table, tables.Count(t => t.Bronze.StoppedReason is not null));
    }

    private static bool Same(RelationMessage a, RelationMessage b) =>
        a.Schema == b.Schema && a.Name == b.Name && a.Identity == b.Identity && a.Columns.SequenceEqual(b.Columns);
}
