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

    private double MeasureMb() => ProcFile.WithDescendants([root]).Sum(ProcFile.PssKiB) / 1024.0;
}
