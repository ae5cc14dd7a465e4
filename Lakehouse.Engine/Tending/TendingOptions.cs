namespace Lakehouse.Engine;

/// <summary>The bounds inside which a tender keeps every table, and those inside which it keeps itself.</summary>
public sealed record TendingOptions
{
    /// <summary>Small files that a partition may have, whatever their share.</summary>
    public int FewSmallFiles { get; init; } = 16;

    /// <summary>The share of small files, 0 to 1, from which a table that has more than <see cref="FewSmallFiles"/> in a partition is compacted.</summary>
    public double SmallShare { get; init; } = 0.25;

    /// <summary>The share of deleted rows, 0 to 1, from which a table's files, and the share of a file's from which a file, is written anew.</summary>
    public double DeletedShare { get; init; } = 0.1;

    /// <summary>Times <c>delta.checkpointInterval</c> that a log may grow without a checkpoint: writers here write one each interval, others may not.</summary>
    public double CheckpointIntervals { get; init; } = 2;

    /// <summary>Schemas that are left alone. A quarantine tells the rows of an attempt that died by their files.</summary>
    public IReadOnlyList<string> ExceptSchemas { get; init; } = ["quarantine"];

    /// <summary>Bytes of old files rewritten in one round, all tables together; the next round goes on.</summary>
    public long RoundBytes { get; init; } = 2L << 30;

    /// <summary>Bytes of old files rewritten in one commit. Merges of the same process wait for as long as that takes at most.</summary>
    public long CommitBytes { get; init; } = 64L << 20;

    /// <summary>Worker threads of the tender's own DuckDB.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>Memory limit of the tender's own DuckDB, which is open only while there is something to do.</summary>
    public string MemoryLimit { get; init; } = "256MB";

    /// <summary>How long a table is left alone after another writer came first, or a failure; twice as long each time, up to <see cref="MaxPause"/>.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The longest that a table is left alone.</summary>
    public TimeSpan MaxPause { get; init; } = TimeSpan.FromHours(2);

    /// <summary>How long a lake belongs to a tender that took it, and was not heard of since.</summary>
    public TimeSpan LeaseTime { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>What others read in the lease.</summary>
    public string Owner { get; init; } = $"{Environment.MachineName}/{Environment.ProcessId}";

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}

/// <summary>What keeps a table inside its bounds.</summary>
[Flags]
public enum TendingTasks
{
    /// <summary>Nothing: it is inside.</summary>
    None = 0,

    /// <summary>Small files become few.</summary>
    Compact = 1,

    /// <summary>Files lose their deleted rows.</summary>
    Purge = 2,

    /// <summary>A checkpoint is written, and the log cleaned up.</summary>
    Checkpoint = 4,
}

/// <summary>A table that was outside its bounds, and what was done about it.</summary>
/// <param name="Table">The table.</param>
/// <param name="Before">How it was found.</param>
/// <param name="Due">What it needed.</param>
public sealed record TendedTable(TableName Table, TableHealth Before, TendingTasks Due)
{
    /// <summary>What was rewritten; null when nothing was due, or it was not done.</summary>
    public OptimizeResult? Optimized { get; init; }

    /// <summary>The version of the checkpoint that was written, if one was.</summary>
    public long? Checkpoint { get; init; }

    /// <summary>Why it was not, or not all, done; null where it was.</summary>
    public string? Failure { get; init; }
}

/// <summary>One round of a tender.</summary>
/// <param name="Tables">The tables that were outside their bounds.</param>
/// <param name="HeldBy">The other tender to which the lake belongs, so that nothing was looked at; null = the round took place.</param>
public sealed record TendingRound(IReadOnlyList<TendedTable> Tables, string? HeldBy = null);
