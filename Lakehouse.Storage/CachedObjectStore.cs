using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;
using Lakehouse.Storage.Cache;

namespace Lakehouse.Storage;

/// <summary>
/// A store with copies of its objects on this machine's disk, where native readers can open them. An object whose name holds a UUID
/// is written once, so its copy is good as long as it lies there; of any other the store is asked before each use whether the copy is of
/// its present content. What is small and changes (commits, pointers) is not copied at all.
/// </summary>
public sealed partial class CachedObjectStore : IObjectStore, IAsyncDisposable
{
    private readonly IObjectStore _inner;
    private readonly DiskCache _cache;
    private bool _isDisposed;

    /// <summary>A store over another, which it owns.</summary>
    /// <exception cref="StorageException">The cache's folder cannot be used.</exception>
    public CachedObjectStore(IObjectStore inner, DiskCacheOptions options)
    {
        ArgumentNullException.ThrowIfNull(inner);
        ArgumentNullException.ThrowIfNull(options);
        _inner = inner;
        _cache = new DiskCache(options);
    }

    /// <inheritdoc/>
    public string Name => _inner.Name;

    /// <inheritdoc/>
    public string StagingFolder => _cache.StagingFolder;

    /// <inheritdoc/>
    public ValueTask<ObjectInfo?> FindAsync(string key, CancellationToken cancellationToken = default) => _inner.FindAsync(key, cancellationToken);

    /// <inheritdoc/>
    public async Task<Stream> OpenReadAsync(string key, CancellationToken cancellationToken = default) =>
        IsWrittenOnce(key) ? new HeldFileStream(await HoldFileAsync(key, cancellationToken).ConfigureAwait(false)) : await _inner.OpenReadAsync(key, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async Task<Stream> OpenReadAsync(string key, long offset, long length, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        if (!IsWrittenOnce(key)) return await _inner.OpenReadAsync(key, offset, length, cancellationToken).ConfigureAwait(false);
        HeldFileStream file = new(await HoldFileAsync(key, cancellationToken).ConfigureAwait(false)) { Position = offset };
        return new BoundedReadStream(file, length);
    }

    /// <inheritdoc/>
    public Task<ObjectContent?> TryReadAsync(string key, CancellationToken cancellationToken = default) => _inner.TryReadAsync(key, cancellationToken);

    /// <inheritdoc/>
    public Task<ObjectInfo> PutAsync(string key, Stream content, CancellationToken cancellationToken = default)
    {
        _cache.Forget(Name, key);
        return _inner.PutAsync(key, content, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task PutFileAsync(string key, string path, CancellationToken cancellationToken = default)
    {
        await _inner.PutFileAsync(key, path, cancellationToken).ConfigureAwait(false);
        if (IsWrittenOnce(key)) _cache.Adopt(Name, key, path);
    }

    /// <inheritdoc/>
    public Task<bool> TryPutIfAbsentAsync(string key, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default) =>
        _inner.TryPutIfAbsentAsync(key, content, cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<ObjectInfo> ListAsync(string prefix, string? startAfter = null, CancellationToken cancellationToken = default) =>
        _inner.ListAsync(prefix, startAfter, cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<string> ListFoldersAsync(string prefix, CancellationToken cancellationToken = default) => _inner.ListFoldersAsync(prefix, cancellationToken);

    /// <inheritdoc/>
    public async Task DeleteAsync(string key, CancellationToken cancellationToken = default)
    {
        await _inner.DeleteAsync(key, cancellationToken).ConfigureAwait(false);
        _cache.Forget(Name, key);
    }

    /// <inheritdoc/>
    public async Task DeleteAsync(IReadOnlyCollection<string> keys, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(keys);
        await _inner.DeleteAsync(keys, cancellationToken).ConfigureAwait(false);
        foreach (string key in keys) _cache.Forget(Name, key);
    }

    /// <inheritdoc/>
    public async Task<HeldFile> HoldFileAsync(string key, CancellationToken cancellationToken = default)
    {
        ObjectKey.Validate(Name, key);
        string? tag = null;
        if (!IsWrittenOnce(key))
        {
            ObjectInfo info = await _inner.FindAsync(key, cancellationToken).ConfigureAwait(false) ?? throw new ObjectNotFoundException(Name, key);
            tag = info.Tag ?? FormattableString.Invariant($"{info.Size} {info.LastModified.Ticks}");
        }

        return await _cache.HoldAsync(Name, key, tag, (path, token) => _inner.DownloadAsync(key, path, token), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public Task<long> DownloadAsync(string key, string path, CancellationToken cancellationToken = default) => _inner.DownloadAsync(key, path, cancellationToken);

    /// <inheritdoc/>
    public bool TryGetLocalPath(string key, [NotNullWhen(true)] out string? path)
    {
        ObjectKey.Validate(Name, key);
        path = null;
        return false;
    }

    /// <summary>Lets go of the copies, and closes the store behind.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, true)) return;
        await _cache.DisposeAsync().ConfigureAwait(false);
        if (_inner is IAsyncDisposable inner) await inner.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Whether the name holds a UUID, with dashes or without: every engine names data files and deletion vectors so.</summary>
    internal static bool IsWrittenOnce(string key) => Uuid().IsMatch(key.AsSpan(key.LastIndexOf('/') + 1));

    [GeneratedRegex("[0-9a-f]{8}(-?)[0-9a-f]{4}\\1[0-9a-f]{4}\\1[0-9a-f]{4}\\1[0-9a-f]{12}", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Uuid();

    /// <summary>A copy, open; it is let go when the stream is closed.</summary>
    private sealed class HeldFileStream(HeldFile file) : FileStream(file.Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0)
    {
        protected override void Dispose(bool disposing)
        {
            base.Dispose(disposing);
            file.Dispose();
        }

        public override async ValueTask DisposeAsync()
        {
            await base.DisposeAsync().ConfigureAwait(false);
            file.Dispose();
        }
    }
}
