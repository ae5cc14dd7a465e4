using Lakehouse.Api.Sandbox;

namespace Lakehouse.Api.Sql;

/// <summary>
/// The results that wait for their next page. Bounded in number and in time: each holds a process, and readers forget.
/// </summary>
public sealed class OpenResults(SandboxOptions options, TimeProvider time) : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Entry> _entries = [];

    /// <summary>How many are open.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _entries.Count;
        }
    }

    /// <summary>Keeps a result for its reader, closing the one unread for longest where there are too many.</summary>
    public async Task AddAsync(OpenResult result)
    {
        List<OpenResult> closed = [];
        lock (_lock)
        {
            while (_entries.Count >= options.MaxOpenResults)
            {
                Entry oldest = _entries.Values.MinBy(entry => entry.LastUse)!;
                closed.Add(Take(oldest.Result.Id)!);
            }
            ITimer timer = time.CreateTimer(_ => _ = CloseAsync(result.Id), null, options.OpenResultLifetime, Timeout.InfiniteTimeSpan);
            _entries[result.Id] = new Entry(result, timer, time.GetTimestamp());
        }
        foreach (OpenResult old in closed)
            await DisposeInTurnAsync(old);
    }

    /// <summary>The result, its time begun anew; null when it was closed or never was.</summary>
    public OpenResult? Find(string id)
    {
        lock (_lock)
        {
            if (!_entries.TryGetValue(id, out Entry? entry))
                return null;
            entry.Timer.Change(options.OpenResultLifetime, Timeout.InfiniteTimeSpan);
            entry.LastUse = time.GetTimestamp();
            return entry.Result;
        }
    }

    /// <summary>Closes a result; false when there is none.</summary>
    public async Task<bool> CloseAsync(string id)
    {
        OpenResult? result;
        lock (_lock)
            result = Take(id);
        if (result is null)
            return false;
        await DisposeInTurnAsync(result);
        return true;
    }

    public async ValueTask DisposeAsync()
    {
        List<OpenResult> all;
        lock (_lock)
            all = [.. _entries.Keys.ToList().Select(id => Take(id)!)];
        foreach (OpenResult result in all)
            await result.DisposeAsync();
    }

    /// <summary>A page that is being read is finished first; it has its own time limit.</summary>
    private static async Task DisposeInTurnAsync(OpenResult result)
    {
        await result.Turn.WaitAsync();
        await result.DisposeAsync();
        result.Turn.Release();
    }

    private OpenResult? Take(string id)
    {
        if (!_entries.Remove(id, out Entry? entry))
            return null;
        entry.Timer.Dispose();
        return entry.Result;
    }

    private sealed class Entry(OpenResult result, ITimer timer, long lastUse)
    {
        public OpenResult Result => result;

        public ITimer Timer => timer;

        public long LastUse { get; set; } = lastUse;
    }
}
