using Lakehouse.Delta;

namespace Lakehouse.Engine;

/// <summary>Which files compaction rewrites.</summary>
public sealed record OptimizeOptions
{
    /// <summary>The size that new files come near to, in bytes; null = the lake's <see cref="LakeOptions.TargetFileBytes"/>.</summary>
    public long? TargetFileBytes { get; init; }

    /// <summary>A file is small, and rewritten together with others, below this share of the target.</summary>
    public double SmallBelow { get; init; } = 0.5;

    /// <summary>A file is rewritten, even alone, when this share of its rows or more is deleted; above 1 never.</summary>
    public double PurgeFrom { get; init; } = 0.1;

    /// <summary>How many bytes of old files go into one commit; what is committed stays when the rest fails.</summary>
    public long CommitBytes { get; init; } = 1L << 30;
}

/// <summary>What compaction did.</summary>
/// <param name="Version">The table's version afterwards.</param>
/// <param name="Commits">Commits made; 0 when the table was in order.</param>
/// <param name="FilesRemoved">Files that were replaced.</param>
/// <param name="FilesAdded">Files that replaced them.</param>
/// <param name="BytesRemoved">Their sizes.</param>
/// <param name="BytesAdded">Their sizes.</param>
/// <param name="RowsPurged">Deleted rows that the old files still held, and the new ones do not.</param>
public sealed record OptimizeResult(long Version, int Commits, int FilesRemoved, int FilesAdded, long BytesRemoved, long BytesAdded, long RowsPurged);
