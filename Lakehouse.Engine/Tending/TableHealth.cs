using Lakehouse.Delta;
using Lakehouse.Engine.Upkeep;

namespace Lakehouse.Engine;

/// <summary>What a table's version tells about how well it is kept.</summary>
/// <param name="Version">The version.</param>
/// <param name="Files">Data files.</param>
/// <param name="SmallFiles">Of these, files that could be one with others of their partition.</param>
/// <param name="MostSmallFiles">Small files of the partition that has most of them.</param>
/// <param name="Rows">Rows in the files, deleted ones too, as far as statistics tell.</param>
/// <param name="DeletedRows">Of these, deleted ones.</param>
/// <param name="CommitsSinceCheckpoint">Commits that a reader must read after the newest checkpoint.</param>
public sealed record TableHealth(long Version, int Files, int SmallFiles, int MostSmallFiles, long Rows, long DeletedRows, long CommitsSinceCheckpoint)
{
    /// <summary>The share of files that are small, 0 to 1.</summary>
    public double SmallShare => Files == 0 ? 0 : (double)SmallFiles / Files;

    /// <summary>The share of rows that are deleted, 0 to 1.</summary>
    public double DeletedShare => Rows == 0 ? 0 : (double)DeletedRows / Rows;

    /// <summary>Looks at a version.</summary>
    /// <param name="snapshot">The version.</param>
    /// <param name="smallBytes">Files of fewer bytes are small.</param>
    /// <param name="checkpoint">The version of the newest checkpoint; null = there is none.</param>
    public static TableHealth Of(Snapshot snapshot, long smallBytes, long? checkpoint)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        var small = new Dictionary<string, int>(StringComparer.Ordinal);
        var files = 0;
        long rows = 0, deleted = 0;
        foreach (var file in snapshot.Files)
        {
            files++;
            rows += file.Statistics.NumRecords ?? 0;
            deleted += file.DeletionVector?.Cardinality ?? 0;
            if (file.Size >= smallBytes || RewriteRule.IsOrdered(file)) continue;
            var partition = PartitionCondition.KeyOf(file);
            small[partition] = small.GetValueOrDefault(partition) + 1;
        }
        return new TableHealth(snapshot.Version, files, small.Values.Where(count => count > 1).Sum(), small.Values.DefaultIfEmpty().Max(), rows, deleted, snapshot.Version - (checkpoint ?? -1));
    }
}
