namespace Lakehouse.Ingestion.Sample;

/// <summary>How many row changes are due at a time, by pattern; over the whole duration every pattern comes to the same number.</summary>
internal sealed class SimulatorPace(SimulatorOptions options)
{
    // Within a cycle, a burst comes after this part of silence.
    private const double Silence = 0.75;

    private readonly double cycle = Math.Min(options.Cycle.TotalSeconds, options.Duration?.TotalSeconds ?? double.MaxValue);

    /// <summary>Whether nothing falls due any more.</summary>
    public bool IsOver(TimeSpan elapsed) => elapsed >= options.Duration;

    /// <summary>Row changes that should have been made by now, counted from the start.</summary>
    public long Due(TimeSpan elapsed)
    {
        if (IsOver(elapsed)) return (long)Math.Round(options.ChangesPerSecond * options.Duration!.Value.TotalSeconds);
        double seconds = elapsed.TotalSeconds;
        if (options.Pattern is SimulatorPattern.Burst or SimulatorPattern.Bulk)
            seconds = Math.Floor(seconds / cycle + (1 - Silence)) * cycle;
        if (options.Duration is { } duration) seconds = Math.Min(seconds, duration.TotalSeconds);
        return (long)(options.ChangesPerSecond * seconds);
    }
}
