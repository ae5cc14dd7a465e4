namespace Lakehouse.Delta;

/// <summary>One version in a table's history.</summary>
/// <param name="Version">The version.</param>
/// <param name="Timestamp">When it was committed (UTC).</param>
/// <param name="Info">Who made it, how and why; null when its writer did not say.</param>
public sealed record CommitRecord(long Version, DateTimeOffset Timestamp, CommitInfo? Info);

/// <summary>What one version changed.</summary>
public sealed record CommitChanges
{
    /// <summary>The version.</summary>
    public required long Version { get; init; }

    /// <summary>When its file was written, or its in-commit timestamp where it has one (UTC, milliseconds).</summary>
    public required DateTimeOffset Timestamp { get; init; }

    /// <summary>Who made it, how and why.</summary>
    public CommitInfo? Info { get; init; }

    /// <summary>Logical files that came. Those with <see cref="FileAction.DataChange"/> false only moved rows.</summary>
    public required IReadOnlyList<AddFile> Adds { get; init; }

    /// <summary>Logical files that went.</summary>
    public required IReadOnlyList<RemoveFile> Removes { get; init; }

    /// <summary>Files of change rows. A change reader that finds any reads them instead of adds and removes.</summary>
    public IReadOnlyList<AddCdcFile> ChangeFiles { get; init; } = [];

    /// <summary>The new metadata, when the version changed it.</summary>
    public Metadata? Metadata { get; init; }

    /// <summary>The new protocol, when the version changed it.</summary>
    public Protocol? Protocol { get; init; }

    /// <summary>The applications' transaction ids that the version set.</summary>
    public IReadOnlyList<SetTransaction> Transactions { get; init; } = [];
}

/// <summary>A commit that took place.</summary>
/// <param name="Version">The version it made.</param>
/// <param name="Attempts">How many versions it tried: 1 when nobody else won first.</param>
/// <param name="Snapshot">The table with the commit.</param>
public sealed record CommitResult(long Version, int Attempts, Snapshot Snapshot)
{
    /// <summary>
    /// Ends when the checkpoint that this commit brought about is written or has failed. It never faults: a failure goes to
    /// <see cref="DeltaLogOptions.CheckpointFailed"/>. Already ended when no checkpoint was due.
    /// </summary>
    public Task Checkpoint { get; init; } = Task.CompletedTask;

    /// <summary>
    /// Ends when Iceberg clients see this version or a later one, or when that failed, which goes to <see cref="IcebergOptions.Failed"/>.
    /// It never faults. Already ended for a table that does not ask for it.
    /// </summary>
    public Task Iceberg { get; init; } = Task.CompletedTask;

    /// <summary>True when nothing was committed because the table held the application's transaction already.</summary>
    public bool Skipped { get; init; }
}
