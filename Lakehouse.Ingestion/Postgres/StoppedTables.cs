using Lakehouse.Ingestion.Bronze;
using NpgsqlTypes;

namespace Lakehouse.Ingestion.Postgres;

/// <summary>Tells of stopped tables: those that stop, and once in an ingester's life those that it found stopped.</summary>
internal sealed class StoppedTables(PostgresSourceOptions options, IIngestionObserver observer)
{
    private readonly HashSet<string> _told = new(StringComparer.Ordinal);

    /// <summary>Tells of the tables that bronze holds as stopped when a session begins; a reconnect does not repeat them.</summary>
    public void TellLoaded(IReadOnlyList<BronzeTable> tables)
    {
        var stopped = tables.Where(t => t.StoppedReason is not null).ToList();
        // One that was moved aside goes on, and would be told of again if it stopped again.
        _told.IntersectWith(stopped.Select(t => t.SourceTable));
        Count(stopped.Count);
        foreach (var table in stopped.Where(t => !_told.Contains(t.SourceTable))) Tell(table, stopped.Count);
    }

    /// <param name="table">A table that stopped.</param>
    /// <param name="count">The source's stopped tables, with this one.</param>
    public void Tell(BronzeTable table, int count)
    {
        _told.Add(table.SourceTable);
        Count(count);
        observer.OnTableStopped(new TableStopped(options.Name, table.SourceTable, new NpgsqlLogSequenceNumber(table.StoppedLsn), table.StoppedReason ?? ""));
    }

    private void Count(int count) => Telemetry.StoppedTables.Record(count, new KeyValuePair<string, object?>("source", options.Name));
}
