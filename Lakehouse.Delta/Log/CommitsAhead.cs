namespace Lakehouse.Delta;

/// <summary>
/// Commits one after the other from a version on, until one is missing, for a reader who does not know how many there are. What is
/// asked for ahead grows with what was found, so that a store that takes long to answer is waited for a few times rather than once a
/// commit, and never asked for more absent commits than there were present ones.
/// </summary>
/// <param name="read">Reads a commit; null when it is not there.</param>
/// <param name="first">The version to begin with.</param>
/// <param name="atFirst">How many to ask for before anything is known, at least one.</param>
internal sealed class CommitsAhead(Func<long, Task<Commit?>> read, long first, int atFirst) : IAsyncDisposable
{
    private const int Most = 32;

    private readonly Queue<Task<Commit?>> _asked = new(Enumerable.Range(0, atFirst).Select(i => read(first + i)));
    private long _next = first + atFirst;
    private int _found;

    /// <summary>The next commit; null when there is none, and then for good.</summary>
    public async Task<Commit?> NextAsync()
    {
        while (_asked.Count < Math.Clamp(_found, 1, Most)) _asked.Enqueue(read(_next++));
        Commit? commit = await _asked.Peek().ConfigureAwait(false);
        if (commit is null) return null;
        _ = _asked.Dequeue();
        _found++;
        return commit;
    }

    /// <summary>Waits for what was asked for in vain.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (Task<Commit?> asked in _asked) await ((Task)asked).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
