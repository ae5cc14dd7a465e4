using Lakehouse.Storage;

namespace Lakehouse.Delta;

/// <summary>Deletes what of a table's log is older than its retention (PROTOCOL.md, "Metadata Cleanup").</summary>
internal sealed class LogCleanUp(IObjectStore store, string tablePath, Checkpoint checkpoints)
{
    /// <summary>Sidecars younger than this may belong to a checkpoint that is still being written.</summary>
    private static readonly TimeSpan SidecarAge = TimeSpan.FromDays(1);

    /// <summary>Cleans up, where there is something to clean up.</summary>
    /// <param name="now">The time.</param>
    /// <param name="retention">How long commits are kept.</param>
    /// <param name="protectedBefore">The version before which all goes or nothing (PROTOCOL.md, "Checkpoint Protection").</param>
    /// <param name="exact">False keeps what is of the retention's last day too, so that a table is cleaned up once a day.</param>
    /// <param name="cancellationToken">Stops between two deletions; the log stays whole.</param>
    /// <returns>How many files were deleted.</returns>
    public async Task<int> RunAsync(DateTimeOffset now, TimeSpan retention, long protectedBefore, bool exact, CancellationToken cancellationToken)
    {
        DateTimeOffset kept = now - retention;
        DateTimeOffset cutoff = exact ? kept : new(kept.UtcDateTime.Date, TimeSpan.Zero);
        if (!await BeginsBeforeAsync(cutoff, cancellationToken).ConfigureAwait(false)) return 0;
        LogListing listing = await LogListing.ReadAsync(store, tablePath, 0, cancellationToken).ConfigureAwait(false);
        IReadOnlyList<DateTimeOffset> times = CommitTime.OfFiles(listing.Commits);
        int last = -1;
        while (last + 1 < times.Count && times[last + 1] <= cutoff) last++;
        if (last < 0) return 0;
        CheckpointFiles? first = listing.Checkpoints.LastOrDefault(checkpoint => checkpoint.Version <= listing.Commits[last].Version);
        if (first is null || first.Version < protectedBefore) return 0;

        // Checkpoints go first and commits from the oldest on: at every moment what is left is a log that begins somewhere and has no gap.
        List<string> old = [.. listing.Checkpoints.Where(checkpoint => checkpoint.Version < first.Version).SelectMany(checkpoint => checkpoint.Parts).Select(part => part.Key)];
        old.AddRange(listing.Others(first.Version));
        old.AddRange(listing.Commits.Where(commit => commit.Version < first.Version).Select(commit => commit.Info.Key));
        foreach (string key in old)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await store.DeleteAsync(key, cancellationToken).ConfigureAwait(false);
        }

        return old.Count + await CleanSidecarsAsync(now, listing, first.Version, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>One look at the oldest commit saves listing a log that is young.</summary>
    private async Task<bool> BeginsBeforeAsync(DateTimeOffset cutoff, CancellationToken cancellationToken)
    {
        string prefix = LogFiles.Prefix(tablePath);
        await foreach (ObjectInfo info in store.ListAsync(prefix, null, cancellationToken).ConfigureAwait(false))
        {
            if (LogFiles.Parse(info.Key.AsSpan(prefix.Length)).Kind == LogFileKind.Commit) return info.LastModified <= cutoff;
        }

        return false;
    }

    private async Task<int> CleanSidecarsAsync(DateTimeOffset now, LogListing listing, long from, CancellationToken cancellationToken)
    {
        List<ObjectInfo> sidecars = [];
        await foreach (ObjectInfo info in store.ListAsync(LogFiles.Sidecars(tablePath), null, cancellationToken).ConfigureAwait(false))
        {
            if (info.LastModified < new DateTimeOffset((now - SidecarAge).UtcDateTime.Date, TimeSpan.Zero)) sidecars.Add(info);
        }

        if (sidecars.Count == 0) return 0;
        HashSet<string> used = new(StringComparer.Ordinal);
        foreach (CheckpointFiles checkpoint in listing.Checkpoints.Where(checkpoint => checkpoint.Version >= from))
            used.UnionWith(await checkpoints.SidecarKeysAsync(checkpoint, cancellationToken).ConfigureAwait(false));
        int deleted = 0;
        foreach (ObjectInfo sidecar in sidecars.Where(sidecar => !used.Contains(sidecar.Key)))
        {
            await store.DeleteAsync(sidecar.Key, cancellationToken).ConfigureAwait(false);
            deleted++;
        }

        return deleted;
    }
}
