using Lakehouse.Storage;

namespace Lakehouse.Delta;

/// <summary>
/// Row-level concurrency: a transaction that takes rows out of a file by a deletion vector follows commits that took out other
/// rows of that file. Row numbers of a data file never change, so the two vectors together are what one after the other would
/// have left.
/// </summary>
internal sealed class VectorMerge(DeltaLog log)
{
    private readonly DeletionVectorStore _store = new(log.Store, log.TablePath);
    private readonly Dictionary<string, Removal> _removals = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (AddFile File, Commit Winner)> _followed = new(StringComparer.Ordinal);
    private readonly List<(AddFile Before, AddFile After, Commit Winner)> _expected = [];
    private readonly HashSet<string> _written = new(StringComparer.Ordinal);
    private bool _merged;

    /// <summary>Rows that the transaction takes out of a file.</summary>
    public void Add(AddFile file, AddFile left, RoaringBitmapArray rows) => _removals.Add(DataPath.Canonical(file.Path), new Removal(file, left, rows));

    /// <summary>Takes note of what a winner left of a file; false when the transaction does more to it than to take rows out.</summary>
    public bool TryFollow(string path, AddFile left, Commit winner)
    {
        if (!_removals.ContainsKey(path)) return false;
        _followed[path] = (left, winner);
        return true;
    }

    /// <summary>Takes note that a winner must have put no row back that was gone before.</summary>
    public void ExpectFewer(AddFile before, AddFile after, Commit winner) => _expected.Add((before, after, winner));

    /// <summary>Checks what was noted, and puts the vectors of both into the transaction's actions.</summary>
    /// <returns>The actions to commit: those given when nothing was noted.</returns>
    /// <exception cref="CommitConflictException">A winner took out a row that the transaction takes out too, or put one back.</exception>
    public async Task<List<DeltaAction>> ResolveAsync(List<DeltaAction> actions, CancellationToken cancellationToken)
    {
        foreach ((AddFile before, AddFile after, Commit winner) in _expected)
        {
            if (!await IsShrunkAsync(before, after, cancellationToken).ConfigureAwait(false))
                throw winner.Conflict(log.TablePath, CommitConflict.ConcurrentAppend, $"Another commit put rows of the file '{after.Path}' back, which this transaction should have read.");
        }

        _expected.Clear();
        if (_followed.Count == 0) return actions;
        List<(string Path, AddFile Now, AddFile Left, RoaringBitmapArray Rows)> merged = [];
        foreach ((string path, (AddFile now, Commit winner)) in _followed)
            merged.Add((path, now, _removals[path].Left, await UniteAsync(_removals[path], now, winner, cancellationToken).ConfigureAwait(false)));
        _followed.Clear();
        _merged = true;

        Dictionary<string, AddFile?> left = new(StringComparer.Ordinal);
        List<(string Path, AddFile Left, RoaringBitmapArray Rows)> inFile = [];
        foreach ((string path, AddFile now, AddFile own, RoaringBitmapArray rows) in merged)
        {
            // Nothing is left of a file that both emptied together.
            if (rows.Cardinality >= own.Statistics.NumRecords) left[path] = null;
            else if (own.DeletionVector!.StorageType == DeletionVectorDescriptor.Inline) left[path] = own with { DeletionVector = DeletionVectorStore.Inline(rows) };
            else inFile.Add((path, own, rows));
        }

        IReadOnlyList<DeletionVectorDescriptor> vectors = await _store.WriteAsync([.. inFile.Select(file => file.Rows)], cancellationToken).ConfigureAwait(false);
        for (int i = 0; i < inFile.Count; i++)
        {
            left[inFile[i].Path] = inFile[i].Left with { DeletionVector = vectors[i] };
            _written.Add(_store.Locate(vectors[i]).Key!);
        }

        long time = log.Options.Time.GetUtcNow().ToUnixTimeMilliseconds();
        Dictionary<string, AddFile> found = merged.ToDictionary(file => file.Path, file => file.Now, StringComparer.Ordinal);
        List<DeltaAction> result = new(actions.Count);
        foreach (DeltaAction action in actions)
        {
            if (action is not FileAction file || !left.TryGetValue(DataPath.Canonical(file.Path), out AddFile? rest)) result.Add(action);
            else if (action is RemoveFile) result.Add(found[DataPath.Canonical(file.Path)].ToRemove(time));
            else if (rest is not null) result.Add(rest);
        }

        return result;
    }

    /// <summary>Deletes the files of vectors that were written for this transaction and that none of these actions names.</summary>
    /// <param name="committed">What was committed; empty when nothing was.</param>
    public async Task CleanUpAsync(IReadOnlyList<DeltaAction> committed)
    {
        if (!_merged) return;

        // Where something was committed, the vectors that gave way to merged ones are nobody's either.
        HashSet<string> unused = new(_written, StringComparer.Ordinal);
        if (committed.Count > 0) unused.UnionWith(_removals.Values.Select(removal => KeyOf(removal.Left)).OfType<string>());
        unused.ExceptWith(committed.OfType<FileAction>().Select(KeyOf).OfType<string>());
        foreach (string key in unused)
        {
            try
            {
                await log.Store.DeleteAsync(key, CancellationToken.None).ConfigureAwait(false);
            }
            catch (IOException)
            {
                // No version names it: a vacuum takes it.
            }
        }
    }

    private string? KeyOf(FileAction file) =>
        file.DeletionVector is { StorageType: not DeletionVectorDescriptor.Inline } vector ? _store.Locate(vector).Key : null;

    private async Task<RoaringBitmapArray> UniteAsync(Removal removal, AddFile now, Commit winner, CancellationToken cancellationToken)
    {
        if (!await IsShrunkAsync(removal.File, now, cancellationToken).ConfigureAwait(false))
            throw winner.Conflict(log.TablePath, CommitConflict.ConcurrentAppend, $"Another commit put rows of the file '{now.Path}' back, which this transaction should have read.");
        RoaringBitmapArray rows = await _store.ReadAsync(now.DeletionVector!, cancellationToken).ConfigureAwait(false);
        if (rows.Overlaps(removal.Rows))
            throw winner.Conflict(log.TablePath, CommitConflict.ConcurrentDeleteDelete, $"Another commit took rows out of the file '{now.Path}' that this transaction takes out too.");
        rows.UnionWith(removal.Rows);
        return rows;
    }

    /// <summary>Whether every row that is left was there before.</summary>
    private async Task<bool> IsShrunkAsync(AddFile before, AddFile after, CancellationToken cancellationToken) =>
        before.DeletionVector is not { } vector
        || before.Key == after.Key
        || (await _store.ReadAsync(after.DeletionVector!, cancellationToken).ConfigureAwait(false))
            .IsSupersetOf(await _store.ReadAsync(vector, cancellationToken).ConfigureAwait(false));

    /// <param name="File">The file in the snapshot.</param>
    /// <param name="Left">The file without the rows.</param>
    /// <param name="Rows">The rows.</param>
    private sealed record Removal(AddFile File, AddFile Left, RoaringBitmapArray Rows);
}
