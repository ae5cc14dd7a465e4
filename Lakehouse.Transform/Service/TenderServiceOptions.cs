namespace Lakehouse.Transform.Service;

/// <summary>When the lake's tables are tended; the configuration section <c>Lakehouse:Tender</c>.</summary>
internal sealed record TenderServiceOptions
{
    /// <summary>Whether they are at all.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>From the service's start to the first round: what starts should not compete with upkeep.</summary>
    public TimeSpan FirstAfter { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>From the end of one round to the next. A round over tables that did not change reads one directory entry for each.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Memory limit of the DuckDB that is open while there is something to do.</summary>
    public string MemoryLimit { get; init; } = "256MB";
}
