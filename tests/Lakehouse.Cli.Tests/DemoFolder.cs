using System.Diagnostics;
using System.Text;
using System.Text.Json;

namespace Lakehouse.Cli.Tests;

/// <summary>A folder for <c>lakehouse demo --data</c>, small demos in it, and the processes that belong to it.</summary>
public sealed class DemoFolder : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("lakehouse-cli-demo-");

    public string Data => _folder.FullName;

    public string Lake => Path.Combine(Data, "lake");

    /// <summary>A demo small enough for a test.</summary>
    public string[] Small(params string[] more) => ["demo", "--data", Data, "--scale", "0.003", "--rate", "100", "--duration", "1s", .. more];

    /// <summary>Starts a demo that streams for ten minutes, and returns when it streams.</summary>
    public Task<LakehouseProcess> StartStreamingAsync() => StartAsync("Silver and gold:");

    /// <summary>Starts a demo that streams for ten minutes, and returns when it has said that a stage is through.</summary>
    public async Task<LakehouseProcess> StartAsync(string stage)
    {
        LakehouseProcess demo = LakehouseProcess.Start(["demo", "--data", Data, "--scale", "0.003", "--rate", "100", "--duration", "10m"]);
        StringBuilder said = new();
        while (await demo.ErrorLineAsync() is { } line)
        {
            said.AppendLine(line);
            if (line.StartsWith(stage, StringComparison.Ordinal))
                return demo;
        }
        throw new InvalidOperationException($"The demo ended before '{stage}':\n{said}");
    }

    /// <summary>Starts a demo, and returns when a process whose command line holds <paramref name="program"/> runs for it.</summary>
    public async Task<LakehouseProcess> StartUntilRunsAsync(string program)
    {
        LakehouseProcess demo = LakehouseProcess.Start(Small());
        long started = Stopwatch.GetTimestamp();
        while (!Running().Any(commandLine => commandLine.Contains(program, StringComparison.Ordinal)))
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < Deadline, $"{program} was not seen");
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }
        return demo;
    }

    /// <summary>Runs a small demo to its equal answers.</summary>
    public async Task<JsonElement> RunAsync()
    {
        LakehouseResult result = await LakehouseProcess.RunAsync(Small("--json"));
        Assert.True(result.ExitCode == 0, result.ToString());
        return JsonDocument.Parse(result.Out).RootElement;
    }

    /// <summary>Waits until no process names the folder on its command line: neither the demo nor its PostgreSQL.</summary>
    public async Task NothingRunsAsync()
    {
        long started = Stopwatch.GetTimestamp();
        while (Running() is { Count: > 0 } running)
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < Deadline, $"still running: {string.Join("; ", running)}");
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>The command lines of processes that name the folder.</summary>
    public List<string> Running()
    {
        List<string> running = [];
        foreach (string process in Directory.EnumerateDirectories("/proc").Where(folder => int.TryParse(Path.GetFileName(folder), out _)))
        {
            try
            {
                string commandLine = File.ReadAllText(Path.Combine(process, "cmdline")).Replace('\0', ' ');
                if (commandLine.Contains(Data, StringComparison.Ordinal))
                    running.Add(commandLine);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // it ended between two looks
            }
        }
        return running;
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
