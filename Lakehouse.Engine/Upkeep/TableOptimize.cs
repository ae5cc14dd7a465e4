using System.Globalization;
using System.Text.Json;
using Lakehouse.Delta;
using Lakehouse.DuckDb;
using Lakehouse.Engine.Write;

namespace Lakehouse.Engine.Upkeep;

/// <summary>
/// Rewrites files so that they are of a good size, in a good order, and free of deleted rows. No row comes or goes, so every commit
/// says <c>dataChange: false</c>: readers of changes pass over it, and appends made meanwhile do not conflict. It works in batches, each
/// a commit of its own: whatever ends it, what is committed stays, and the next run finds that in order and goes on with the rest.
/// </summary>
internal sealed class TableOptimize(LakeTable table, DuckDbConnection connection, OptimizeOptions options, bool purge = false)
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
                _done = _done with { Version = snapshot.Version, FilesInConflict = passed.Count };
                var rule = RuleFor(snapshot);
                var batch = await NextBatchAsync(snapshot, rule, passed, cancellationToken).ConfigureAwait(false);
                if (batch.Count == 0 || _done.BytesRemoved >= options.RunBytes) return _done;
                try
                {
                    await RewriteAsync(snapshot, rule, batch, cancellationToken).ConfigureAwait(false);
                }
                catch (CommitConflictException)
                {
                    passed.UnionWith(batch.SelectMany(unit => unit).Select(file => file.Path));
                }
            }
            finally
            {
                table.Turn.Release();
            }
        }
    }

    private RewriteRule RuleFor(Snapshot snapshot)
    {
        if (purge) return new Purging(_target);
        var clustering = OrderedColumns.OfClustering(table, snapshot);
        if (clustering is not null && options.ZOrderBy.Count > 0)
            throw new TableNotUsableException($"Table {table} is clustered by ({string.Join(", ", clustering.Names)}), and optimize places its rows by these. Leave the z-order out, or cluster the table by other columns.", table.ToString());
        var order = options.ZOrderBy.Count > 0 ? OrderedColumns.Named(table, snapshot, options.ZOrderBy) : options.IsAutomatic ? null : clustering;
        return order is null
            ? new BinPacking(_target, options.SmallBelow, options.FewSmallFiles, options.PurgeFrom, keepOrder: options.IsAutomatic)
            : new Clustering(order, ReferenceEquals(order, clustering), _target, options.ClusterBytes, options.PurgeFrom);
    }

    /// <summary>The next units of files, as many as one commit takes. Empty when the table is in order.</summary>
    private async Task<List<List<AddFile>>> NextBatchAsync(Snapshot snapshot, RewriteRule rule, HashSet<string> passed, CancellationToken cancellationToken)
    {
        var partitions = options.Where is { } where ? await PartitionCondition.FindAsync(table, connection, snapshot, where, cancellationToken).ConfigureAwait(false) : null;
        var batch = new List<List<AddFile>>();
        long bytes = 0;
        foreach (var partition in snapshot.Files.GroupBy(PartitionCondition.KeyOf, StringComparer.Ordinal))
        {
            if (partitions?.Contains(partition.Key) == false) continue;
            foreach (var unit in rule.Units([.. partition]))
            {
                // A unit is taken whole or not at all: what is left of it would not be in order.
                if (unit.Exists(file => passed.Contains(file.Path))) continue;
                var size = unit.Sum(file => file.Size);
                if (bytes > 0 && bytes + size > options.CommitBytes) return batch;
                batch.Add(unit);
                bytes += size;
            }
        }
        return batch;
    }

    private async Task RewriteAsync(Snapshot snapshot, RewriteRule rule, List<List<AddFile>> batch, CancellationToken cancellationToken)
    {
        var transaction = table.Log.Begin(snapshot);
        var staged = new List<StagedFiles>();
        try
        {
            foreach (var unit in batch)
            {
                var slices = await table.SlicesAsync(unit, cancellationToken).ConfigureAwait(false);
                var placement = new FilePlacement(FolderOf(unit), unit[0].PartitionValues, rule.TargetBytes, RowsOf(unit, rule.TargetBytes));
                staged.Add(await FileRewrite.StageAsync(table, connection, snapshot, slices, placement, rule.Order, cancellationToken).ConfigureAwait(false));
                var id = Guid.NewGuid();
                foreach (var file in unit) transaction.Remove(file, dataChange: false);
                foreach (var file in staged[^1].Files) transaction.Add(rule.Mark(file, id) with { DataChange = false });
            }
            var removed = batch.SelectMany(unit => unit).ToList();
            var added = staged.SelectMany(files => files.Files).ToList();
            var result = table.Learn(await transaction.CommitAsync(Describe(rule, removed, added), cancellationToken).ConfigureAwait(false));
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

    private CommitInfo Describe(RewriteRule rule, List<AddFile> removed, List<AddFile> added)
    {
        var metrics = new (string, long)[]
        {
            ("numRemovedFiles", removed.Count), ("numAddedFiles", added.Count),
            ("numRemovedBytes", removed.Sum(file => file.Size)), ("numAddedBytes", added.Sum(file => file.Size)),
            ("numDeletionVectorsRemoved", removed.Count(file => file.DeletionVector is not null)),
        };
        var columns = rule.Order?.Names ?? [];
        var parameters = new Dictionary<string, string?>
        {
            ["predicate"] = JsonSerializer.Serialize(options.Where is { } where ? new[] { where } : []),
            ["auto"] = options.IsAutomatic ? "true" : "false",
            ["zOrderBy"] = JsonSerializer.Serialize(options.ZOrderBy),
            ["clusterBy"] = JsonSerializer.Serialize(options.ZOrderBy.Count > 0 ? [] : columns),
            ["targetSize"] = _target.ToString(CultureInfo.InvariantCulture),
        };
        if (purge) parameters["applyPurge"] = "true";
        return Commits.Describe(table, new WriteOptions(), purge ? "REORG" : "OPTIMIZE", parameters, metrics);
    }

    /// <summary>About how many of the unit's rows make a file; null where the log does not tell.</summary>
    private static long? RowsOf(List<AddFile> unit, long bytes) =>
        unit.Sum(file => file.Statistics.NumRecords) is { } rows && unit.Sum(file => file.Size) is > 0 and var size ? (long)((double)rows * bytes / size) : null;

    /// <summary>The folder below the table's where a partition's files are; the table's own where the first is elsewhere.</summary>
    private static string FolderOf(List<AddFile> unit)
    {
        if (DataPath.IsAbsolute(unit[0].Path)) return "";
        var path = DataPath.Decode(unit[0].Path);
        return path[..(path.LastIndexOf('/') + 1)];
    }
}
