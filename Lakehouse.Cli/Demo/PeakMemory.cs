using System.Globalization;

namespace Lakehouse.Cli.Demo;

/// <summary>
/// Watches the memory of this process and of PostgreSQL's processes: the proportional set size, which counts each shared
/// page once. Only Linux tells it.
/// </summary>
public sealed class PeakMemory : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(400);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _watching;
    private int _server;
    private long _peakKiB;

    private PeakMemory() => _watching = OperatingSystem.IsLinux() ? Task.Run(WatchAsync) : Task.CompletedTask;

    /// <summary>The peak so far in MiB; null where the system does not tell.</summary>
    public double? MiB => _peakKiB == 0 ? null : Math.Round(_peakKiB / 1024.0, 1);

    public static PeakMemory Watch() => new();

    /// <summary>Counts a server process and its children from now on.</summary>
    public void Include(int processId) => Volatile.Write(ref _server, processId);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _watching;
        _stop.Dispose();
    }

    private async Task WatchAsync()
    {
        using PeriodicTimer timer = new(Interval);
        try
        {
            do
                _peakKiB = Math.Max(_peakKiB, MeasureKiB());
            while (await timer.WaitForNextTickAsync(_stop.Token));
        }
        catch (OperationCanceledException)
        {
            // asked to end
        }
    }

    private long MeasureKiB()
    {
        long sum = PssKiB(Environment.ProcessId);
        int server = Volatile.Read(ref _server);
        if (server == 0)
            return sum;
        sum += PssKiB(server);
        foreach (int child in Children(server))
            sum += PssKiB(child);
        return sum;
    }

    private static IEnumerable<int> Children(int parent)
    {
        string path = $"/proc/{parent}/task/{parent}/children";
        return ReadOrEmpty(path).Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(id => int.Parse(id, CultureInfo.InvariantCulture));
    }

    private static long PssKiB(int process)
    {
        foreach (string line in ReadOrEmpty($"/proc/{process}/smaps_rollup").Split('\n'))
        {
            if (line.StartsWith("Pss:", StringComparison.Ordinal))
                return long.Parse(line.AsSpan(4).Trim()[..^3], CultureInfo.InvariantCulture);
        }
        return 0;
    }

    /// <summary>A process may end between two looks.</summary>
    private static string ReadOrEmpty(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
