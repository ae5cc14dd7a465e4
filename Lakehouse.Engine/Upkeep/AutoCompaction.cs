using Lakehouse.Delta;

namespace Lakehouse.Engine.Upkeep;

/// <summary>
/// Compacts a table's small files in the background once a commit has made enough of them, where the table asks for it
/// (<c>delta.autoOptimize.autoCompact</c>). One at a time for a table; commits never wait for it, and where it loses to another writer it leaves
/// the files to the next one.
/// </summary>
internal sealed class AutoCompaction(LakeTable table)
{
    /// <summary>Spark's default of <c>maxFileSize</c>.</summary>
    private const long DefaultFileBytes = 128L << 20;

    private readonly Lock _lock = new();
    private Task _running = Task.CompletedTask;
    private int _lookFrom;

    /// <summary>Begins a compaction if one may be due.</summary>
    public void AfterCommit(Snapshot snapshot)
    {
        // With fewer files than that no partition can have come to enough small ones since they were last counted.
        if (!snapshot.Metadata.HasAutoCompact() || snapshot.Files.Count < Volatile.Read(ref _lookFrom)) return;
        lock (_lock)
        {
            if (_running.IsCompleted && !table.Lake.Closing.IsCancellationRequested) _running = Task.Run(() => RunAsync(table.Lake.Closing));
        }
    }

    /// <summary>Returns when none is at work.</summary>
    public Task DoneAsync()
    {
        lock (_lock) return _running;
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            var before = await table.SnapshotAsync(null, cancellationToken).ConfigureAwait(false);
            var few = before.Metadata.AutoCompactMinFilesOf() ?? table.Lake.Options.AutoCompactMinFiles;
            var bytes = before.Metadata.AutoCompactMaxFileSizeOf() ?? DefaultFileBytes;
            var most = MostSmall(before, bytes);
            if (most >= few)
            {
                var options = new OptimizeOptions { TargetFileBytes = bytes, FewSmallFiles = few - 1, PurgeFrom = double.PositiveInfinity, IsAutomatic = true };
                using var connection = table.Lake.Database.Connect();
                await new TableOptimize(table, connection, options).RunAsync(cancellationToken).ConfigureAwait(false);
                before = await table.SnapshotAsync(null, cancellationToken).ConfigureAwait(false);
                most = MostSmall(before, bytes);
            }
            Volatile.Write(ref _lookFrom, before.Files.Count + Math.Max(1, few - most));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The lake is closing.
        }
#pragma warning disable CA1031 // Whatever went wrong, the commits stand, and nobody waits for this to hear of it.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            table.Lake.Options.AutoCompactFailed?.Invoke(table, exception);
        }
    }

    private static int MostSmall(Snapshot snapshot, long bytes) =>
        snapshot.Files.Where(file => file.Size < bytes / 2).GroupBy(PartitionCondition.KeyOf, StringComparer.Ordinal).Select(partition => partition.Count()).DefaultIfEmpty().Max();
}
