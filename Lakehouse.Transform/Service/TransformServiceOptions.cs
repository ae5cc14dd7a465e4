namespace Lakehouse.Transform.Service;

/// <summary>What the service runs, and when; the configuration section <c>Lakehouse:Transform</c>.</summary>
internal sealed record TransformServiceOptions
{
    /// <summary>The dbt project's folder; null for the sample models, which come with the program.</summary>
    public string? Project { get; init; }

    /// <summary>The least time from the start of one run to the start of the next that new bronze brings about.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How often <c>bronze._commits</c> is looked at; a look reads one directory entry.</summary>
    public TimeSpan Poll { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>The longest pause before a run that failed is tried again without new bronze; pauses double up to it.</summary>
    public TimeSpan MaxRetryPause { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How many nodes run at once; null for one a core, at most four.</summary>
    public int? Threads { get; init; }

    /// <summary>DuckDB's memory limit.</summary>
    public string MemoryLimit { get; init; } = "256MB";

    /// <summary>How many runs are remembered.</summary>
    public int History { get; init; } = 100;
}
