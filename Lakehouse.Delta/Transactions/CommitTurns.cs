namespace Lakehouse.Delta;

/// <summary>
/// The commits that one process makes to one table go one after the other: each would otherwise lose its version to the next, and
/// write the store a commit in vain. What one has made the next one follows without reading it back. Other processes have no part in
/// this; against them the store decides.
/// </summary>
/// <param name="patience">How long a commit waits for its turn. Turns save work and are needed for nothing, so one that takes longer is not waited for.</param>
internal sealed class CommitTurns(TimeSpan patience)
{
    /// <summary>How many commits are remembered, and up to how many actions each: enough for those that wait, little to hold.</summary>
    private const int Remembered = 32, ActionsRemembered = 256;

    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly Lock _lock = new();
    private readonly List<(string TableId, Commit Commit, long Number)> _made = [];
    private long _number;

    /// <summary>Grows with every commit: what a look at the log must show at least is what was made before it began.</summary>
    public long Number
    {
        get
        {
            lock (_lock) return _number;
        }
    }

    /// <summary>Waits for a turn, which ends when it is disposed of.</summary>
    public async Task<Turn> TakeAsync(CancellationToken cancellationToken) =>
        new(await _turn.WaitAsync(patience, cancellationToken).ConfigureAwait(false) ? _turn : null);

    /// <summary>Remembers a commit of this process.</summary>
    /// <param name="tableId">The table's id: one that was made anew under the same path has another.</param>
    /// <param name="commit">What stands in the log.</param>
    public void Made(string tableId, Commit commit)
    {
        if (commit.Actions.Count > ActionsRemembered) return;
        lock (_lock)
        {
            if (_made.Count == Remembered) _made.RemoveAt(0);
            _made.Add((tableId, commit, ++_number));
        }
    }

    /// <summary>Forgets what a look at the log should have shown and did not: somebody took the newest versions away.</summary>
    /// <param name="version">The newest version that the look found.</param>
    /// <param name="number"><see cref="Number"/> when the look began.</param>
    public void Seen(long version, long number)
    {
        lock (_lock)
        {
            if (_made.Exists(made => made.Commit.Version > version && made.Number <= number)) _made.Clear();
        }
    }

    /// <summary>A version of the table, when this process made it lately; otherwise null.</summary>
    public Commit? Find(string tableId, long version)
    {
        lock (_lock)
        {
            foreach ((string table, Commit commit, _) in _made)
            {
                if (commit.Version == version && table == tableId) return commit;
            }

            return null;
        }
    }

    /// <summary>Whether this process knows of a version after one, so that there is no point in trying to write the next.</summary>
    public bool IsPast(string tableId, long version)
    {
        lock (_lock) return _made.Exists(made => made.TableId == tableId && made.Commit.Version > version);
    }

    /// <summary>A turn, or its absence.</summary>
    internal readonly struct Turn(SemaphoreSlim? taken) : IDisposable
    {
        /// <summary>Lets the next one go.</summary>
        public void Dispose() => taken?.Release();
    }
}
