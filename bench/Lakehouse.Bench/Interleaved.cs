using System.Diagnostics;

namespace Lakehouse.Bench;

/// <summary>
/// Two ways of doing a thing, measured in turn (yardstick, ours, yardstick, ours, …) so that a machine whose speed drifts
/// slows both. The ratio is the median of the pairs' ratios, never a ratio of figures from different moments.
/// </summary>
internal sealed record Interleaved(double Ratio, double YardstickSeconds, double OurSeconds, double PeakMb)
{
    /// <summary>One pair uncounted to warm up, then <paramref name="pairs"/> counted ones; each function returns the seconds it took.</summary>
    public static async Task<Interleaved> MeasureAsync(Func<Task<double>> yardstick, Func<Task<double>> ours, int pairs = 5, bool warmUp = true)
    {
        if (warmUp)
        {
            await yardstick();
            await ours();
        }

        var ratios = new List<double>();
        var yardsticks = new List<double>();
        var mine = new List<double>();
        double peak = 0;
        for (int pair = 0; pair < pairs; pair++)
        {
            yardsticks.Add(await yardstick());
            PeakMemory.Reset();
            mine.Add(await ours());
            peak = Math.Max(peak, PeakMemory.ReadMb());
            ratios.Add(mine[^1] / yardsticks[^1]);
        }

        return new Interleaved(Median(ratios), Median(yardsticks), Median(mine), peak);
    }

    /// <summary>How long <paramref name="work"/> takes, in seconds.</summary>
    public static async Task<double> TimeAsync(Func<Task> work)
    {
        long start = Stopwatch.GetTimestamp();
        await work();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    /// <summary>The middle value (the mean of the two middle ones for an even count).</summary>
    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
