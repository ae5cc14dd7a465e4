namespace Lakehouse.Delta;

/// <summary>A checkpoint's row that adds or removes a file: text as UTF-8 where it lies, so that handing it over allocates nothing.</summary>
public ref struct FileRow
{
    /// <summary>The file's path as it stands in the log. Required.</summary>
    public ReadOnlySpan<byte> Path { get; set; }

    /// <summary>The data file's size in bytes. Required of adds.</summary>
    public long? Size { get; set; }

    /// <summary>An add's modification time, a remove's deletion time, in milliseconds since the Unix epoch.</summary>
    public long? Time { get; set; }

    /// <summary>Whether the commit changed data; true where the row does not say.</summary>
    public bool? DataChange { get; set; }

    /// <summary>Of removes: whether partition values and size are given.</summary>
    public bool? ExtendedFileMetadata { get; set; }

    /// <summary>Of removes: whether the row says which partition the file is of.</summary>
    public bool HasPartitionValues { get; set; }

    /// <summary>Statistics as JSON; empty = none.</summary>
    public ReadOnlySpan<byte> Stats { get; set; }

    /// <summary>The deletion vector, if any.</summary>
    public DeletionVectorDescriptor? DeletionVector { get; set; }

    /// <summary>Free metadata.</summary>
    public IReadOnlyDictionary<string, string?>? Tags { get; set; }

    /// <summary>Row tracking: the id of the file's first row.</summary>
    public long? BaseRowId { get; set; }

    /// <summary>Row tracking: the version that added the path first.</summary>
    public long? DefaultRowCommitVersion { get; set; }

    /// <summary>Of adds: the clustering implementation that placed the rows.</summary>
    public string? ClusteringProvider { get; set; }
}
