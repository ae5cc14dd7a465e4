using System.Diagnostics.CodeAnalysis;

namespace Lakehouse.Storage;

/// <summary>
/// Objects by their full addresses, <c>s3://bucket/key</c>, on the server where a store's own bucket is, with the same keys: what a table's
/// log names outside of the table. Of a store in a folder there are none.
/// </summary>
public sealed class NeighbourBuckets : IAsyncDisposable
{
    private static readonly string[] Schemes = ["s3://", "s3a://", "s3n://"];

    private readonly StoreAddress _home;
    private readonly IObjectStore _homeStore;
    private readonly Dictionary<string, IObjectStore> _opened = new(StringComparer.Ordinal);

    /// <summary>The neighbours of a store, which stays its owner's.</summary>
    public NeighbourBuckets(StoreAddress home, IObjectStore homeStore)
    {
        ArgumentNullException.ThrowIfNull(home);
        ArgumentNullException.ThrowIfNull(homeStore);
        (_home, _homeStore) = (home, homeStore);
    }

    /// <summary>Whether a text is the address of an object in a bucket, under any of the schemes that engines write.</summary>
    public static bool IsObject(string uri)
    {
        ArgumentNullException.ThrowIfNull(uri);
        return Array.Exists(Schemes, scheme => uri.StartsWith(scheme, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>The store that has an object, and its key there. Whether it exists is not asked.</summary>
    /// <param name="uri">The object's address, percent-encoded.</param>
    /// <param name="store">The store.</param>
    /// <param name="key">The key.</param>
    public bool TryFind(string uri, [NotNullWhen(true)] out IObjectStore? store, [NotNullWhen(true)] out string? key)
    {
        (store, key) = (null, null);
        if (_home.S3 is not { } s3 || !IsObject(uri)) return false;
        string[] parts = uri[(uri.IndexOf("://", StringComparison.Ordinal) + 3)..].Split('/', 2);
        if (parts.Length < 2) return false;
        string path = Uri.UnescapeDataString(parts[1]);
        if (ObjectKey.FindFault(path) is not null) return false;
        string prefix = s3.Prefix.Length == 0 ? "" : s3.Prefix + "/";
        if (parts[0] == s3.Bucket && path.StartsWith(prefix, StringComparison.Ordinal))
        {
            (store, key) = (_homeStore, path[prefix.Length..]);
            return true;
        }

        lock (_opened)
        {
            if (!_opened.TryGetValue(parts[0], out store)) _opened[parts[0]] = store = new CachedObjectStore(new S3ObjectStore(s3 with { Bucket = parts[0], Prefix = "" }), _home.Cache!);
        }

        key = path;
        return true;
    }

    /// <summary>The full address of an object of the own store, not encoded; null where the store is a folder.</summary>
    public string? AddressOf(string key) => _home.S3 is { } s3 ? $"s3://{s3.Bucket}/{(s3.Prefix.Length == 0 ? "" : s3.Prefix + "/")}{key}" : null;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (IAsyncDisposable store in _opened.Values.OfType<IAsyncDisposable>()) await store.DisposeAsync().ConfigureAwait(false);
    }
}
