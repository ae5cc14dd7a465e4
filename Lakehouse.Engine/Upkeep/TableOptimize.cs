using System.Globalization;
using Lakehouse.Delta;
using Lakehouse.DuckDb;
using Lakehouse.Engine.Scan;
using Lakehouse.Engine.Write;

namespace Lakehouse.Engine.Upkeep;

/// <summary>
/// Compaction: small files become few large ones, and files with many deleted rows lose them. No row comes or goes, so every
/// commit says <c>dataChange: false</c>: readers of changes pass over it, and appends made meanwhile do not conflict.
/// </summary>
internal sealed class TableOptimize(LakeTable table, DuckDbConnection connection, OptimizeOptions options)
{
    private readonly long _target = options.TargetFileBytes ?? table.Lake.Options.TargetFileBytes;
    private OptimizeResult _done = new(0, 0, 0, 0, 0, 0, 0);

    public async Task<OptimizeResult> RunAsync(CancellationToken cancellationToken)
    {
        // Files that another writer took away from a batch: they are left to the next run.
        var passed = new HashSet<string>(StringComparer.Ordinal);
        while (true)
        {
            // Merges of this lake take turns with each batch, not with the whole run.
            await table.Turn.WaitAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                var snapshot = await table.SnapshotAsync(null, cancellationToken).ConfigureAwait(false);
                _done = _done with { Version = snapshot.Version };
                var batch = NextBatch(snapshot, passed);
                if (batch.Count == 0) return _done;
                try
                {
                    await RewriteAsync(snapshot, batch, cancellationToken).ConfigureAwait(false);
                }
                catch (CommitConflictException)
                {
                    passed.UnionWith(batch.SelectMany(bin => bin).Select(file => file.Path));
                }
            }
            finally
            {
                table.Turn.Release();
            }
        }
    }

    /// <summary>The next bins of files, each to become one file, as many as one commit takes. Empty when the table is in order.</summary>
    private List<List<AddFile>> NextBatch(Snapshot snapshot, HashSet<string> passed)
    {
        var batch = new List<List<AddFile>>();
        long bytes = 0;
        foreach (var bin in snapshot.Files.Where(file => IsCandidate(file) && !passed.Contains(file.Path)).GroupBy(PartitionKey, StringComparer.Ordinal).SelectMany(Pack))
        {
            if (bytes > 0 && bytes + bin.Sum(file => file.Size) > options.CommitBytes) break;
            batch.Add(bin);
            bytes += bin.Sum(file => file.Size);
        }
        return batch;
    }

    private bool IsCandidate(AddFile file) => file.Size < _target * options.SmallBelow || IsWorn(file);

    private bool IsWorn(AddFile file) =>
        file.DeletionVector is { } vector && file.Statistics.NumRecords is { } rows && vector.Cardinality >= Math.Max(1, rows * options.PurgeFrom);

    /// <summary>Fills bins up to the target in the log's order, so that rows that came together stay together. A lone file is worth a rewrite only when it is worn.</summary>
    private IEnumerable<List<AddFile>> Pack(IEnumerable<AddFile> files)
    {
        var bin = new List<AddFile>();
        long bytes = 0;
        foreach (var file in files)
        {
            if (bin.Count > 0 && bytes + file.Size > _target)
            {
                if (IsWorth(bin)) yield return bin;
                bin = [];
                bytes = 0;
            }
            bin.Add(file);
            bytes += file.Size;
        }
        if (IsWorth(bin)) yield return bin;
    }

    private bool IsWorth(List<AddFile> bin) => bin.Count > 1 || bin.Any(IsWorn);

    private async Task RewriteAsync(Snapshot snapshot, List<List<AddFile>> batch, CancellationToken cancellationToken)
    {
        var transaction = table.Log.Begin(snapshot);
        var staged = new List<StagedFiles>();
        try
        {
            foreach (var bin in batch)
            {
                var slices = await table.SlicesAsync(bin, cancellationToken).ConfigureAwait(false);
                staged.Add(await FileRewrite.StageAsync(table, connection, snapshot, slices, cancellationToken).ConfigureAwait(false));
                foreach (var file in bin) transaction.Remove(file, dataChange: false);
                foreach (var file in staged[^1].Files) transaction.Add(file with { DataChange = false });
            }
            var removed = batch.SelectMany(bin => bin).ToList();
            var added = staged.SelectMany(files => files.Files).ToList();
            var metrics = new (string, long)[]
            {
                ("numRemovedFiles", removed.Count), ("numAddedFiles", added.Count),
                ("numRemovedBytes", removed.Sum(file => file.Size)), ("numAddedBytes", added.Sum(file => file.Size)),
                ("numDeletionVectorsRemoved", removed.Count(file => file.DeletionVector is not null)),
            };
            var parameters = new Dictionary<string, string?>
            {
                ["predicate"] = "[]",
                ["auto"] = "false",
                ["zOrderBy"] = "[]",
                ["targetSize"] = _target.ToString(CultureInfo.InvariantCulture),
            };
            var info = Commits.Describe(table, new WriteOptions(), "OPTIMIZE", parameters, metrics);
            var result = table.Learn(await transaction.CommitAsync(info, cancellationToken).ConfigureAwait(false));
            _done = new OptimizeResult(
                result.Version, _done.Commits + 1, _done.FilesRemoved + removed.Count, _done.FilesAdded + added.Count,
                _done.BytesRemoved + removed.Sum(file => file.Size), _done.BytesAdded + added.Sum(file => file.Size),
                _done.RowsPurged + removed.Sum(file => file.DeletionVector?.Cardinality ?? 0));
        }
        catch (Exception exception) when (exception is not CommitOutcomeUnknownException)
        {
            foreach (var files in staged) table.Discard(files);
            throw;
        }
    }

    private static string PartitionKey(AddFile file) =>
        string.Join('\u0001', file.PartitionValues.OrderBy(value => value.Key, StringComparer.Ordinal).Select(value => value.Value is null ? value.Key : $"{value.Key}={value.Value}"));
}
