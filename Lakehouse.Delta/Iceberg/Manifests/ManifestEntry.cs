namespace Lakehouse.Delta.Iceberg.Manifests;

/// <summary>What became of a file in the snapshot that wrote its manifest.</summary>
internal enum EntryStatus
{
    /// <summary>It was there.</summary>
    Existing = 0,

    /// <summary>It came.</summary>
    Added = 1,

    /// <summary>It went: no longer part of the table.</summary>
    Deleted = 2,
}

/// <summary>An entry of a manifest, with what it inherits filled in. Most of the file's description is kept as it is encoded, to be copied.</summary>
/// <param name="Status">What became of the file.</param>
/// <param name="SnapshotId">The snapshot that added it, or deleted it.</param>
/// <param name="SequenceNumber">The file's data sequence number: deletes of this number or later apply to it.</param>
/// <param name="FileSequenceNumber">The sequence number of the snapshot that added it.</param>
/// <param name="FilePath">Where the file is.</param>
/// <param name="ReferencedDataFile">For deletes, the data file that they are about.</param>
/// <param name="RecordCount">Its rows.</param>
/// <param name="Size">Its bytes.</param>
/// <param name="Encoded">The whole description, encoded.</param>
internal sealed record ManifestEntry(
    EntryStatus Status, long SnapshotId, long SequenceNumber, long FileSequenceNumber, string FilePath, string? ReferencedDataFile, long RecordCount, long Size, ReadOnlyMemory<byte> Encoded)
{
    /// <summary>The data file that the entry is about: itself, or the one whose rows it deletes.</summary>
    public string DataFile => ReferencedDataFile ?? FilePath;
}
