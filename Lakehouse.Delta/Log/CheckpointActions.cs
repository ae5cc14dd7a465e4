using System.Collections;

namespace Lakehouse.Delta;

/// <summary>The rows of a checkpoint (PROTOCOL.md, "Checkpoints"): a snapshot's state without expired tombstones.</summary>
internal sealed class CheckpointActions : IReadOnlyCollection<DeltaAction>
{
    private readonly Snapshot _snapshot;
    private readonly RemoveFile[] _tombstones;

    /// <param name="snapshot">The snapshot.</param>
    /// <param name="keepAfter">Tombstones of this time and before have expired.</param>
    public CheckpointActions(Snapshot snapshot, DateTimeOffset keepAfter)
    {
        _snapshot = snapshot;
        long expired = keepAfter.ToUnixTimeMilliseconds();
        _tombstones = [.. snapshot.State.Tombstones.Where(tombstone => (tombstone.DeletionTimestamp ?? 0) > expired)];
    }

    /// <inheritdoc/>
    public int Count => 2 + _snapshot.State.Transactions.Count + _snapshot.State.Domains.Count + _snapshot.Files.Count + _tombstones.Length;

    /// <inheritdoc/>
    public IEnumerator<DeltaAction> GetEnumerator()
    {
        yield return _snapshot.Protocol;
        yield return _snapshot.Metadata;
        foreach (SetTransaction transaction in _snapshot.State.Transactions.Values.OrderBy(transaction => transaction.ApplicationId, StringComparer.Ordinal)) yield return transaction;
        foreach (DomainMetadata domain in _snapshot.State.Domains.Values.OrderBy(domain => domain.Domain, StringComparer.Ordinal)) yield return domain;

        // A checkpoint repeats what happened before: none of it is a change of data.
        foreach (AddFile add in _snapshot.Files) yield return add.DataChange ? add with { DataChange = false } : add;
        foreach (RemoveFile remove in _tombstones) yield return remove.DataChange ? remove with { DataChange = false } : remove;
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
