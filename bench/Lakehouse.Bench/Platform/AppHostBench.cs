using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.RegularExpressions;

namespace Lakehouse.Bench.Platform;

/// <summary>
/// The AppHost as <c>dotnet run</c> starts it once it is built: a new process, an empty data folder, everything embedded. Times
/// are from the start of the process; memory is that of everything it started, with DCP and the dashboard, when all is idle.
/// </summary>
internal sealed partial class AppHostBench : IBench
{
    /// <summary>What an embedded platform runs until it is stopped.</summary>
    private static readonly string[] Resources = ["postgres", "source", "metadata", "lake", "catalog", "ingestion", "transform", "api"];

    private const string FirstAnswer = "SELECT count(*) FROM gold.sales_metrics";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>After the first gold answer, for what starts behind it to end.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(15);

    public string Name => "apphost";

    public string Summary => "the AppHost with its dashboard, cold, scale 0.1: dashboard, all healthy, first gold answer, memory when idle, stop";

    public async Task<IReadOnlyList<Figure>> RunAsync(BenchContext context)
    {
        List<Run> runs = [];
        for (int number = 0; number < context.Size(3, 1); number++)
        {
            Run run = await RunOnceAsync(context, context.PathOf($"data-{number}"));
            await context.Progress.WriteLineAsync(FormattableString.Invariant(
                $"dashboard {run.Dashboard:0.0} s, healthy {run.Healthy:0.0} s, gold {run.Gold:0.0} s, stop {run.Stop:0.0} s, {run.IdleMb.Values.Sum():0} MB: {string.Join(", ", run.IdleMb.OrderByDescending(part => part.Value).Select(part => FormattableString.Invariant($"{part.Key} {part.Value:0}")))}"));
            runs.Add(run);
        }

        const string Yardstick = "none: cold start";
        double idle = Median(run => run.IdleMb.Values.Sum());
        return
        [
            Figure.AtMost($"{Name}/dashboard", Median(run => run.Dashboard), 5, "s", Yardstick, idle),
            Figure.AtMost($"{Name}/healthy", Median(run => run.Healthy), 12, "s", Yardstick, idle),
            Figure.AtMost($"{Name}/gold", Median(run => run.Gold), 20, "s", Yardstick, idle),
            Figure.AtMost($"{Name}/stop", Median(run => run.Stop), 10, "s", "none: from the signal to the end of the last process", idle),
            Figure.AtMost($"{Name}/idle", idle, 800, "MB", "none: proportional set size of all processes, 15 s after gold", idle),
        ];

        double Median(Func<Run, double> figure) => Interleaved.Median([.. runs.Select(figure)]);
    }

    private static async Task<Run> RunOnceAsync(BenchContext context, string data)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(context.Cancellation);
        limit.CancelAfter(Patience);
        var family = ProcessFamily.Create();
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Lakehouse.AppHost.dll"), "--placement=embedded", $"--data={data}", $"--scale={(context.Quick ? "0.01" : "0.1")}"])
        {
            RedirectStandardOutput = true,
            Environment =
            {
                [ProcessFamily.Variable] = family.Id,
                ["DOTNET_ENVIRONMENT"] = "Development",
                ["ASPNETCORE_URLS"] = "http://localhost:0",
                ["ASPIRE_ALLOW_UNSECURED_TRANSPORT"] = "true",
                ["ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL"] = "http://localhost:0",
                ["Logging__LogLevel__Aspire.Hosting.Orchestration"] = "Debug",
                ["Logging__Console__FormatterName"] = "simple",
                ["Logging__Console__FormatterOptions__SingleLine"] = "true",
                ["Logging__Console__FormatterOptions__ColorBehavior"] = "Disabled",
            },
        };
        var clock = Stopwatch.StartNew();
        using Process host = Process.Start(start)!;
        try
        {
            (double dashboard, double healthy, double gold) = await FollowAsync(host.StandardOutput, clock, limit.Token);
            await Task.Delay(Settling, limit.Token);
            Dictionary<string, double> idle = family.MeasureMb();
            clock.Restart();
            await TerminateAsync(host);
            Task<string> rest = host.StandardOutput.ReadToEndAsync(limit.Token);
            await host.WaitForExitAsync(limit.Token);
            while (family.IsAlive) await Task.Delay(TimeSpan.FromMilliseconds(50), limit.Token);
            double stop = clock.Elapsed.TotalSeconds;
            await rest;
            return new Run(dashboard, healthy, gold, stop, idle);
        }
        catch (OperationCanceledException) when (!context.Cancellation.IsCancellationRequested)
        {
            throw new BenchException($"The AppHost did not get there within {Patience.TotalSeconds:0} s.");
        }
        finally
        {
            if (!host.HasExited) await TerminateAsync(host);
        }
    }

    /// <summary>As a service manager stops it; the programs it runs are its own to stop.</summary>
    private static async Task TerminateAsync(Process host)
    {
        using Process kill = Process.Start("kill", ["-TERM", FormattableString.Invariant($"{host.Id}")]);
        await kill.WaitForExitAsync();
    }

    /// <summary>Reads the console until all resources are ready and gold has answered.</summary>
    private static async Task<(double Dashboard, double Healthy, double Gold)> FollowAsync(StreamReader console, Stopwatch clock, CancellationToken cancellationToken)
    {
        double dashboard = 0, healthy = 0;
        HashSet<string> left = [.. Resources];
        Uri? api = null;
        while (healthy == 0 || dashboard == 0)
        {
            string line = await console.ReadLineAsync(cancellationToken) ?? throw new BenchException("The AppHost ended before everything was healthy.");
            if (line.Contains("Now listening on:", StringComparison.Ordinal)) dashboard = clock.Elapsed.TotalSeconds;
            if (ReadyLine().Match(line) is not { Success: true } ready) continue;
            if (left.Remove(ready.Groups["name"].Value) && left.Count == 0) healthy = clock.Elapsed.TotalSeconds;
            if (ready.Groups["name"].Value == "api") api = new Uri(ready.Groups["url"].Value);
        }

        // Not before: every question takes a sandbox, and asking for what cannot be there yet would slow down what is measured.
        return (dashboard, healthy, await UntilGoldAsync(api!, clock, cancellationToken));
    }

    private static async Task<double> UntilGoldAsync(Uri api, Stopwatch clock, CancellationToken cancellationToken)
    {
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = api };
        while (true)
        {
            using HttpResponseMessage answer = await client.PostAsJsonAsync("/api/v1/sql", new { sql = FirstAnswer }, cancellationToken);
            if (answer.IsSuccessStatusCode) return clock.Elapsed.TotalSeconds;
            await Task.Delay(TimeSpan.FromMilliseconds(100), cancellationToken);
        }
    }

    [GeneratedRegex(@"Resource '(?<name>[^']+)' is ready\.(?: (?<url>http\S+))?")]
    private static partial Regex ReadyLine();

    private sealed record Run(double Dashboard, double Healthy, double Gold, double Stop, Dictionary<string, double> IdleMb);
}
