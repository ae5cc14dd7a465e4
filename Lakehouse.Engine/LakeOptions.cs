using Lakehouse.Delta;
using Lakehouse.Storage;

namespace Lakehouse.Engine;

/// <summary>How a lake's DuckDB works.</summary>
public sealed record LakeOptions
{
    /// <summary>DuckDB's memory limit, such as <c>2GB</c>; null = DuckDB's own default (80 % of the machine's memory). It is a
    /// target, not a wall: peaks of 1.2 to 1.7 times a small limit were measured.</summary>
    public string? MemoryLimit { get; init; }

    /// <summary>DuckDB's worker threads; null = one a core.</summary>
    public int? Threads { get; init; }

    /// <summary>The folder below which a private folder for spilled data is made, and deleted on dispose (after a kill, when
    /// the next lake is opened with the same folder); null = the system's.</summary>
    public string? TempFolder { get; init; }

    /// <summary>Size at which a data file is closed and the next begun, in bytes.</summary>
    public long TargetFileBytes { get; init; } = 128L << 20;

    /// <summary>How often a merge or overwrite is made anew on a newer snapshot after losing to another writer.</summary>
    public int MaxAttempts { get; init; } = 10;

    /// <summary>The writer's name in <c>commitInfo.engineInfo</c>.</summary>
    public string EngineInfo { get; init; } = "Lakehouse/" + typeof(LakeOptions).Assembly.GetName().Version?.ToString(3);

    /// <summary>Hears of checkpoints of tables that could not be written or read, while the rest of the log sufficed.</summary>
    public Action<CheckpointFailure>? CheckpointFailed { get; init; }

    /// <summary>Hears of Iceberg metadata of tables that could not be written, while the commit before it stands.</summary>
    public Action<IcebergFailure>? IcebergFailed { get; init; }

    /// <summary>How many small files of one partition bring a compaction about in tables with <c>delta.autoOptimize.autoCompact</c> that do
    /// not say themselves.</summary>
    public int AutoCompactMinFiles { get; init; } = 50;

    /// <summary>Hears of compactions after commits that failed; the commits stand, and a later one tries again.</summary>
    public Action<LakeTable, Exception>? AutoCompactFailed { get; init; }

    /// <summary>Puts something between the lake and its store: faults on demand.</summary>
    internal Func<IObjectStore, IObjectStore>? WrapStore { get; init; }
}
