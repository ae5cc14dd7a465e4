using Lakehouse.Engine;
using NpgsqlTypes;

namespace Lakehouse.Ingestion;

/// <summary>
/// Hears what an ingester does. Calls come from the ingester's own threads, one at a time per ingester except
/// <see cref="OnSnapshotProgress"/>; they should return at once and must not throw.
/// </summary>
public interface IIngestionObserver
{
    /// <summary>Rows of a table's snapshot were copied.</summary>
    void OnSnapshotProgress(SnapshotProgress progress) { }

    /// <summary>A batch, its tables and its row in <c>bronze._commits</c> are committed and visible.</summary>
    void OnBatchCommitted(BatchCommitted batch) { }

    /// <summary>
    /// A table stopped, or was found stopped when the ingester started; its changes go to <c>bronze._stopped</c>, other
    /// tables go on.
    /// </summary>
    void OnTableStopped(TableStopped stopped) { }

    /// <summary>How far the slot is behind the source; measured every few seconds while streaming.</summary>
    void OnLag(IngestionLag lag) { }

    /// <summary>Something a person should look at that does not stop the ingestion.</summary>
    void OnWarning(string message) { }

    /// <summary>The stream broke and is tried again after <paramref name="delay"/>.</summary>
    void OnReconnecting(Exception cause, TimeSpan delay) { }
}

/// <param name="Source">The source's name.</param>
/// <param name="Table">The source table, <c>schema.table</c>.</param>
/// <param name="Rows">Rows copied so far.</param>
/// <param name="EstimatedRows">PostgreSQL's estimate of the table's rows; null when it has none.</param>
/// <param name="Completed">Whether the table is committed to bronze.</param>
public sealed record SnapshotProgress(string Source, string Table, long Rows, long? EstimatedRows, bool Completed);

/// <summary>One committed batch: every source transaction in (<see cref="FromLsn"/>, <see cref="ToLsn"/>] is wholly in bronze.</summary>
/// <param name="Source">The source's name.</param>
/// <param name="Batch">The batch's number in <c>bronze._commits</c>.</param>
/// <param name="FromLsn">The position the batch began after.</param>
/// <param name="ToLsn">The end of the last transaction.</param>
/// <param name="Rows">Change rows.</param>
/// <param name="Tables">Every bronze table of the source with its Delta version after the batch.</param>
/// <param name="FirstCommittedAt">When the first transaction committed at the source; null for a batch without rows.</param>
/// <param name="LastCommittedAt">When the last transaction committed at the source.</param>
/// <param name="VisibleAt">When the batch became visible in bronze.</param>
public sealed record BatchCommitted(
    string Source, long Batch, NpgsqlLogSequenceNumber FromLsn, NpgsqlLogSequenceNumber ToLsn, long Rows,
    IReadOnlyDictionary<TableName, long> Tables,
    DateTimeOffset? FirstCommittedAt, DateTimeOffset? LastCommittedAt, DateTimeOffset VisibleAt);

/// <param name="Source">The source's name.</param>
/// <param name="Table">The source table, <c>schema.table</c>.</param>
/// <param name="Lsn">The commit LSN of the transaction that carried the first change that does not fit.</param>
/// <param name="Reason">What does not fit and what to do.</param>
public sealed record TableStopped(string Source, string Table, NpgsqlLogSequenceNumber Lsn, string Reason);

/// <param name="Source">The source's name.</param>
/// <param name="Bytes">Log bytes between the slot's confirmed position and the source's current end.</param>
/// <param name="Delay">Age of the newest change in bronze while changes wait; zero when there are none waiting.</param>
/// <param name="IsAlert">Whether <paramref name="Bytes"/> is above the configured alert.</param>
public sealed record IngestionLag(string Source, long Bytes, TimeSpan Delay, bool IsAlert);
