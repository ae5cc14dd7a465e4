namespace Lakehouse.Delta.Iceberg.Manifests;

/// <summary>A manifest as a manifest list has it (Iceberg table spec, "Manifest Lists").</summary>
internal sealed record ManifestFile
{
    public required string Path { get; init; }

    public required long Length { get; init; }

    public required int SpecId { get; init; }

    public required FileContent Content { get; init; }

    /// <summary>The sequence number of the snapshot that added the manifest.</summary>
    public required long SequenceNumber { get; init; }

    /// <summary>The least sequence number of a live file in it.</summary>
    public required long MinSequenceNumber { get; init; }

    public required long AddedSnapshotId { get; init; }

    public required int AddedFiles { get; init; }

    public required int ExistingFiles { get; init; }

    public required int DeletedFiles { get; init; }

    public required long AddedRows { get; init; }

    public required long ExistingRows { get; init; }

    public required long DeletedRows { get; init; }

    public required IReadOnlyList<PartitionSummary> Partitions { get; init; }

    /// <summary>Files in it that are part of the table.</summary>
    public int LiveFiles => AddedFiles + ExistingFiles;
}
