namespace Lakehouse.DuckDb.Native;

/// <summary>
/// Carries a cancellation into a running native call, and progress out of it, for as long as it is not disposed.
/// The interrupt repeats until then, as DuckDB forgets one that arrives before the statement has begun.
/// </summary>
internal sealed class InterruptScope : IDisposable
{
    private static readonly TimeSpan Again = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan ProgressEvery = TimeSpan.FromMilliseconds(50);

    private readonly Lock _lock = new();
    private readonly ConnectionHandle _connection;
    private readonly IProgress<double>? _progress;
    private readonly CancellationTokenRegistration _registration;
    private readonly Timer? _progressTimer;
    private Timer? _interruptTimer;
    private double _reported;
    private bool _done;

    private InterruptScope(ConnectionHandle connection, CancellationToken cancellation, IProgress<double>? progress)
    {
        _connection = connection;
        _progress = progress;
        if (progress is not null) _progressTimer = new Timer(_ => Report(), null, ProgressEvery, ProgressEvery);
        _registration = cancellation.UnsafeRegister(static state => ((InterruptScope)state!).Cancel(), this);
    }

    /// <summary>A scope, or null when there is nothing to carry.</summary>
    internal static InterruptScope? Begin(ConnectionHandle connection, CancellationToken cancellation, IProgress<double>? progress = null) =>
        cancellation.CanBeCanceled || progress is not null ? new InterruptScope(connection, cancellation, progress) : null;

    public void Dispose()
    {
        _registration.Dispose();
        // Under the lock no interrupt is under way, so none can hit the next statement.
        lock (_lock)
        {
            _done = true;
            _interruptTimer?.Dispose();
            _progressTimer?.Dispose();
        }
    }

    private void Cancel()
    {
        lock (_lock)
        {
            if (_done) return;
            _interruptTimer = new Timer(static state => ((InterruptScope)state!).Interrupt(), this, TimeSpan.Zero, Again);
        }
    }

    private void Interrupt()
    {
        lock (_lock)
        {
            if (!_done) NativeMethods.duckdb_interrupt(_connection);
        }
    }

    private void Report()
    {
        double percentage;
        lock (_lock)
        {
            if (_done) return;
            percentage = NativeMethods.duckdb_query_progress(_connection).Percentage;
        }

        // -1: DuckDB does not know. Estimates may fall back as pipelines appear; callers see them rise only.
        if (percentage <= _reported) return;
        _reported = percentage;
        _progress!.Report(Math.Min(percentage / 100, 1));
    }
}
