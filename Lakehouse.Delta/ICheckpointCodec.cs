using Lakehouse.Storage;

namespace Lakehouse.Delta;

/// <summary>
/// Checkpoint files, which are Parquet: the one thing the protocol core leaves to an engine (PROTOCOL.md, "Checkpoint Schema").
/// </summary>
public interface ICheckpointCodec
{
    /// <summary>Hands over what a checkpoint file, or one of its parts, holds. Unknown columns are skipped.</summary>
    /// <param name="store">The table's store.</param>
    /// <param name="key">The file.</param>
    /// <param name="rows">Takes the rows, from one thread.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="CorruptLogException">The file cannot be read.</exception>
    Task ReadAsync(IObjectStore store, string key, CheckpointRows rows, CancellationToken cancellationToken);

    /// <summary>
    /// Writes a single-part checkpoint. It becomes visible under its key only when it is whole, and replaces one that stands there.
    /// </summary>
    /// <param name="store">The table's store.</param>
    /// <param name="key">Where the file goes.</param>
    /// <param name="actions">Its rows. May be enumerated more than once.</param>
    /// <param name="schema">The table's schema.</param>
    /// <param name="cancellationToken">Gives up; nothing becomes visible.</param>
    /// <returns>The file's size in bytes.</returns>
    Task<long> WriteAsync(IObjectStore store, string key, IReadOnlyCollection<DeltaAction> actions, StructType schema, CancellationToken cancellationToken);
}
