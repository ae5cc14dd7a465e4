namespace Lakehouse.Delta.Iceberg;

/// <summary>
/// One table's metadata is written by one task at a time. Versions that come while one is being written wait together: the newest makes
/// up for all, so a table that is committed to faster than its metadata can be written does not pile up work.
/// </summary>
internal sealed class IcebergTurns(Func<Snapshot, Task> writeAsync)
{
    private readonly Lock _lock = new();
    private Task _running = Task.CompletedTask;
    private Task? _waiting;
    private Snapshot? _newest;

    /// <summary>Ends when the metadata shows the version or a later one, or could not be written. It never faults if <c>writeAsync</c> does not.</summary>
    public Task RunAsync(Snapshot snapshot)
    {
        lock (_lock)
        {
            if (_newest is null || _newest.Version < snapshot.Version) _newest = snapshot;
            return _waiting ??= _running = NextAsync(_running);
        }
    }

    /// <summary>Ends when nothing is being written.</summary>
    public Task IdleAsync()
    {
        lock (_lock) return _running;
    }

    private async Task NextAsync(Task before)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        Snapshot snapshot;
        lock (_lock)
        {
            snapshot = _newest!;
            _newest = null;
            _waiting = null;
        }

        await writeAsync(snapshot).ConfigureAwait(false);
    }
}
