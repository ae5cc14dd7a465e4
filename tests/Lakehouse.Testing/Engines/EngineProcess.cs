using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Lakehouse.Testing.Engines;

/// <summary>
/// An engine of the outside world (Spark, Trino) that runs as a child process for the length of a test class.
/// Its output is kept so that a start that fails can say why; it is killed with its whole process tree on dispose.
/// </summary>
public sealed class EngineProcess : IAsyncDisposable
{
    /// <summary>Java options for a server that lives for a minute: the second compiler would take more of the machine than its code gives back.</summary>
    public const string JavaForShortRuns = "-XX:TieredStopAtLevel=1";

    private const int KeptLines = 60;
    private readonly Process process;
    private readonly Queue<string> output = new();

    private EngineProcess(string name, ProcessStartInfo start)
    {
        Name = name;
        process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
    }

    /// <summary>The engine's name, for messages.</summary>
    public string Name { get; }

    /// <summary>The process's id; where the program is a script that ends in <c>exec</c>, the engine's.</summary>
    public int Id => process.Id;

    /// <summary>Starts <paramref name="program"/> without a shell; the environment is the test's own plus <paramref name="environment"/>.</summary>
    public static EngineProcess Start(
        string name, string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment, string workingFolder)
    {
        var start = new ProcessStartInfo(program)
        {
            WorkingDirectory = workingFolder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        foreach ((string key, string value) in environment)
            start.Environment[key] = value;

        var engine = new EngineProcess(name, start);
        engine.process.Start();
        engine.process.BeginOutputReadLine();
        engine.process.BeginErrorReadLine();
        return engine;
    }

    /// <summary>
    /// Asks <paramref name="isReady"/> until it says yes. An exception counts as "not yet"; the process ending does not.
    /// </summary>
    /// <exception cref="InvalidOperationException">The process ended, or the deadline passed; the message holds its last lines.</exception>
    public async Task WaitUntilReadyAsync(Func<CancellationToken, Task<bool>> isReady, TimeSpan deadline, CancellationToken cancellationToken)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(deadline);
        using var poll = new PeriodicTimer(TimeSpan.FromMilliseconds(250));
        Exception? last = null;
        while (!process.HasExited)
        {
            try
            {
                if (await isReady(timeout.Token))
                    return;
                await poll.WaitForNextTickAsync(timeout.Token);
            }
            catch (OperationCanceledException) when (timeout.IsCancellationRequested)
            {
                throw new InvalidOperationException($"{Name} was not ready after {deadline.TotalSeconds:0} s. Last error: {last?.Message}. Its last lines:\n{LastLines()}");
            }
            catch (Exception notYet) when (notYet is HttpRequestException or IOException or InvalidOperationException)
            {
                last = notYet;
                await poll.WaitForNextTickAsync(cancellationToken);
            }
        }

        throw new InvalidOperationException($"{Name} ended with exit code {process.ExitCode} while starting. Its last lines:\n{LastLines()}");
    }

    /// <summary>How the process ended, for a message: it is given ten seconds to, as one that ends closes its connections first.</summary>
    public async Task<string> EndAsync(CancellationToken cancellationToken)
    {
        using var moment = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        moment.CancelAfter(TimeSpan.FromSeconds(10));
        try
        {
            await process.WaitForExitAsync(moment.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return $"{Name} still runs. Its last lines:\n{LastLines()}";
        }

        return $"{Name} ended with exit code {process.ExitCode} (above 128: that less 128 is the signal). Its last lines:\n{LastLines()}";
    }

    /// <summary>A TCP port of the loopback interface that was free a moment ago.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
            process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync();
        process.Dispose();
    }

    private void Keep(string? line)
    {
        if (line is null)
            return;
        lock (output)
        {
            output.Enqueue(line);
            if (output.Count > KeptLines)
                output.Dequeue();
        }
    }

    private string LastLines()
    {
        lock (output)
            return new StringBuilder().AppendJoin('\n', output).ToString();
    }
}
