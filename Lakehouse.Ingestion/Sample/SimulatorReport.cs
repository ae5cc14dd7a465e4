using NpgsqlTypes;

namespace Lakehouse.Ingestion.Sample;

/// <summary>How far a simulation has come.</summary>
/// <param name="Changes">Row changes committed.</param>
/// <param name="Transactions">Transactions committed.</param>
/// <param name="Elapsed">Time since the start.</param>
public readonly record struct SimulatorProgress(long Changes, long Transactions, TimeSpan Elapsed);

/// <summary>A transaction by which freshness is measured.</summary>
/// <param name="CommittedAt">The server's clock right before the commit.</param>
/// <param name="Lsn">
/// The position right before the commit record: a reader has the transaction once it has read a transaction that
/// <em>ends</em> at or after this position, and not before.
/// </param>
public readonly record struct SimulatorSample(DateTimeOffset CommittedAt, NpgsqlLogSequenceNumber Lsn);

/// <summary>What a simulation did.</summary>
public sealed record SimulatorReport
{
    /// <summary>Row changes committed.</summary>
    public required long Changes { get; init; }

    /// <summary>Row changes committed, by table (schema.table).</summary>
    public required IReadOnlyDictionary<string, long> ChangesByTable { get; init; }

    /// <summary>Transactions committed, schema changes not counted.</summary>
    public required long Transactions { get; init; }

    /// <summary>The schema changes made, as SQL.</summary>
    public required IReadOnlyList<string> SchemaChanges { get; init; }

    /// <summary>A position after the end of the last commit: everything the simulation did lies before it.</summary>
    public required NpgsqlLogSequenceNumber LastLsn { get; init; }

    /// <summary>Transactions to measure freshness by, in commit order; at most one per 10 ms.</summary>
    public required IReadOnlyList<SimulatorSample> Samples { get; init; }

    /// <summary>How long it ran.</summary>
    public required TimeSpan Elapsed { get; init; }
}
