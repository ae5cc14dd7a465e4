using Lakehouse.Storage;

namespace Lakehouse.Delta;

/// <summary>
/// Checkpoint files, which are Parquet: the one thing the protocol core leaves to an engine (PROTOCOL.md, "Checkpoint Schema").
/// </summary>
public interface ICheckpointCodec
{
    /// <summary>The actions of a checkpoint file, or of one of its parts, in any order. Unknown columns are skipped.</summary>
    IAsyncEnumerable<DeltaAction> ReadAsync(IObjectStore store, string key, CancellationToken cancellationToken);

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
