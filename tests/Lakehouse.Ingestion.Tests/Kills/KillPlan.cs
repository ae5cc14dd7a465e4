using Lakehouse.Ingestion.Bronze;

namespace Lakehouse.Ingestion.Tests.Kills;

/// <summary>One kill: when the ingester reaches a step for the n-th time, or after a time.</summary>
/// <param name="Step">The step; null for a time.</param>
/// <param name="Hits">How often the step is reached.</param>
/// <param name="After">The time after the start.</param>
internal sealed record Kill(IngestionStep? Step, int Hits, TimeSpan After)
{
    /// <summary>Steps are passed at very different rates: a first start's once, a batch's once a table.</summary>
    public static Kill Draw(Random random, bool allowsTime)
    {
        if (allowsTime && random.Next(2) == 0) return new Kill(null, 0, TimeSpan.FromMilliseconds(random.Next(150, 1500)));
        var steps = Enum.GetValues<IngestionStep>();
        var step = steps[random.Next(steps.Length)];
        return new Kill(step, step is IngestionStep.SlotCreated or IngestionStep.PublicationChanged ? 1 : random.Next(1, 7), default);
    }

    public override string ToString() => Step is { } step ? $"{step} #{Hits}" : $"after {After.TotalMilliseconds} ms";
}

/// <summary>What an ingester that is killed inside the test's process throws: nothing catches it on the way.</summary>
internal sealed class KilledException(Kill kill) : Exception($"killed: {kill}");
