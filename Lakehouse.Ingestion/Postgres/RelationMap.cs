using Lakehouse.Ingestion.Bronze;
using Lakehouse.Ingestion.Postgres.Source;
using Lakehouse.Ingestion.Postgres.Types;
using Lakehouse.Ingestion.Postgres.Wire;

namespace Lakehouse.Ingestion.Postgres;

/// <summary>A table in the stream, as of its newest relation message.</summary>
/// <param name="Message">The message.</param>
/// <param name="Table">The bronze table; null when the source's patterns do not choose the table, or its changes are left out.</param>
/// <param name="Shape">How rows go into the bronze table; null when they do not fit and the table is stopped.</param>
internal sealed record Relation(RelationMessage Message, BronzeTable? Table, TableShape? Shape)
{
    public IReadOnlyList<int> Keys => Shape?.Keys ?? [];

    /// <summary>
    /// The consistent point before which the relation was like this and the table's snapshot is not: such changes are in the
    /// snapshot. 0 where there is no such point.
    /// </summary>
    public ulong OnlyBefore { get; init; }

    /// <summary>The columns' names at the source.</summary>
    public IReadOnlyList<string> Names { get; } = [.. Message.Columns.Select(c => c.Name)];
}

/// <summary>A table was made, renamed, added or taken out since the ingester looked: it has to look again.</summary>
internal sealed class SourceTablesChangedException(string source, string table, string message = "the table is new in the stream; the source's tables are read again.")
    : IngestionException(message, source, table)
{
    public override bool IsTransient => true;
}

/// <summary>Which table each relation id of the stream stands for, and how its rows fit bronze.</summary>
internal sealed class RelationMap
{
    private readonly PostgresSourceOptions _options;
    private readonly IReadOnlyList<ChosenTable> _tables;
    private readonly PostgresTypes _types;
    private readonly Func<CancellationToken, Task<IReadOnlyList<PostgresType>>> _readTypes;
    private readonly ISet<(uint Id, string Name)> _lookedFor;
    private readonly StoppedTables _stopped;
    private readonly IIngestionObserver _observer;
    private readonly Dictionary<uint, Relation> _relations = [];
    private readonly TablePatterns _patterns;

    /// <param name="lookedFor">Tables of the stream that the source did not have by that name when it was looked at again; kept between sessions.</param>
    public RelationMap(
        PostgresSourceOptions options, IReadOnlyList<ChosenTable> tables, PostgresTypes types,
        Func<CancellationToken, Task<IReadOnlyList<PostgresType>>> readTypes, ISet<(uint Id, string Name)> lookedFor, StoppedTables stopped, IIngestionObserver observer)
    {
        (_options, _tables, _types, _readTypes, _lookedFor, _stopped, _observer) = (options, tables, types, readTypes, lookedFor, stopped, observer);
        _patterns = new TablePatterns(options.Tables, options.Exclude);
        // What is there now may go again.
        lookedFor.ExceptWith(tables.Select(t => (t.Source.Id, t.Source.FullName)));
    }

    /// <exception cref="ReplicationProtocolException">No relation message came for the id.</exception>
    public Relation Find(uint relationId) => _relations.TryGetValue(relationId, out var relation)
        ? relation
        : throw new ReplicationProtocolException($"a change of relation {relationId} came before its relation message.", _options.Name);

    /// <summary>Takes in a relation message: adds or widens columns, or stops the table where its columns do not fit.</summary>
    /// <param name="lsn">The transaction that it came in.</param>
    /// <exception cref="SourceTablesChangedException">The table is new, or has another name than when the source was looked at.</exception>
    public async ValueTask LearnAsync(RelationMessage message, ulong lsn, CancellationToken ct)
    {
        if (_relations.TryGetValue(message.RelationId, out var known) && known.OnlyBefore == 0 && Same(known.Message, message)) return;
        _relations[message.RelationId] = await FitAsync(message, lsn, ct);
    }

    private async ValueTask<Relation> FitAsync(RelationMessage message, ulong lsn, CancellationToken ct)
    {
        if (Choose(message, lsn) is not { } chosen) return new Relation(message, null, null);
        var table = chosen.Bronze;
        if (table.StoppedReason is not null) return new Relation(message, table, null);
        if (message.Columns.Any(c => !_types.Knows(c.TypeId)))
        {
            _types.Learn(await _readTypes(ct));
            _types.Learn(message.Columns.Where(c => !_types.Knows(c.TypeId)).Select(c => new PostgresType(c.TypeId, "")));
        }
        var shape = TableShape.TryFit(
            [.. message.Columns.Select(c => (c.Name, c.TypeId, c.TypeModifier))], _types, table.Columns, chosen.Source.Key, out var misfit);
        // The table as it was before its snapshot: the snapshot has these changes in the shape of later, and another relation
        // message comes before the first change in that shape.
        if (lsn < table.SnapshotLsn && shape?.Bronze.SequenceEqual(table.Columns) != true) return new Relation(message, null, null) { OnlyBefore = table.SnapshotLsn };
        if (shape is null)
        {
            Stop(table, lsn, $"{misfit}. Its changes go to {BronzeNames.Stopped} as text until this is resolved: move {table.Name} aside (its history stays readable) and restart; the table then gets a new snapshot.");
            return new Relation(message, table, null);
        }
        table.Columns = shape.Bronze;
        return new Relation(message, table, shape);
    }

    /// <summary>The chosen table that the message is about, by its id: it is the same table under whatever name it had at the time.</summary>
    private ChosenTable? Choose(RelationMessage message, ulong lsn)
    {
        var name = $"{message.Schema}.{message.Name}";
        var chosen = _tables.FirstOrDefault(t => t.Source.Id == message.RelationId);
        if (chosen?.Source.FullName == name) return chosen;
        if (chosen is not null)
        {
            // Renamed since the source was looked at, or, where that still finds it under its name, renamed away and back.
            if (_lookedFor.Add((message.RelationId, name))) throw new SourceTablesChangedException(_options.Name, name);
            return chosen;
        }
        // An earlier table of the name; this one's snapshot came later.
        if (_tables.FirstOrDefault(t => t.Source.FullName == name) is { } namesake && lsn < namesake.Bronze.SnapshotLsn) return null;
        if (_patterns.Chooses(message.Schema, message.Name))
        {
            // Looked for before and not found: renamed or dropped since, so that its rows have nowhere to go.
            if (_lookedFor.Add((message.RelationId, name))) throw new SourceTablesChangedException(_options.Name, name);
            _observer.OnWarning($"source '{_options.Name}': changes of {name} are in the log, but the table is gone (dropped or renamed) and has no bronze table; they are left out.");
        }
        return null;
    }

    private void Stop(BronzeTable table, ulong lsn, string reason)
    {
        table.StoppedReason = reason;
        table.StoppedLsn = lsn;
        _stopped.Tell(table, _tables.Count(t => t.Bronze.StoppedReason is not null));
    }

    private static bool Same(RelationMessage a, RelationMessage b) =>
        a.Schema == b.Schema && a.Name == b.Name && a.Identity == b.Identity && a.Columns.SequenceEqual(b.Columns);
}
