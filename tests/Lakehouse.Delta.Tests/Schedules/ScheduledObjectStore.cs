using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Lakehouse.Storage;

namespace Lakehouse.Delta.Tests.Schedules;

/// <summary>One writer's view of the store: every call waits for the scheduler, and has the fate that it gives.</summary>
internal sealed class ScheduledObjectStore(IObjectStore inner, Scheduler scheduler, int writer) : IObjectStore
{
    public string Name => inner.Name;

    public async ValueTask<ObjectInfo?> FindAsync(string key, CancellationToken cancellationToken = default)
    {
        await ReadAsync("find", key).ConfigureAwait(false);
        return await inner.FindAsync(key, cancellationToken).ConfigureAwait(false);
    }

    public async Task<Stream> OpenReadAsync(string key, CancellationToken cancellationToken = default)
    {
        await ReadAsync("open", key).ConfigureAwait(false);
        return await inner.OpenReadAsync(key, cancellationToken).ConfigureAwait(false);
    }

    public async Task<Stream> OpenReadAsync(string key, long offset, long length, CancellationToken cancellationToken = default)
    {
        await ReadAsync("open", key).ConfigureAwait(false);
        return await inner.OpenReadAsync(key, offset, length, cancellationToken).ConfigureAwait(false);
    }

    public Task<ObjectInfo> PutAsync(string key, Stream content, CancellationToken cancellationToken = default) =>
        WriteAsync("put", key, () => inner.PutAsync(key, content, cancellationToken));

    public Task<bool> TryPutIfAbsentAsync(string key, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default) =>
        WriteAsync("create", key, () => inner.TryPutIfAbsentAsync(key, content, cancellationToken));

    public async IAsyncEnumerable<ObjectInfo> ListAsync(string prefix, string? startAfter = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await ReadAsync("list", prefix).ConfigureAwait(false);
        await foreach (ObjectInfo info in inner.ListAsync(prefix, startAfter, cancellationToken).ConfigureAwait(false)) yield return info;
    }

    public Task DeleteAsync(string key, CancellationToken cancellationToken = default) =>
        WriteAsync("delete", key, async () =>
        {
            await inner.DeleteAsync(key, cancellationToken).ConfigureAwait(false);
            return true;
        });

    public bool TryGetLocalPath(string key, [NotNullWhen(true)] out string? path) => inner.TryGetLocalPath(key, out path);

    private async Task ReadAsync(string operation, string key)
    {
        Fate fate = await scheduler.AskAsync(writer, $"{operation} {key}").ConfigureAwait(false);
        if (fate == Fate.DiesAfter) await scheduler.DieAsync<bool>(writer).ConfigureAwait(false);
        if (fate != Fate.Done) throw new StorageException(Name, key, $"The schedule fails {operation}");
    }

    private async Task<T> WriteAsync<T>(string operation, string key, Func<Task<T>> write)
    {
        Fate fate = await scheduler.AskAsync(writer, $"{operation} {key}").ConfigureAwait(false);
        if (fate == Fate.Fails) throw new StorageException(Name, key, $"The schedule fails {operation}");
        if (fate == Fate.LostBefore) throw new UnknownOutcomeException(Name, key, $"The schedule loses {operation} before its effect");
        T result = await write().ConfigureAwait(false);
        if (fate == Fate.DiesAfter) await scheduler.DieAsync<bool>(writer).ConfigureAwait(false);
        if (fate == Fate.LostAfter) throw new UnknownOutcomeException(Name, key, $"The schedule loses the answer of {operation}");
        return result;
    }
}
