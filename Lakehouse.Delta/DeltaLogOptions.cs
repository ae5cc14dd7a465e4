namespace Lakehouse.Delta;

/// <summary>How a <see cref="DeltaLog"/> behaves.</summary>
public sealed record DeltaLogOptions
{
    /// <summary>The clock for commit times, tombstones and waits between attempts.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>How often a commit may try a version before it gives up. Each lost try means that another commit won.</summary>
    public int MaxCommitAttempts { get; init; } = 200;

    /// <summary>How often a store call whose failure leaves a commit's outcome open is repeated.</summary>
    public int MaxStoreAttempts { get; init; } = 5;

    /// <summary>The longest wait between two attempts. Waits double each time and are shortened at random.</summary>
    public TimeSpan MaxRetryDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The randomness of the waits. Give a seeded one to repeat a run; it is used under a lock.</summary>
    public Random Random { get; init; } = Random.Shared;

    /// <summary>Whether a commit whose version is a multiple of <c>delta.checkpointInterval</c> is followed by a checkpoint.</summary>
    public bool AutomaticCheckpoints { get; init; } = true;

    /// <summary>
    /// Whether a version that is loaded is held against its <c>.crc</c> file, where it has one. Versions that a refresh comes to
    /// are not: their commits follow on one that was.
    /// </summary>
    public bool VerifyChecksums { get; init; } = true;

    /// <summary>
    /// Hears of checkpoints that could not be written, which never fails the commit that asked for it, and of those (and of
    /// compactions of the log) that could not be read where the rest of the log told the same.
    /// </summary>
    public Action<CheckpointFailure>? CheckpointFailed { get; init; }

    /// <summary>How tables that ask for it become readable by Iceberg clients; null = not at all.</summary>
    public IcebergOptions? Iceberg { get; init; }
}

/// <summary>A checkpoint that could not be written, or not be read.</summary>
/// <param name="Table">The table's path.</param>
/// <param name="Version">The version it was to hold, or holds.</param>
/// <param name="Exception">Why.</param>
public sealed record CheckpointFailure(string Table, long Version, Exception Exception);
