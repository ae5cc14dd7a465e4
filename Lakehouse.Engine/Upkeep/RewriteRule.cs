using System.Text.Json;
using Lakehouse.Delta;

namespace Lakehouse.Engine.Upkeep;

/// <summary>Says which files of a partition are rewritten together.</summary>
internal abstract class RewriteRule
{
    /// <summary>The tag of files that were brought into one order together, as Spark calls it.</summary>
    protected const string RunTag = "ZCUBE_ID";

    /// <summary>What orders the rows of a unit; null = they stay in the files' order.</summary>
    public virtual OrderedColumns? Order => null;

    /// <summary>Units of files to rewrite, each by itself.</summary>
    /// <param name="files">The files of one partition, in the log's order.</param>
    public abstract IEnumerable<List<AddFile>> Units(IReadOnlyList<AddFile> files);

    /// <summary>The size at which a new file of a unit is closed.</summary>
    public abstract long TargetBytes { get; }

    /// <summary>A new file with what the log is to say about it.</summary>
    /// <param name="file">The file.</param>
    /// <param name="unit">The unit's id.</param>
    public virtual AddFile Mark(AddFile file, Guid unit) => file;

    /// <summary>Whether a file's rows were brought into an order, with those of other files.</summary>
    public static bool IsOrdered(AddFile file) => file.Tags?.ContainsKey(RunTag) == true;

    /// <summary>Whether so many rows of a file are deleted that it is worth a rewrite.</summary>
    protected static bool IsWorn(AddFile file, double from) =>
        file.DeletionVector is { } vector && (from <= 0 || (file.Statistics.NumRecords is { } rows && vector.Cardinality >= Math.Max(1, rows * from)));

    /// <summary>Fills bins up to a size in the log's order, so that rows that came together stay together.</summary>
    protected static IEnumerable<List<AddFile>> Fill(IEnumerable<AddFile> files, long upTo)
    {
        var bin = new List<AddFile>();
        long bytes = 0;
        foreach (var file in files)
        {
            if (bin.Count > 0 && bytes + file.Size > upTo)
            {
                yield return bin;
                bin = [];
                bytes = 0;
            }
            bin.Add(file);
            bytes += file.Size;
        }
        if (bin.Count > 0) yield return bin;
    }
}

/// <summary>Small files become few large ones, and files with many deleted rows lose them.</summary>
/// <param name="target">The size of a bin.</param>
/// <param name="smallBelow">The share of it below which a file is small.</param>
/// <param name="few">So many small files of a partition are left alone.</param>
/// <param name="purgeFrom">The share of deleted rows from which a file is worn.</param>
/// <param name="keepOrder">Whether files whose rows were brought into an order are left in it, however small.</param>
internal sealed class BinPacking(long target, double smallBelow, int few, double purgeFrom, bool keepOrder) : RewriteRule
{
    /// <summary>A bin becomes one file: what its rows need now may be a little more than what they took.</summary>
    public override long TargetBytes => target + (target / 2);

    /// <summary>A lone file is worth a rewrite only when it is worn.</summary>
    public override IEnumerable<List<AddFile>> Units(IReadOnlyList<AddFile> files)
    {
        var wanted = files.Where(file => IsSmall(file) || IsWorn(file, purgeFrom)).ToList();
        if (wanted.Count(IsSmall) <= few) wanted.RemoveAll(file => !IsWorn(file, purgeFrom));
        return Fill(wanted, target).Where(bin => bin.Count > 1 || IsWorn(bin[0], purgeFrom));
    }

    private bool IsSmall(AddFile file) => file.Size < target * smallBelow && !(keepOrder && IsOrdered(file));
}

/// <summary>Files with deleted rows lose them, however few.</summary>
internal sealed class Purging(long target) : RewriteRule
{
    public override long TargetBytes => target + (target / 2);

    public override IEnumerable<List<AddFile>> Units(IReadOnlyList<AddFile> files) => Fill(files.Where(file => file.DeletionVector is not null), target);
}

/// <summary>
/// The rows of a partition are placed in an order. Files that were brought into one order together carry the same mark, under the tags
/// that Spark uses for it: where they are all that a partition has, or as large as a run of files may become, they are left alone.
/// </summary>
internal sealed class Clustering(OrderedColumns order, bool isOfTable, long target, long clusterBytes, double purgeFrom) : RewriteRule
{
    private const string ColumnsTag = "ZCUBE_ZORDER_BY";
    private const string CurveTag = "ZCUBE_ZORDER_CURVE";

    private readonly string _columns = JsonSerializer.Serialize(order.Names);

    public override OrderedColumns Order => order;

    public override long TargetBytes => target;

    public override IEnumerable<List<AddFile>> Units(IReadOnlyList<AddFile> files)
    {
        var runs = files.Where(IsInOrder).GroupBy(file => file.Tags![RunTag]!, StringComparer.Ordinal).ToDictionary(run => run.Key, run => run.ToList(), StringComparer.Ordinal);
        var full = runs.Values.Where(run => run.Sum(file => file.Size) >= clusterBytes / 2 && !run.Any(file => IsWorn(file, purgeFrom))).SelectMany(run => run).ToHashSet();
        var rest = files.Where(file => !full.Contains(file)).ToList();
        var isOneRun = rest.Count > 0 && IsInOrder(rest[0]) && runs[rest[0].Tags![RunTag]!].Count == rest.Count;
        return rest.Count == 0 || (isOneRun && !rest.Exists(file => IsWorn(file, purgeFrom))) ? [] : Fill(rest, clusterBytes);
    }

    public override AddFile Mark(AddFile file, Guid unit) => file with
    {
        ClusteringProvider = isOfTable ? ClusteringColumns.Provider : null,
        Tags = new Dictionary<string, string?> { [RunTag] = unit.ToString(), [ColumnsTag] = _columns, [CurveTag] = "zorder" },
    };

    private bool IsInOrder(AddFile file) =>
        file.Tags is { } tags && tags.GetValueOrDefault(ColumnsTag) == _columns && !string.IsNullOrEmpty(tags.GetValueOrDefault(RunTag));
}
