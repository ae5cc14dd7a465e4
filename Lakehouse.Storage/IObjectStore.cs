using System.Runtime.CompilerServices;

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

    /// <summary>A whole small object with what the store tells of it, or null where none stands under the key: one request where the store can.</summary>
    async Task<ObjectContent?> TryReadAsync(string key, CancellationToken cancellationToken = default)
    {
        byte[]? content = await this.TryReadAllBytesAsync(key, cancellationToken).ConfigureAwait(false);
        if (content is null) return null;
        return await FindAsync(key, cancellationToken).ConfigureAwait(false) is { } info ? new ObjectContent(info, content) : null;
    }

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

    /// <summary>Deletes objects, in as few requests as the store needs. Absent ones are no error. When it fails, some may be gone.</summary>
    async Task DeleteAsync(IReadOnlyCollection<string> keys, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(keys);
        foreach (string key in keys) await DeleteAsync(key, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// The names directly below a prefix that is empty or ends with a slash, and below which objects are: folders, without their
    /// slashes, in ordinal order.
    /// </summary>
    async IAsyncEnumerable<string> ListFoldersAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        string? after = null;
        while (true)
        {
            string? folder = null;
            await foreach (ObjectInfo info in ListAsync(prefix, after, cancellationToken).ConfigureAwait(false))
            {
                after = info.Key;
                int slash = info.Key.IndexOf('/', prefix.Length);
                if (slash < 0) continue;
                folder = info.Key[prefix.Length..slash];
                break;
            }

            if (folder is null) yield break;
            yield return folder;
            // After everything that is below the folder.
            after = prefix + folder + "/\uffff";
        }
    }

    /// <summary>
    /// An object as a file that a native reader can open, until what is returned is disposed of. It is the object's own file where
    /// the store has one, and a copy otherwise; a store with a cache keeps copies of objects that do not change.
    /// </summary>
    /// <exception cref="ObjectNotFoundException">There is no such object.</exception>
    async Task<HeldFile> HoldFileAsync(string key, CancellationToken cancellationToken = default)
    {
        if (TryGetLocalPath(key, out string? path)) return new HeldFile(path);
        string folder = Directory.CreateTempSubdirectory("lakehouse-copy-").FullName;
        HeldFile copy = new(Path.Combine(folder, ObjectKey.FileNameOf(key)), () => Directory.Delete(folder, recursive: true));
        try
        {
            await DownloadAsync(key, copy.Path, cancellationToken).ConfigureAwait(false);
            return copy;
        }
        catch
        {
            copy.Dispose();
            throw;
        }
    }

    /// <summary>Copies an object into a new file.</summary>
    /// <returns>Its size.</returns>
    /// <exception cref="ObjectNotFoundException">There is no such object.</exception>
    async Task<long> DownloadAsync(string key, string path, CancellationToken cancellationToken = default)
    {
        await using Stream content = await OpenReadAsync(key, cancellationToken).ConfigureAwait(false);
        await using FileStream file = new(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
        await content.CopyToAsync(file, 128 * 1024, cancellationToken).ConfigureAwait(false);
        return file.Length;
    }

    /// <summary>
    /// A folder for files that <see cref="PutFileAsync"/> will put, on the disk where the store keeps its copies; null when any
    /// folder is as good.
    /// </summary>
    string? StagingFolder => null;

    /// <summary>
    /// Puts a file's bytes under a new key. A store with a cache keeps the file as its copy by a second name, so it must not be changed
    /// afterwards; it may be deleted.
    /// </summary>
    async Task PutFileAsync(string key, string path, CancellationToken cancellationToken = default)
    {
        await using FileStream content = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        await PutAsync(key, content, cancellationToken).ConfigureAwait(false);
    }

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

    /// <summary>
    /// Deletes what writers that died left half-written below a prefix that is empty or ends with a slash. It is no object, and in no
    /// list; a store that leaves nothing of the kind has nothing to do.
    /// </summary>
    /// <param name="prefix">Where.</param>
    /// <param name="writtenBefore">What is younger may be a writer's that is at work.</param>
    /// <param name="cancellationToken">Stops between two deletions.</param>
    /// <returns>How many files were deleted.</returns>
    Task<int> DeleteUnfinishedAsync(string prefix, DateTimeOffset writtenBefore, CancellationToken cancellationToken = default) => Task.FromResult(0);
}

/// <summary>What a store tells of an object without opening it.</summary>
/// <param name="Key">The object's key.</param>
/// <param name="Size">Its size in bytes.</param>
/// <param name="LastModified">When it was last written, by the store's clock (UTC).</param>
public readonly record struct ObjectInfo(string Key, long Size, DateTimeOffset LastModified)
{
    /// <summary>The store's mark of this very content (S3's ETag); null where it has none.</summary>
    public string? Tag { get; init; }
}

/// <summary>An object that was read whole.</summary>
/// <param name="Info">What the store tells of it.</param>
/// <param name="Bytes">Its content.</param>
public sealed record ObjectContent(ObjectInfo Info, byte[] Bytes);
