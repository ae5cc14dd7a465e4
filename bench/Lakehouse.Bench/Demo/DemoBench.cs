using System.Diagnostics;
using System.Text.Json;

namespace Lakehouse.Bench.Demo;

/// <summary><c>lakehouse demo</c> as a user starts it: a new process, an empty folder, a new PostgreSQL. The time is the demo's own, from
/// the start of its process to its first answer out of gold; memory is that of all its processes, to the end of the demo.</summary>
internal sealed class DemoBench : IBench
{
    public string Name => "demo";

    public string Summary => "lakehouse demo --scale 0.1: cold start to the first gold answer, and the memory of all its processes";

    public async Task<IReadOnlyList<Figure>> RunAsync(BenchContext context)
    {
        List<double> seconds = [];
        double peak = 0;
        for (int run = 0; run < context.Size(3, 1); run++)
        {
            (double first, double peakMb) = await RunOnceAsync(context);
            await context.Progress.WriteLineAsync(FormattableString.Invariant($"first gold answer after {first:0.0} s, {peakMb:0} MB"));
            seconds.Add(first);
            peak = Math.Max(peak, peakMb);
        }

        return [Figure.AtMost(Name, Interleaved.Median(seconds), 15, "s", "none: cold start to the first gold answer", peak, 700)];
    }

    private static async Task<(double Seconds, double PeakMb)> RunOnceAsync(BenchContext context)
    {
        string program = Path.Combine(AppContext.BaseDirectory, "lakehouse.dll");
        string[] arguments = [program, "demo", "--scale", context.Quick ? "0.01" : "0.1", "--duration", "3s", "--json"];
        using Process process = Process.Start(new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var tree = new ProcessTree(process.Id);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.Cancellation);
        Task watching = tree.WatchAsync(stop.Token);
        Task<string> errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
        // Ctrl-C goes to the demo too, which clears up after itself.
        string report = await process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        await process.WaitForExitAsync(CancellationToken.None);
        await stop.CancelAsync();
        await watching;
        context.Cancellation.ThrowIfCancellationRequested();
        if (process.ExitCode != 0) throw new BenchException($"lakehouse demo ended with exit code {process.ExitCode}: {(await errors).Trim()}");
        using JsonDocument json = JsonDocument.Parse(report);
        return (json.RootElement.GetProperty("timings").GetProperty("firstGoldAnswerSeconds").GetDouble(), tree.PeakMb);
    }
}
