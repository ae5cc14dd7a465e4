namespace Lakehouse.Engine.Merge;

/// <summary>What a merge did, under Spark's names.</summary>
internal sealed class MergeMetrics
{
    public long SourceRows { get; init; }
    public long Upserts { get; init; }
    public long Updated { get; set; }
    public long Deleted { get; set; }
    public long MatchedKeys { get; set; }
    public long FilesScanned { get; set; }
    public long FilesAdded { get; set; }
    public long FilesRemoved { get; set; }
    public long VectorsAdded { get; set; }
    public long BytesAdded { get; set; }

    public IEnumerable<(string, long)> ToList() =>
    [
        ("numSourceRows", SourceRows),
        ("numTargetRowsInserted", Math.Max(0, Upserts - Updated)),
        ("numTargetRowsUpdated", Updated),
        ("numTargetRowsDeleted", Deleted),
        ("numOutputRows", Upserts),
        ("numTargetFilesAdded", FilesAdded),
        ("numTargetFilesRemoved", FilesRemoved),
        ("numTargetDeletionVectorsAdded", VectorsAdded),
        ("numTargetFilesScanned", FilesScanned),
        ("numTargetBytesAdded", BytesAdded),
    ];
}
