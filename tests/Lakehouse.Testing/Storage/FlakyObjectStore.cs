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
    private readonly Action<StoreCall>? _done;
    private long _calls;

    /// <summary>A store whose faults <paramref name="plan"/> decides, call by call.</summary>
    /// <param name="inner">What it wraps.</param>
    /// <param name="plan">Hears of every call before it is made, and says how it fails.</param>
    /// <param name="done">Hears of every write after its effect.</param>
    public FlakyObjectStore(IObjectStore inner, Func<StoreCall, Fault>? plan = null, Action<StoreCall>? done = null)
    {
        _inner = inner;
        _plan = plan ?? (_ => Fault.None);
        _done = done;
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
        (Fault fault, StoreCall call) = Begin("put", key, content is { CanSeek: true } ? content.Length - content.Position : 0);
        ObjectInfo info = await _inner.PutAsync(key, content, cancellationToken).ConfigureAwait(false);
        End(fault, call);
        return info;
    }

    /// <inheritdoc/>
    public async Task<bool> TryPutIfAbsentAsync(string key, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default)
    {
        (Fault fault, StoreCall call) = Begin("create", key, content.Length);
        bool created = await _inner.TryPutIfAbsentAsync(key, content, cancellationToken).ConfigureAwait(false);
        End(fault, call);
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
        (Fault fault, StoreCall call) = Begin("delete", key, 0);
        await _inner.DeleteAsync(key, cancellationToken).ConfigureAwait(false);
        End(fault, call);
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
    public async Task MakeDurableAsync(IReadOnlyCollection<string> keys, CancellationToken cancellationToken = default)
    {
        (Fault fault, StoreCall call) = Begin("sync", keys.FirstOrDefault() ?? "", 0);
        await _inner.MakeDurableAsync(keys, cancellationToken).ConfigureAwait(false);
        End(fault, call);
    }

    /// <inheritdoc/>
    public Task<int> DeleteUnfinishedAsync(string prefix, DateTimeOffset writtenBefore, CancellationToken cancellationToken = default) =>
        _inner.DeleteUnfinishedAsync(prefix, writtenBefore, cancellationToken);

    private void FailRead(string operation, string key)
    {
        if (_plan(Next(operation, key, 0)) != Fault.None) throw new StorageException(Name, key, $"Injected failure of {operation}");
    }

    private (Fault Fault, StoreCall Call) Begin(string operation, string key, long bytes)
    {
        StoreCall call = Next(operation, key, bytes);
        Fault fault = _plan(call);
        if (fault == Fault.Before) throw new StorageException(Name, key, $"Injected failure of {operation}");
        if (fault == Fault.BeforeUnknown) throw new UnknownOutcomeException(Name, key, $"Injected unknown outcome of {operation}");
        return (fault, call);
    }

    private void End(Fault fault, StoreCall call)
    {
        _done?.Invoke(call);
        if (fault == Fault.AfterUnknown) throw new UnknownOutcomeException(Name, call.Key, $"Injected unknown outcome of {call.Operation}");
    }

    private StoreCall Next(string operation, string key, long bytes) => new(Interlocked.Increment(ref _calls), operation, key, bytes);
}

/// <summary>A call to a store.</summary>
/// <param name="Number">Counted from 1.</param>
/// <param name="Operation">find, open, put, create, sync, list or delete.</param>
/// <param name="Key">The key, the first of several, or the prefix of a list.</param>
/// <param name="Bytes">How much a put or create is given to write, where that is known.</param>
public readonly record struct StoreCall(long Number, string Operation, string Key, long Bytes = 0)
{
    /// <summary>Whether it changes anything.</summary>
    public bool IsWrite => Operation is "put" or "create" or "sync" or "delete";
}
