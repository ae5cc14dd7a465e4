using System.Diagnostics;
using System.Globalization;
using Lakehouse.Testing.Fuzz;

namespace Lakehouse.Bench.Tables;

/// <summary>
/// A million seeded inputs for what reads logs, checkpoints, deletion vectors and statistics. Not for time: none may fail. The seeds
/// begin with <c>LAKEHOUSE_FUZZ_SEED</c> (1), and <c>LAKEHOUSE_FUZZ</c> says how many there are.
/// </summary>
internal sealed class FuzzBench : IBench
{
    public string Name => "fuzz";

    public string Summary => "1,000,000 damaged inputs: how many are neither read right nor refused by an error that is meant for it (none)";

    public async Task<IReadOnlyList<Figure>> RunAsync(BenchContext context)
    {
        int first = BenchContext.Setting("LAKEHOUSE_FUZZ_SEED") ?? 1;
        int inputs = BenchContext.Setting("LAKEHOUSE_FUZZ") ?? context.Size(1_000_000, 20_000);
        List<Figure> figures = [];
        foreach (FuzzTarget target in FuzzTarget.All)
        {
            int count = Math.Max(1, inputs / FuzzTarget.All.Count), failures = 0;
            PeakMemory.Reset();
            long started = Stopwatch.GetTimestamp();
            TimeSpan longest = TimeSpan.Zero;
            int slowest = first;
            for (int seed = first; seed < first + count; seed++)
            {
                context.Cancellation.ThrowIfCancellationRequested();
                long begun = Stopwatch.GetTimestamp();
                if (await target.TryAsync(seed) is { } wrong)
                {
                    // The first few tell; the rest is counted.
                    if (failures++ < 3) await context.Progress.WriteLineAsync(wrong);
                }

                TimeSpan took = Stopwatch.GetElapsedTime(begun);
                if (took > longest) (longest, slowest) = (took, seed);
            }

            double rate = count / Stopwatch.GetElapsedTime(started).TotalSeconds;
            figures.Add(Figure.AtMost(
                $"fuzz/{target.Name}", failures, 0, "failures",
                string.Create(CultureInfo.InvariantCulture, $"{count} inputs from seed {first}, {rate:0} a second; the slowest, seed {slowest}, {longest.TotalMilliseconds:0} ms"),
                PeakMemory.ReadMb()));
        }

        return figures;
    }
}
