using System.Diagnostics;
using System.Globalization;
using Lakehouse.Engine;

namespace Lakehouse.Bench.Tables;

/// <summary>Planning a scan of a table of a million files, from nothing: a process of its own starts, reads the log, and leaves out all
/// files but the few that a condition may be true for, by their statistics. The clock stops when it says which they are.</summary>
internal sealed class PlanBench : IBench
{
    /// <summary>Makes the program the process that is measured.</summary>
    public const string OnceArgument = "--plan-once";

    private const double Reach = 1.5;
    private const double MemoryReachMb = 600;

    public string Name => "plan";

    public string Summary => "a new process reads the log of 1M files and plans a scan with a selective condition";

    public async Task<IReadOnlyList<Figure>> RunAsync(BenchContext context)
    {
        int files = context.Size(1_000_000, 100_000);
        await context.Progress.WriteLineAsync($"writing the log of {files} files");
        await WideLog.WriteAsync(context.PathOf("wide"), files, context.Cancellation);
        List<double> seconds = [];
        double peak = 0;
        for (int i = 0; i <= context.Size(5, 1); i++)
        {
            (double took, string answer) = await RunOnceAsync(context);
            await context.Progress.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"process {took:0.00} s: {answer}"));
            string[] parts = answer.Split(' ');
            if (parts[0] != $"{WideLog.Selected}/{files}") throw new BenchException($"plan: {parts[0]} files were planned, not {WideLog.Selected} of {files}");

            // The first one reads from disk what the others find in memory.
            if (i == 0) continue;
            seconds.Add(took);
            peak = Math.Max(peak, double.Parse(parts[1], CultureInfo.InvariantCulture));
        }

        return [Figure.AtMost("plan", Interleaved.Median(seconds), Reach, "s", "none", peak, MemoryReachMb)];
    }

    /// <summary>Plans the scan in this process, and says how many files it reads of how many, and the process's peak memory in MB.</summary>
    public static async Task<int> PlanOnceAsync(string folder)
    {
        await using Lake lake = Lake.Open(Path.Combine(folder, "lake"));
        await using LakeSession session = lake.OpenSession();
        long start = Stopwatch.GetTimestamp();
        await lake.TableAt(Path.Combine(folder, "wide")).SnapshotAsync();
        double open = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        string sql = $"SELECT count(*) FROM delta_scan('{Path.Combine(folder, "wide")}') WHERE {WideLog.Selective}";
        start = Stopwatch.GetTimestamp();
        await session.BindAsync(sql);
        double plan = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        BoundTable bound = session.Bound.Single();
        Console.Write(string.Create(CultureInfo.InvariantCulture, $"{bound.FilesPlanned}/{bound.FilesInTable} {PeakMemory.ReadMb():0} MB, log {open:0} ms, plan {plan:0} ms\n"));
        start = Stopwatch.GetTimestamp();
        await session.BindAsync(sql.Replace("100155", "100145", StringComparison.Ordinal));
        Console.Write(string.Create(CultureInfo.InvariantCulture, $"another plan {Stopwatch.GetElapsedTime(start).TotalMilliseconds:0} ms\n"));
        return 0;
    }

    private static async Task<(double Seconds, string Answer)> RunOnceAsync(BenchContext context)
    {
        long start = Stopwatch.GetTimestamp();
        using Process process = Process.Start(new ProcessStartInfo("dotnet", [typeof(PlanBench).Assembly.Location, OnceArgument, context.Folder]) { RedirectStandardOutput = true })!;
        string? planned = await process.StandardOutput.ReadLineAsync(context.Cancellation);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        string another = await process.StandardOutput.ReadToEndAsync(context.Cancellation);
        await process.WaitForExitAsync(context.Cancellation);
        return process.ExitCode == 0 && planned is not null ? (seconds, $"{planned}, {another.Trim()}") : throw new BenchException($"plan: the process ended with {process.ExitCode}");
    }
}
