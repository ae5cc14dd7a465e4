using Lakehouse.Storage;

namespace Lakehouse.Delta;

/// <summary>
/// The commits from a version on, one after the other until one is missing, for a reader who does not know how many there are. On a
/// disk each is read when it is asked for. In a bucket, where every answer takes its time, a reader that finds two in a row lists the
/// rest and reads it side by side: however far behind, it waits a few times, and asks for one commit at most that is not there.
/// </summary>
/// <param name="store">Where the table is.</param>
/// <param name="tablePath">The table's path.</param>
/// <param name="first">The version to begin with.</param>
/// <param name="atOnce">How many to ask for before anything is known, at least one.</param>
/// <param name="cancellationToken">Stops reading.</param>
internal sealed class CommitsAhead(IObjectStore store, string tablePath, long first, int atOnce, CancellationToken cancellationToken) : IAsyncDisposable
{
    private const int ListAfter = 2;
    private const int ReadsAtOnce = 32;

    private readonly bool _isRemote = !store.TryGetLocalPath(LogFiles.Commit(tablePath, first), out _);
    private readonly Queue<Task<Commit?>> _reads = new(Enumerable.Range(0, atOnce).Select(i => Commit.TryReadAsync(store, tablePath, first + i, cancellationToken)));
    private long _next = first + atOnce;
    private long? _end;

    /// <summary>The next commit; null when there is none, and then for good.</summary>
    public async Task<Commit?> NextAsync()
    {
        if (_reads.Count == 0)
        {
            if (_isRemote && _end is null && _next - first >= ListAfter) _end = await FindEndAsync().ConfigureAwait(false);
            if (_next >= _end) return null;
            for (long last = _end ?? _next + 1; _next < last && _reads.Count < ReadsAtOnce; _next++)
                _reads.Enqueue(Commit.TryReadAsync(store, tablePath, _next, cancellationToken));
        }

        Commit? commit = await _reads.Peek().ConfigureAwait(false);
        if (commit is not null) _ = _reads.Dequeue();
        return commit;
    }

    /// <summary>Waits for what was asked for in vain.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (Task<Commit?> read in _reads) await ((Task)read).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>The first version from the next on of which the log lists no commit.</summary>
    private async Task<long> FindEndAsync()
    {
        LogListing listing = await LogListing.ReadAsync(store, tablePath, _next, cancellationToken).ConfigureAwait(false);
        long end = _next;
        foreach (CommitFile commit in listing.Commits)
        {
            if (commit.Version != end) break;
            end++;
        }

        return end;
    }
}
