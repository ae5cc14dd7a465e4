using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Lakehouse.Services.Tests;

/// <summary>A service's own program as a child process, on a port that the system chooses.</summary>
internal sealed partial class ServiceProcess : IAsyncDisposable
{
    private const int Terminate = 15;
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(120);

    private readonly Process process;
    private readonly ConcurrentQueue<string> output = new();
    private readonly TaskCompletionSource<Uri> listening = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ServiceProcess(string name, ProcessStartInfo start)
    {
        Name = name;
        process = new Process { StartInfo = start, EnableRaisingEvents = true };
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.Exited += (_, _) => listening.TrySetException(new InvalidOperationException($"{Name} ended while it started."));
    }

    public string Name { get; }

    /// <summary>Everything that it wrote.</summary>
    public string Output => string.Join(Environment.NewLine, output);

    public HttpClient Client { get; private set; } = null!;

    public Uri Address => Client.BaseAddress!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Starts a service and waits until it listens.</summary>
    public static async Task<ServiceProcess> StartAsync(string project, IReadOnlyDictionary<string, string> environment)
    {
        ServiceProcess service = Launch(project, environment);
        try
        {
            service.Client = new HttpClient { BaseAddress = await service.listening.Task.WaitAsync(Deadline, Cancellation), Timeout = Deadline };
            return service;
        }
        catch (Exception error)
        {
            await service.DisposeAsync();
            throw new InvalidOperationException($"{project} does not listen: {error.Message}{Environment.NewLine}{service.Output}", error);
        }
    }

    /// <summary>Runs a program that ends by itself.</summary>
    public static async Task<(int ExitCode, string Output)> RunAsync(string project, IReadOnlyDictionary<string, string> environment, params IEnumerable<string> arguments)
    {
        await using ServiceProcess service = Launch(project, environment, arguments);
        await service.process.WaitForExitAsync(Cancellation).WaitAsync(Deadline, Cancellation);
        return (service.process.ExitCode, service.Output);
    }

    /// <summary>Waits until the readiness endpoint answers 200.</summary>
    public async Task HealthyAsync()
    {
        string answer = "";
        await UntilAsync(async () =>
        {
            using HttpResponseMessage response = await Client.GetAsync("/health", Cancellation);
            answer = await response.Content.ReadAsStringAsync(Cancellation);
            return response.StatusCode == HttpStatusCode.OK;
        }, () => $"{Name} is not healthy: {answer}{Environment.NewLine}{Output}");
    }

    public async Task<JsonElement> GetAsync(string path)
    {
        using JsonDocument document = JsonDocument.Parse(await Client.GetStringAsync(path, Cancellation));
        return document.RootElement.Clone();
    }

    /// <summary>Asks it to end, as a supervisor does.</summary>
    /// <returns>How long that took.</returns>
    public async Task<TimeSpan> StopAsync()
    {
        long started = Stopwatch.GetTimestamp();
        Assert.Equal(0, kill(process.Id, Terminate));
        await process.WaitForExitAsync(Cancellation).WaitAsync(Deadline, Cancellation);
        TimeSpan took = Stopwatch.GetElapsedTime(started);
        Assert.True(process.ExitCode == 0, $"{Name} ended with {process.ExitCode}:{Environment.NewLine}{Output}");
        return took;
    }

    /// <summary>Ends it as a crash does.</summary>
    public async Task KillAsync()
    {
        process.Kill();
        await process.WaitForExitAsync(Cancellation).WaitAsync(Deadline, Cancellation);
    }

    /// <summary>Waits for a state, asking again and again.</summary>
    public static async Task UntilAsync(Func<Task<bool>> reached, Func<string> otherwise)
    {
        for (long until = Environment.TickCount64 + (long)Deadline.TotalMilliseconds; !await reached(); await Task.Delay(50, Cancellation))
            Assert.True(Environment.TickCount64 < until, otherwise());
    }

    public async ValueTask DisposeAsync()
    {
        Client?.Dispose();
        if (!process.HasExited)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
        }
        process.Dispose();
    }

    private static ServiceProcess Launch(string project, IReadOnlyDictionary<string, string> environment, params IEnumerable<string> arguments)
    {
        string program = Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? project + ".exe" : project);
        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = AppContext.BaseDirectory,
        };
        foreach (string name in start.Environment.Keys.Where(n => n.StartsWith("ConnectionStrings__", StringComparison.OrdinalIgnoreCase) || n.StartsWith("OTEL_", StringComparison.Ordinal)).ToList())
            start.Environment.Remove(name);
        start.Environment["ASPNETCORE_URLS"] = "http://127.0.0.1:0";
        foreach ((string name, string value) in environment) start.Environment[name] = value;
        var service = new ServiceProcess(project, start);
        service.process.Start();
        service.process.BeginOutputReadLine();
        service.process.BeginErrorReadLine();
        return service;
    }

    private void Keep(string? line)
    {
        if (line is null) return;
        output.Enqueue(line);
        if (Listening().Match(line) is { Success: true } match) listening.TrySetResult(new Uri(match.Groups[1].Value));
    }

    [GeneratedRegex("Now listening on: (http://[^ ]+)")]
    private static partial Regex Listening();

    [DllImport("libc", SetLastError = true)]
    private static extern int kill(int process, int signal);
}
