namespace Lakehouse.Ingestion.Sample;

/// <summary>How changes are spread over time and over transactions.</summary>
public enum SimulatorPattern
{
    /// <summary>Small transactions of every kind, evenly spread.</summary>
    Trickle,

    /// <summary>The same transactions, but all of a cycle's at its end, as fast as they go, after silence.</summary>
    Burst,

    /// <summary>One large transaction a cycle, over several tables.</summary>
    Bulk,

    /// <summary>As <see cref="Trickle"/>, while columns are added and a type is widened.</summary>
    Schema,
}

/// <summary>What a <see cref="ChangeSimulator"/> does, and how fast.</summary>
public sealed record SimulatorOptions
{
    /// <summary>How changes are spread.</summary>
    public SimulatorPattern Pattern { get; init; } = SimulatorPattern.Trickle;

    /// <summary>Row changes (inserted, updated, deleted rows) a second on average; above 0.</summary>
    public double ChangesPerSecond { get; init; } = 500;

    /// <summary>How long to go on; null until cancelled. What falls due in this time is done, even when that takes longer.</summary>
    public TimeSpan? Duration { get; init; }

    /// <summary>Length of a cycle of <see cref="SimulatorPattern.Burst"/> and <see cref="SimulatorPattern.Bulk"/>.</summary>
    public TimeSpan Cycle { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>What the changes are drawn from: the same seed over the same rows makes the same changes in the same order, apart from times.</summary>
    public int Seed { get; init; } = 1;

    internal void Check()
    {
        if (!(ChangesPerSecond > 0 && double.IsFinite(ChangesPerSecond)))
            throw new ArgumentOutOfRangeException(nameof(ChangesPerSecond), ChangesPerSecond, "The rate is above 0 changes a second.");
        if (Duration is { } duration && duration <= TimeSpan.Zero)
            throw new ArgumentOutOfRangeException(nameof(Duration), duration, "The duration is above 0; leave it out to run until cancelled.");
        if (Cycle <= TimeSpan.Zero)
            throw new ArgumentOutOfRangeException(nameof(Cycle), Cycle, "The cycle is above 0.");
    }
}
