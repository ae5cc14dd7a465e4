namespace Lakehouse.Transform;

/// <summary>What a run does.</summary>
public sealed record RunOptions
{
    /// <summary>dbt's selection; empty = everything.</summary>
    public IReadOnlyList<string> Select { get; init; } = [];

    /// <summary>What is taken out of the selection.</summary>
    public IReadOnlyList<string> Exclude { get; init; } = [];

    /// <summary>Builds incremental models and unchanged tables anew from everything.</summary>
    public bool FullRefresh { get; init; }

    /// <summary>How many nodes run at once, each on its own session.</summary>
    public int Threads { get; init; } = Math.Clamp(Environment.ProcessorCount, 1, 4);

    /// <summary>Variables that take the place of the project's while compiling. (Variables that decide what a model reads belong into
    /// <see cref="DbtProject.Load"/>.)</summary>
    public IReadOnlyDictionary<string, object?> Vars { get; init; } = new Dictionary<string, object?>();

    /// <summary>Where <c>manifest.json</c>, <c>run_results.json</c> and compiled SQL go; null = nowhere.</summary>
    public string? TargetFolder { get; init; }
}
