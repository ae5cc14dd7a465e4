namespace Lakehouse.Ingestion.Service;

/// <summary>What a source is doing.</summary>
internal enum SourcePhase
{
    /// <summary>It was started and has not said anything yet.</summary>
    Starting,

    /// <summary>Its database or tables are not there yet, or another ingester reads it.</summary>
    Waiting,

    /// <summary>Tables are being copied.</summary>
    Snapshot,

    /// <summary>Changes come as they are committed.</summary>
    Streaming,

    /// <summary>The stream broke and is tried again.</summary>
    Reconnecting,

    /// <summary>It ended with an error that no retry mends.</summary>
    Failed,

    /// <summary>The service stops.</summary>
    Stopped,
}

/// <summary>A source at this moment.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Phase">What it is doing.</param>
/// <param name="Reason">Why it waits, reconnects or failed; null while all is well.</param>
/// <param name="Lsn">Every transaction of the source that ended by here is in bronze; null before the source is read.</param>
/// <param name="Batch">The last batch's number in <c>bronze._commits</c>.</param>
/// <param name="Batches">Batches committed by this process.</param>
/// <param name="Rows">Change rows committed by this process.</param>
/// <param name="LastCommittedAt">When the newest transaction in bronze committed at the source.</param>
/// <param name="VisibleAt">When the last batch became visible in bronze.</param>
/// <param name="LagBytes">Log that the slot holds back, when last measured.</param>
/// <param name="LagSeconds">Age of the newest change in bronze while changes wait, when last measured.</param>
/// <param name="Tables">Delta versions of the source's bronze tables after the last batch.</param>
/// <param name="Snapshots">How far tables are copied, while and after they are.</param>
/// <param name="StoppedTables">Tables whose changes go to <c>bronze._stopped</c>, with the reason.</param>
internal sealed record SourceStatus(
    string Name, SourcePhase Phase, string? Reason, string? Lsn, long? Batch, long Batches, long Rows,
    DateTimeOffset? LastCommittedAt, DateTimeOffset? VisibleAt, long? LagBytes, double? LagSeconds,
    IReadOnlyDictionary<string, long> Tables, IReadOnlyList<SnapshotStatus> Snapshots, IReadOnlyDictionary<string, string> StoppedTables);

/// <summary>How far a table's snapshot is.</summary>
/// <param name="Table">The source table.</param>
/// <param name="Rows">Rows copied.</param>
/// <param name="EstimatedRows">PostgreSQL's estimate of all; null when it has none.</param>
/// <param name="Completed">Whether it is committed to bronze.</param>
internal sealed record SnapshotStatus(string Table, long Rows, long? EstimatedRows, bool Completed);
