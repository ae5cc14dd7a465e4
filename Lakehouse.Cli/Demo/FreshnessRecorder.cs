using Lakehouse.Ingestion;
using Lakehouse.Ingestion.Sample;
using NpgsqlTypes;

namespace Lakehouse.Cli.Demo;

/// <summary>
/// Notes when which position of the source became visible in bronze, silver and gold, and works out afterwards how long
/// each simulated transaction took. A model run counts for the batches that were visible before it began: it may have
/// seen more, never less.
/// </summary>
public sealed class FreshnessRecorder : IIngestionObserver
{
    private readonly Lock _lock = new();
    private readonly List<(NpgsqlLogSequenceNumber Lsn, DateTimeOffset At)> _bronze = [];
    private readonly List<(NpgsqlLogSequenceNumber Lsn, DateTimeOffset At)> _silver = [];
    private readonly List<(NpgsqlLogSequenceNumber Lsn, DateTimeOffset At)> _gold = [];
    private readonly Dictionary<string, long> _snapshotRows = [];
    private readonly List<string> _warnings = [];
    private readonly List<string> _stopped = [];

    /// <summary>Told how many rows of the snapshot are in.</summary>
    public IProgress<long>? Snapshot { get; set; }

    /// <summary>Rows of all tables' snapshots.</summary>
    public long SnapshotRows
    {
        get
        {
            lock (_lock)
                return _snapshotRows.Values.Sum();
        }
    }

    /// <summary>Tables whose changes no longer reach bronze, and why.</summary>
    public IReadOnlyList<string> Stopped
    {
        get
        {
            lock (_lock)
                return [.. _stopped];
        }
    }

    /// <summary>What somebody should look at.</summary>
    public IReadOnlyList<string> Warnings
    {
        get
        {
            lock (_lock)
                return [.. _warnings];
        }
    }

    /// <summary>Everything committed at the source up to here is visible in bronze.</summary>
    public NpgsqlLogSequenceNumber BronzePosition
    {
        get
        {
            lock (_lock)
                return _bronze.Count == 0 ? default : _bronze[^1].Lsn;
        }
    }

    public void OnSnapshotProgress(SnapshotProgress progress)
    {
        lock (_lock)
            _snapshotRows[progress.Table] = progress.Rows;
        Snapshot?.Report(SnapshotRows);
    }

    public void OnBatchCommitted(BatchCommitted batch)
    {
        lock (_lock)
            _bronze.Add((batch.ToLsn, batch.VisibleAt));
    }

    public void OnTableStopped(TableStopped stopped)
    {
        lock (_lock)
            _stopped.Add($"{stopped.Table} stopped: {stopped.Reason}");
    }

    public void OnWarning(string message)
    {
        lock (_lock)
            _warnings.Add(message);
    }

    /// <summary>A model run that began when bronze was at <paramref name="position"/> has committed silver and gold.</summary>
    public void ModelsCommitted(NpgsqlLogSequenceNumber position, DateTimeOffset silver, DateTimeOffset gold)
    {
        lock (_lock)
        {
            _silver.Add((position, silver));
            _gold.Add((position, gold));
        }
    }

    /// <summary>The delays of the transactions that have arrived in gold.</summary>
    public DemoFreshness Of(IReadOnlyList<SimulatorSample> transactions)
    {
        lock (_lock)
        {
            List<SimulatorSample> arrived = [.. transactions.Where(transaction => _gold.Count > 0 && _gold[^1].Lsn >= transaction.Lsn)];
            return new DemoFreshness(arrived.Count, Delays(arrived, _bronze), Delays(arrived, _silver), Delays(arrived, _gold));
        }
    }

    private static Percentiles Delays(List<SimulatorSample> transactions, List<(NpgsqlLogSequenceNumber Lsn, DateTimeOffset At)> visible)
    {
        List<double> delays = new(transactions.Count);
        int next = 0;
        foreach (SimulatorSample transaction in transactions)
        {
            while (next < visible.Count && visible[next].Lsn < transaction.Lsn)
                next++;
            if (next < visible.Count)
                delays.Add((visible[next].At - transaction.CommittedAt).TotalMilliseconds);
        }
        return Percentiles.Of(delays);
    }
}
