using System.Globalization;
using Lakehouse.Cli.Output;
using Lakehouse.Cli.Shell;
using Lakehouse.Ingestion;
using NpgsqlTypes;

namespace Lakehouse.Cli.Ingest;

/// <summary>Tells what an ingestion does: lines of JSON on standard output, or lines for people on standard error.</summary>
public sealed class IngestionLog(bool json) : IIngestionObserver
{
    private int _stopped;

    /// <summary>Whether some table's changes no longer reach bronze.</summary>
    public bool AnyStopped => Volatile.Read(ref _stopped) > 0;

    public void OnSnapshotProgress(SnapshotProgress progress)
    {
        if (progress.Completed)
            Tell(new IngestionEvent("snapshot", DateTimeOffset.UtcNow) { Source = progress.Source, Table = progress.Table, Rows = progress.Rows },
                $"{progress.Source}: snapshot of {progress.Table}: {progress.Rows:N0} rows");
    }

    public void OnBatchCommitted(BatchCommitted batch)
    {
        double? freshness = batch.LastCommittedAt is { } last ? Math.Round((batch.VisibleAt - last).TotalMilliseconds, 1) : null;
        Tell(
            new IngestionEvent("batch", batch.VisibleAt)
            {
                Source = batch.Source,
                Rows = batch.Rows,
                Lsn = batch.ToLsn.ToString(),
                Tables = batch.Tables.ToDictionary(table => table.Key.ToString(), table => table.Value),
                FreshnessMs = freshness,
            },
            $"{batch.Source}: batch {batch.Batch}: {batch.Rows:N0} rows up to {batch.ToLsn}{(freshness is { } age ? string.Create(CultureInfo.InvariantCulture, $", visible {age:N0} ms after the source's commit") : "")}");
    }

    public void OnTableStopped(TableStopped stopped)
    {
        Interlocked.Increment(ref _stopped);
        Tell(new IngestionEvent("stopped", DateTimeOffset.UtcNow) { Source = stopped.Source, Table = stopped.Table, Lsn = stopped.Lsn.ToString(), Message = stopped.Reason },
            $"{stopped.Source}: {stopped.Table} STOPPED at {stopped.Lsn}: {stopped.Reason}");
    }

    public void OnLag(IngestionLag lag)
    {
        if (lag.IsAlert)
            Tell(new IngestionEvent("lag-alert", DateTimeOffset.UtcNow) { Source = lag.Source, LagBytes = lag.Bytes },
                $"{lag.Source}: warning: the slot holds back {lag.Bytes / 1048576.0:N0} MiB of the source's log");
    }

    public void OnWarning(string message) => Tell(new IngestionEvent("warning", DateTimeOffset.UtcNow) { Message = message }, $"warning: {message}");

    public void OnReconnecting(Exception cause, TimeSpan delay) =>
        Tell(new IngestionEvent("reconnecting", DateTimeOffset.UtcNow) { Message = cause.Message }, $"{cause.Message} Trying again in {delay.TotalSeconds:0.0} s.");

    /// <summary>A source's ingestion has reached the position it was to reach.</summary>
    public void CaughtUp(string source, NpgsqlLogSequenceNumber position) =>
        Tell(new IngestionEvent("caught-up", DateTimeOffset.UtcNow) { Source = source, Lsn = position.ToString() }, $"{source}: bronze has everything up to {position}");

    private void Tell(IngestionEvent entry, FormattableString text)
    {
        if (json)
            JsonOutput.WriteLine(entry, CliJsonLines.Default.IngestionEvent);
        else
            Terminal.Error.WriteLine(text.ToString(CultureInfo.InvariantCulture));
    }
}
