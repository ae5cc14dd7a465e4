using System.Collections.Concurrent;
using Lakehouse.Delta;
using Lakehouse.Engine;

namespace Lakehouse.Transform;

/// <summary>
/// The version at which a run reads each table: bronze as pinned, the run's own outputs as it committed them, everything else as it
/// was when the run first read it. Every node of a run sees the same.
/// </summary>
internal sealed class RunVersions(Lake lake, PinnedBronze pins)
{
    private readonly ConcurrentDictionary<TableName, Task<Snapshot?>> _snapshots = new();

    /// <summary>The snapshot to read a node's table at.</summary>
    /// <param name="node">A stored model, a seed or a source.</param>
    /// <param name="atLeast">The version that the reader has taken in already: reading goes never back behind it.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <exception cref="TransformException">The table is not there, or its snapshot is not finished.</exception>
    public async Task<Snapshot> ReadAsync(ProjectNode node, long? atLeast, CancellationToken cancellationToken)
    {
        var name = Relations.Of(node)!.Value;
        var snapshot = await _snapshots.GetOrAdd(name, n => LoadAsync(n, cancellationToken)).ConfigureAwait(false) ?? throw Missing(node, name);
        return atLeast > snapshot.Version && await lake.Table(name).TrySnapshotAsync(cancellationToken).ConfigureAwait(false) is { } newer && newer.Version >= atLeast
            ? await lake.Table(name).SnapshotAsync(atLeast, cancellationToken).ConfigureAwait(false)
            : snapshot;
    }

    /// <summary>Tells what a node of this run committed.</summary>
    public void Committed(TableName name, Snapshot snapshot) => _snapshots[name] = Task.FromResult<Snapshot?>(snapshot);

    private async Task<Snapshot?> LoadAsync(TableName name, CancellationToken cancellationToken)
    {
        var table = lake.Table(name);
        var latest = await table.TrySnapshotAsync(cancellationToken).ConfigureAwait(false);
        if (latest is null || !string.Equals(name.Schema, BronzePins.Schema, StringComparison.OrdinalIgnoreCase))
            return latest;
        var snapshot = pins.Versions.TryGetValue(name, out var version) && version < latest.Version
            ? await table.SnapshotAsync(version, cancellationToken).ConfigureAwait(false)
            : latest;
        return SnapshotMark.IsAhead(name, snapshot, pins.Positions) ? throw Unfinished(name) : snapshot;
    }

    private static TransformException Unfinished(TableName name) => new(
        $"the snapshot of the source table {name} is not finished: bronze._commits does not tell of it yet. Run again when the ingester has taken it; until then everything built on the table stays as it is");

    private static TransformException Missing(ProjectNode node, TableName name) => new(node switch
    {
        SourceNode => $"the source table {name} is not in the lake; ingest it first, or correct its name in {node.File}",
        SeedNode => $"the seed {node.Name} is not loaded; load seeds first",
        _ => $"the table {name} of the model {node.Name} is not built yet; select it too, with '+' before the model that reads it",
    });
}
