using System.Globalization;

namespace Lakehouse.Testing.Fuzz;

/// <summary>Something that reads what others wrote. Any input must give a right answer, or an error that is meant for it.</summary>
/// <param name="Name">By which it is asked for.</param>
/// <param name="Run">Makes an input from a seed and reads it.</param>
public sealed record FuzzTarget(string Name, Func<int, Task> Run)
{
    /// <summary>Memory that one input may take, in bytes: a few bytes must not stand for gigabytes.</summary>
    private const long MostBytes = 64L << 20;

    /// <summary>Every target.</summary>
    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new("commits", LogFuzz.CommitAsync),
        new("checkpoints", LogFuzz.CheckpointAsync),
        new("pointers", LogFuzz.PointerAsync),
        new("checksums", LogFuzz.ChecksumAsync),
        new("vectors", DeletionVectorFuzz.RunAsync),
        new("statistics", StatisticsFuzz.GarbageAsync),
        new("pruning", StatisticsFuzz.PruneAsync),
    ];

    /// <summary>Runs one input.</summary>
    /// <returns>What was wrong, with what repeats it; null when nothing was.</returns>
    public async Task<string?> TryAsync(int seed)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            await Run(seed).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // Whatever comes that was not foreseen is what is looked for.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return string.Create(CultureInfo.InvariantCulture, $"target {Name}, seed {seed}: {exception}");
        }

        long taken = GC.GetAllocatedBytesForCurrentThread() - before;
        return taken <= MostBytes ? null : string.Create(CultureInfo.InvariantCulture, $"target {Name}, seed {seed}: one input took {taken >> 20} MB");
    }
}

/// <summary>An input had an outcome that it must not have.</summary>
public sealed class FuzzException(string message, Exception? innerException = null) : Exception(message, innerException);
