using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Lakehouse.Storage;

namespace Lakehouse.Testing;

/// <summary>How a call to a <see cref="FlakyObjectStore"/> fails.</summary>
public enum Fault
{
    /// <summary>It does not.</summary>
    None,

    /// <summary>Nothing happens, and the store says that it failed.</summary>
    Before,

    /// <summary>It happens, and the store says that it does not know.</summary>
    AfterUnknown,

    /// <summary>Nothing happens, and the store says that it does not know.</summary>
    BeforeUnknown,
}

/// <summary>
/// A store that fails on demand: at chosen calls, or at random from a seed. Without faults it is the store it wraps. Reads fail
/// before they begin, whatever the fault; a fault of unknown outcome is one of writes.
/// </summary>
public sealed class FlakyObjectStore : IObjectStore
{
    private readonly IObjectStore _inner;
    private readonly Func<StoreCall, Fault> _plan;
    private long _calls;

    /// <summary>A store whose faults <paramref name="plan"/> decides, call by call.</summary>
    public FlakyObjectStore(IObjectStore inner, Func<StoreCall, Fault>? plan = null)
    {
        _inner = inner;
        _plan = plan ?? (_ => Fault.None);
    }

    /// <summary>Calls so far.</summary>
    public long Calls => Interlocked.Read(ref _calls);

    /// <inheritdoc/>
    public string Name => $"flaky {_inner.Name}";

    /// <summary>A plan that fails a fraction of all calls, each kind of fault as often.</summary>
    /// <param name="seed">Repeats the faults, when calls come in the same order.</param>
    /// <param name="fraction">How many calls of a hundred percent fail, 0 to 1.</param>
    public static Func<StoreCall, Fault> Randomly(int seed, double fraction)
    {
        Random random = new(seed);
        return _ =>
        {
            lock (random) return random.NextDouble() < fraction ? (Fault)random.Next(1, 4) : Fault.None;
        };
    }

    /// <inheritdoc/>
    public async ValueTask<ObjectInfo?> FindAsync(string key, CancellationToken cancellationToken = default)
    {
        FailRead("find", key);
        return await _inner.FindAsync(key, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<Stream> OpenReadAsync(string key, CancellationToken cancellationToken = default)
    {
        FailRead("open", key);
        return await _inner.OpenReadAsync(key, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<Stream> OpenReadAsync(string key, long offset, long length, CancellationToken cancellationToken = default)
    {
        FailRead("open", key);
        return await _inner.OpenReadAsync(key, offset, length, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<ObjectInfo> PutAsync(string key, Stream content, CancellationToken cancellationToken = default)
    {
        Fault fault = Begin("put", key);
        ObjectInfo info = await _inner.PutAsync(key, content, cancellationToken).ConfigureAwait(false);
        End(fault, "put", key);
        return info;
    }

    /// <inheritdoc/>
    public async Task<bool> TryPutIfAbsentAsync(string key, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default)
    {
        Fault fault = Begin("create", key);
        bool created = await _inner.TryPutIfAbsentAsync(key, content, cancellationToken).ConfigureAwait(false);
        End(fault, "create", key);
        return created;
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ObjectInfo> ListAsync(string prefix, string? startAfter = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        FailRead("list", prefix);
        await foreach (ObjectInfo info in _inner.ListAsync(prefix, startAfter, cancellationToken).ConfigureAwait(false)) yield return info;
    }

    /// <inheritdoc/>
    public async Task DeleteAsync(string key, CancellationToken cancellationToken = default)
    {
        Fault fault = Begin("delete", key);
        await _inner.DeleteAsync(key, cancellationToken).ConfigureAwait(false);
        End(fault, "delete", key);
    }

    /// <inheritdoc/>
    public bool TryGetLocalPath(string key, [NotNullWhen(true)] out string? path) => _inner.TryGetLocalPath(key, out path);

    /// <inheritdoc/>
    public string? StagingFolder => _inner.StagingFolder;

    /// <inheritdoc/>
    public async Task<HeldFile> HoldFileAsync(string key, CancellationToken cancellationToken = default)
    {
        FailRead("open", key);
        return await _inner.HoldFileAsync(key, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public Task MakeDurableAsync(IReadOnlyCollection<string> keys, CancellationToken cancellationToken = default) =>
        _inner.MakeDurableAsync(keys, cancellationToken);

    private void FailRead(string operation, string key)
    {
        if (Next(operation, key) != Fault.None) throw new StorageException(Name, key, $"Injected failure of {operation}");
    }

    private Fault Begin(string operation, string key)
    {
        Fault fault = Next(operation, key);
        if (fault == Fault.Before) throw new StorageException(Name, key, $"Injected failure of {operation}");
        if (fault == Fault.BeforeUnknown) throw new UnknownOutcomeException(Name, key, $"Injected unknown outcome of {operation}");
        return fault;
    }

    private void End(Fault fault, string operation, string key)
    {
        if (fault == Fault.AfterUnknown) throw new UnknownOutcomeException(Name, key, $"Injected unknown outcome of {operation}");
    }

    private Fault Next(string operation, string key) => _plan(new StoreCall(Interlocked.Increment(ref _calls), operation, key));
}

/// <summary>A call to a store.</summary>
/// <param name="Number">Counted from 1.</param>
/// <param name="Operation">find, open, put, create, list or delete.</param>
/// <param name="Key">The key, or the prefix of a list.</param>
public readonly record struct StoreCall(long Number, string Operation, string Key);
