namespace Lakehouse.Api.Sandbox;

/// <summary>Limits on the SQL of strangers, from the configuration section <c>Lakehouse:Sql</c>.</summary>
public sealed record SandboxOptions
{
    /// <summary>Sandbox processes that may run a query at the same time.</summary>
    public int MaxConcurrent { get; init; } = Math.Max(2, Environment.ProcessorCount);

    /// <summary>Queries that may wait for a place; one more is refused (503).</summary>
    public int MaxQueued { get; init; } = 32;

    /// <summary>Processes that are started ahead of need: as many as can start beside a query that runs, two at most, for each takes memory while it waits.</summary>
    public int Warm { get; init; } = Math.Clamp(Environment.ProcessorCount / 2, 1, 2);

    /// <summary>Results held open for their next page; beyond this the one unread for longest is closed.</summary>
    public int MaxOpenResults { get; init; } = 8;

    /// <summary>How long a result waits for its next page before it is closed.</summary>
    public TimeSpan OpenResultLifetime { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Time limit of a page when the request names none.</summary>
    public TimeSpan DefaultTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The longest time limit that a request may name.</summary>
    public TimeSpan MaxTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Rows of a page when the request names none.</summary>
    public int DefaultLimit { get; init; } = 1_000;

    /// <summary>The most rows of a page.</summary>
    public int MaxLimit { get; init; } = 100_000;

    /// <summary>Bytes of JSON after which a page ends early, and the most that a single row may take.</summary>
    public int MaxPageBytes { get; init; } = 8 << 20;

    /// <summary>The longest SQL text, in characters.</summary>
    public int MaxSqlLength { get; init; } = 200_000;

    /// <summary>DuckDB's <c>memory_limit</c> of one query, in MiB.</summary>
    public int MemoryMiB { get; init; } = 512;

    /// <summary>
    /// What one process may map beyond its state at rest, in MiB (RLIMIT_DATA). Peaks of 1.2 to 1.7 times a small
    /// <c>memory_limit</c> are normal; threads' stacks and the runtime's heap count as well.
    /// </summary>
    public int HardMemoryMiB { get; init; } = 1_024;

    /// <summary>DuckDB's threads for one query.</summary>
    public int Threads { get; init; } = Math.Min(4, Environment.ProcessorCount);

    /// <summary>Whether OPTIMIZE, VACUUM and RESTORE are carried out. Off, as nobody signs in: whoever reaches the service could go back to
    /// yesterday's rows.</summary>
    public bool AllowUpkeep { get; init; }
}
