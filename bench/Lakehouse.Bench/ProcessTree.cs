using System.Globalization;

namespace Lakehouse.Bench;

/// <summary>The memory of a process with all its descendants: the sum of proportional set sizes, which count each shared page once
/// (proc(5), smaps_rollup). Linux only.</summary>
internal sealed class ProcessTree(int root)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    /// <summary>The most seen by <see cref="WatchAsync"/>, in MB of 2^20 bytes.</summary>
    public double PeakMb { get; private set; }

    /// <summary>Looks every tenth of a second until stopped.</summary>
    public async Task WatchAsync(CancellationToken stop)
    {
        using var timer = new PeriodicTimer(Interval);
        try
        {
            do PeakMb = Math.Max(PeakMb, MeasureMb());
            while (await timer.WaitForNextTickAsync(stop));
        }
        catch (OperationCanceledException)
        {
            // asked to end
        }
    }

    private double MeasureMb()
    {
        ILookup<int, int> children = ProcFile.Processes().ToLookup(ParentOf);
        long kiB = 0;
        var left = new Stack<int>([root]);
        while (left.TryPop(out int id))
        {
            kiB += ProcFile.PssKiB(id);
            foreach (int child in children[id]) left.Push(child);
        }

        return kiB / 1024.0;
    }

    private static int ParentOf(int process)
    {
        // The name in parentheses may hold anything; what follows it is the state and the parent.
        string status = ProcFile.ReadOrEmpty(process, "stat");
        string[] fields = status[(status.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields.Length > 1 ? int.Parse(fields[1], CultureInfo.InvariantCulture) : 0;
    }
}
