using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Lakehouse.Storage;

namespace Lakehouse.Testing;

/// <summary>
/// Objects in memory, for tests that make thousands of tables. Every call is done when it returns, so that what waits for it goes on
/// on the same thread: with a scheduler in front the order of everything is a matter of its choice alone.
/// </summary>
public sealed class MemoryObjectStore(TimeProvider? time = null) : IObjectStore
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, (byte[] Content, DateTimeOffset Written)> _objects = new(StringComparer.Ordinal);
    private readonly TimeProvider _time = time ?? TimeProvider.System;

    /// <inheritdoc/>
    public string Name => "memory";

    /// <summary>The keys of all objects, in ordinal order.</summary>
    public IReadOnlyList<string> Keys
    {
        get
        {
            lock (_lock) return [.. _objects.Keys];
        }
    }

    /// <summary>Puts an object, or replaces it.</summary>
    public void Set(string key, byte[] content)
    {
        ObjectKey.Validate(Name, key);
        lock (_lock) _objects[key] = (content, _time.GetUtcNow());
    }

    /// <summary>An object's bytes; null when there is none.</summary>
    public byte[]? Get(string key)
    {
        lock (_lock) return _objects.TryGetValue(key, out (byte[] Content, DateTimeOffset Written) found) ? found.Content : null;
    }

    /// <inheritdoc/>
    public ValueTask<ObjectInfo?> FindAsync(string key, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ObjectKey.Validate(Name, key);
        lock (_lock) return ValueTask.FromResult<ObjectInfo?>(_objects.TryGetValue(key, out (byte[] Content, DateTimeOffset Written) found) ? Info(key, found) : null);
    }

    /// <inheritdoc/>
    public Task<Stream> OpenReadAsync(string key, CancellationToken cancellationToken = default) => OpenReadAsync(key, 0, long.MaxValue, cancellationToken);

    /// <inheritdoc/>
    public Task<Stream> OpenReadAsync(string key, long offset, long length, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ObjectKey.Validate(Name, key);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        byte[] content = Get(key) ?? throw new ObjectNotFoundException(Name, key);
        int first = (int)Math.Min(offset, content.Length);
        return Task.FromResult<Stream>(new MemoryStream(content, first, (int)Math.Min(length, content.Length - first), writable: false));
    }

    /// <inheritdoc/>
    public async Task<ObjectInfo> PutAsync(string key, Stream content, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(content);
        ObjectKey.Validate(Name, key);
        using MemoryStream copy = new();
        await content.CopyToAsync(copy, cancellationToken).ConfigureAwait(false);
        Set(key, copy.ToArray());
        return (await FindAsync(key, cancellationToken).ConfigureAwait(false))!.Value;
    }

    /// <inheritdoc/>
    public Task<bool> TryPutIfAbsentAsync(string key, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ObjectKey.Validate(Name, key);
        lock (_lock) return Task.FromResult(_objects.TryAdd(key, (content.ToArray(), _time.GetUtcNow())));
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ObjectInfo> ListAsync(string prefix, string? startAfter = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ObjectKey.ValidatePrefix(Name, prefix);
        List<ObjectInfo> found = [];
        lock (_lock)
        {
            foreach ((string key, (byte[] Content, DateTimeOffset Written) value) in _objects)
            {
                if (key.StartsWith(prefix, StringComparison.Ordinal) && (startAfter is null || string.CompareOrdinal(key, startAfter) > 0)) found.Add(Info(key, value));
            }
        }

        await Task.CompletedTask.ConfigureAwait(false);
        foreach (ObjectInfo info in found)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return info;
        }
    }

    /// <inheritdoc/>
    public Task DeleteAsync(string key, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ObjectKey.Validate(Name, key);
        lock (_lock) _objects.Remove(key);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public bool TryGetLocalPath(string key, [NotNullWhen(true)] out string? path)
    {
        path = null;
        return false;
    }

    private static ObjectInfo Info(string key, (byte[] Content, DateTimeOffset Written) found) => new(key, found.Content.Length, found.Written);
}
