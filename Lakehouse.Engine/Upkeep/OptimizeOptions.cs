using Lakehouse.Delta;

namespace Lakehouse.Engine;

/// <summary>Which files an optimize rewrites, and how it places their rows.</summary>
public sealed record OptimizeOptions
{
    /// <summary>The size that new files come near to, in bytes; null = the lake's <see cref="LakeOptions.TargetFileBytes"/>.</summary>
    public long? TargetFileBytes { get; init; }

    /// <summary>A file is small, and rewritten together with others, below this share of the target.</summary>
    public double SmallBelow { get; init; } = 0.5;

    /// <summary>So many small files of one partition are left alone, unless another reason to rewrite them comes up.</summary>
    public int FewSmallFiles { get; init; } = 1;

    /// <summary>A file is rewritten, even alone, when this share of its rows or more is deleted; above 1 never.</summary>
    public double PurgeFrom { get; init; } = 0.1;

    /// <summary>How many bytes of old files go into one commit; what is committed stays when the rest fails.</summary>
    public long CommitBytes { get; init; } = 1L << 30;

    /// <summary>How many bytes of old files are rewritten in all, to a batch more; the next run goes on.</summary>
    public long RunBytes { get; init; } = long.MaxValue;

    /// <summary>A boolean SQL expression over partition columns: only partitions for which it holds are looked at.</summary>
    public string? Where { get; init; }

    /// <summary>Columns, or fields of structs by their paths with points, along whose z-order curve the rows of each partition are placed,
    /// so that a condition on any of them skips files. Partitions that are in this order are left alone. A table that is clustered by
    /// columns of its own (<c>delta.clustering</c>) is placed by those without being told.</summary>
    public IReadOnlyList<string> ZOrderBy { get; init; } = [];

    /// <summary>How many bytes of files are brought into one order together, with as much room for spilled rows. A partition that is larger
    /// has several runs, each in order; those of at least half this size are left alone when files come.</summary>
    public long ClusterBytes { get; init; } = 32L << 30;

    /// <summary>Whether nobody asked for it: the commit says <c>auto: true</c>, and rows that were placed in an order stay in it, though no
    /// more are brought into it.</summary>
    public bool IsAutomatic { get; init; }
}

/// <summary>What an optimize did.</summary>
/// <param name="Version">The table's version afterwards.</param>
/// <param name="Commits">Commits made; 0 when the table was in order.</param>
/// <param name="FilesRemoved">Files that were replaced.</param>
/// <param name="FilesAdded">Files that replaced them.</param>
/// <param name="BytesRemoved">Their sizes.</param>
/// <param name="BytesAdded">Their sizes.</param>
/// <param name="RowsPurged">Deleted rows that the old files still held, and the new ones do not.</param>
public sealed record OptimizeResult(long Version, int Commits, int FilesRemoved, int FilesAdded, long BytesRemoved, long BytesAdded, long RowsPurged)
{
    /// <summary>Files that were left as they are because another writer changed them meanwhile; the next run takes them up.</summary>
    public int FilesInConflict { get; init; }
}
