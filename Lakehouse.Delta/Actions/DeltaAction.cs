namespace Lakehouse.Delta;

/// <summary>One line of a commit or one row of a checkpoint (PROTOCOL.md, "Actions").</summary>
public abstract record DeltaAction
{
    private protected DeltaAction()
    {
    }
}

/// <summary>An action about a data file.</summary>
public abstract record FileAction : DeltaAction
{
    private protected FileAction()
    {
    }

    /// <summary>
    /// The file's URI as it stands in the log: URL-encoded, relative to the table's folder or absolute. <see cref="DataPath"/> decodes it.
    /// </summary>
    public required string Path { get; init; }

    /// <summary>The deletion vector that says which of the file's rows are gone, if any.</summary>
    public DeletionVectorDescriptor? DeletionVector { get; init; }

    /// <summary>False when the commit only rearranges rows: readers of changes skip the action.</summary>
    public bool DataChange { get; init; } = true;

    /// <summary>What identifies the logical file: its path together with its deletion vector.</summary>
    public FileKey Key => new(DataPath.Canonical(Path), DeletionVector?.UniqueId);
}

/// <summary>A logical file's identity: (path, deletion vector id), PROTOCOL.md, "Add File and Remove File".</summary>
/// <param name="Path">The decoded path.</param>
/// <param name="DeletionVectorId">The deletion vector's unique id, or null.</param>
public readonly record struct FileKey(string Path, string? DeletionVectorId);

/// <summary>The transaction identifier of an application: how far it has come.</summary>
/// <param name="ApplicationId">Names the application, e.g. <c>cdc:shop</c>.</param>
/// <param name="Version">How far it has come, in its own counting.</param>
/// <param name="LastUpdated">When, in milliseconds since the Unix epoch.</param>
public sealed record SetTransaction(string ApplicationId, long Version, long? LastUpdated = null) : DeltaAction;

/// <summary>A named piece of metadata beside the table's own (PROTOCOL.md, "Domain Metadata").</summary>
/// <param name="Domain">The domain's name; <c>delta.</c> begins the protocol's own.</param>
/// <param name="Configuration">Its content, any text.</param>
/// <param name="Removed">True takes the domain away.</param>
public sealed record DomainMetadata(string Domain, string Configuration, bool Removed = false) : DeltaAction;

/// <summary>A file of change rows, made for change readers only.</summary>
public sealed record AddCdcFile : DeltaAction
{
    /// <summary>The file's URI as it stands in the log.</summary>
    public required string Path { get; init; }

    /// <summary>The partition the rows belong to.</summary>
    public required IReadOnlyDictionary<string, string?> PartitionValues { get; init; }

    /// <summary>The file's size in bytes.</summary>
    public required long Size { get; init; }

    /// <summary>Free metadata.</summary>
    public IReadOnlyDictionary<string, string?>? Tags { get; init; }
}

/// <summary>A file that holds the file actions of a checkpoint (PROTOCOL.md, "Sidecar File Information"). Stands in v2 checkpoints only.</summary>
/// <param name="Path">Its URI-encoded name below <c>_delta_log/_sidecars</c>.</param>
/// <param name="SizeInBytes">Its size.</param>
/// <param name="ModificationTime">When it was written, in milliseconds since the Unix epoch.</param>
public sealed record SidecarFile(string Path, long SizeInBytes, long ModificationTime) : DeltaAction;

/// <summary>Says that a checkpoint follows the v2 spec (PROTOCOL.md, "Checkpoint Metadata"). Stands in v2 checkpoints only.</summary>
/// <param name="Version">The version that the checkpoint holds.</param>
public sealed record CheckpointMetadata(long Version) : DeltaAction;
