namespace Lakehouse.Storage;

/// <summary>
/// A flat space of immutable-by-convention objects named by keys: one folder on disk, or one bucket.
/// Keys use <c>/</c>, have no leading slash and never climb out (<see cref="ObjectKey"/>). All members are safe for concurrent use.
/// </summary>
/// <remarks>
/// Failures are <see cref="StorageException"/>s that name the store and the key. A write that fails with
/// <see cref="UnknownOutcomeException"/> may or may not have happened: read back before trying again. Any other
/// <see cref="StorageException"/> from a write means that nothing became visible under the key.
/// </remarks>
public interface IObjectStore
{
    /// <summary>What messages call this store. Holds no secrets.</summary>
    string Name { get; }

    /// <summary>Size and time of an object, or null when no object stands under <paramref name="key"/>.</summary>
    ValueTask<ObjectInfo?> FindAsync(string key, CancellationToken cancellationToken = default);

    /// <summary>Opens an object from its beginning. The caller disposes of the stream.</summary>
    /// <exception cref="ObjectNotFoundException">There is no such object.</exception>
    Task<Stream> OpenReadAsync(string key, CancellationToken cancellationToken = default);

    /// <summary>
    /// Opens <paramref name="length"/> bytes from <paramref name="offset"/> on. A range that reaches past the end gives the
    /// bytes there are, possibly none.
    /// </summary>
    /// <exception cref="ObjectNotFoundException">There is no such object.</exception>
    Task<Stream> OpenReadAsync(string key, long offset, long length, CancellationToken cancellationToken = default);

    /// <summary>
    /// Writes an object, replacing what stood there. Readers see the old object or the whole new one, and the new one
    /// survives a power cut once this returns.
    /// </summary>
    Task<ObjectInfo> PutAsync(string key, Stream content, CancellationToken cancellationToken = default);

    /// <summary>
    /// Writes an object unless one stands under the key already: of any number of racing callers exactly one gets true.
    /// </summary>
    /// <returns>
    /// True when this call created the object, which is then whole and durable. False when another object stands there;
    /// nothing was changed.
    /// </returns>
    /// <exception cref="UnknownOutcomeException">The object may stand there now, or not.</exception>
    Task<bool> TryPutIfAbsentAsync(string key, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default);

    /// <summary>
    /// The objects whose keys begin with <paramref name="prefix"/> (a string prefix: it need not end at a slash), however
    /// deep, in ordinal order of their keys. Objects written or deleted meanwhile may be in the list or not.
    /// </summary>
    /// <param name="prefix">May be empty.</param>
    /// <param name="startAfter">Only keys that come after this one. It need not exist.</param>
    /// <param name="cancellationToken">Stops the listing.</param>
    IAsyncEnumerable<ObjectInfo> ListAsync(string prefix, string? startAfter = null, CancellationToken cancellationToken = default);

    /// <summary>Deletes an object. An absent object is no error.</summary>
    Task DeleteAsync(string key, CancellationToken cancellationToken = default);

    /// <summary>
    /// The path of a file that stands for <paramref name="key"/>, where the store has one: a native reader may open it, and a
    /// native writer may create it (its folder may have to be created first). Such a file counts as an object at once, but is
    /// durable only after <see cref="MakeDurableAsync"/>.
    /// </summary>
    bool TryGetLocalPath(string key, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out string? path);

    /// <summary>
    /// Makes objects that were written as files (<see cref="TryGetLocalPath"/>) survive a power cut. Objects that were put
    /// are durable already.
    /// </summary>
    /// <exception cref="ObjectNotFoundException">One of them does not exist.</exception>
    Task MakeDurableAsync(IReadOnlyCollection<string> keys, CancellationToken cancellationToken = default) => Task.CompletedTask;
}

/// <summary>What a store tells of an object without opening it.</summary>
/// <param name="Key">The object's key.</param>
/// <param name="Size">Its size in bytes.</param>
/// <param name="LastModified">When it was last written, by the store's clock (UTC).</param>
public readonly record struct ObjectInfo(string Key, long Size, DateTimeOffset LastModified);
