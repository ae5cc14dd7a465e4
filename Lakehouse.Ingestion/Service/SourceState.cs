using Lakehouse.Ingestion.Postgres;
using Lakehouse.ServiceDefaults.Clients.Catalog;

namespace Lakehouse.Ingestion.Service;

/// <summary>Keeps what an ingester tells, for whoever asks the service; logs what a person should see; tells the catalog.</summary>
internal sealed partial class SourceState(string name, TableAnnouncements? announcements, ILogger<SourceState> logger) : IIngestionObserver
{
    private readonly Lock turn = new();
    private readonly Dictionary<string, SnapshotStatus> snapshots = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> stopped = new(StringComparer.Ordinal);
    private Dictionary<string, long> tables = new(StringComparer.Ordinal);
    private PostgresIngester? ingester;
    private SourcePhase phase;
    private string? reason;
    private BatchCommitted? last;
    private IngestionLag? lag;
    private long batches;
    private long rows;
    private bool alerted;

    /// <summary>The source's name.</summary>
    public string Name => name;

    /// <summary>What is known now.</summary>
    public SourceStatus Status
    {
        get
        {
            lock (turn)
            {
                return new SourceStatus(
                    name, phase, reason, Position(), last?.Batch, batches, rows, last?.LastCommittedAt, last?.VisibleAt,
                    lag?.Bytes, lag?.Delay.TotalSeconds, new Dictionary<string, long>(tables), [.. snapshots.Values.OrderBy(s => s.Table, StringComparer.Ordinal)],
                    new Dictionary<string, string>(stopped));
            }
        }
    }

    /// <summary>The ingester that reads the source from now on.</summary>
    public void ReadBy(PostgresIngester next)
    {
        lock (turn) ingester = next;
    }

    /// <summary>The source waits for something outside.</summary>
    /// <returns>Whether that is news.</returns>
    public bool Waiting(string why) => Enter(SourcePhase.Waiting, why);

    /// <summary>The source ended with an error.</summary>
    public void Failed(string why) => Enter(SourcePhase.Failed, why);

    /// <summary>The source was asked to end and has.</summary>
    public void Stopped() => Enter(SourcePhase.Stopped, null);

    /// <inheritdoc/>
    public void OnSnapshotProgress(SnapshotProgress progress)
    {
        Enter(SourcePhase.Snapshot, null);
        lock (turn) snapshots[progress.Table] = new SnapshotStatus(progress.Table, progress.Rows, progress.EstimatedRows, progress.Completed);
        if (progress.Completed) Copied(name, progress.Table, progress.Rows);
    }

    /// <inheritdoc/>
    public void OnBatchCommitted(BatchCommitted batch)
    {
        Enter(SourcePhase.Streaming, null);
        lock (turn)
        {
            last = batch;
            batches++;
            rows += batch.Rows;
            foreach ((Engine.TableName table, long version) in batch.Tables)
            {
                string key = table.ToString();
                if (tables.TryGetValue(key, out long known) && known == version) continue;
                tables[key] = version;
                announcements?.Announce(key, version);
            }
        }
    }

    /// <inheritdoc/>
    public void OnTableStopped(TableStopped table)
    {
        lock (turn) stopped[table.Table] = table.Reason;
        TableStops(name, table.Table, table.Reason);
    }

    /// <inheritdoc/>
    public void OnLag(IngestionLag measured)
    {
        Enter(SourcePhase.Streaming, null);
        bool tell;
        lock (turn)
        {
            lag = measured;
            tell = measured.IsAlert && !alerted;
            alerted = measured.IsAlert;
        }
        if (tell) Lags(name, measured.Bytes);
    }

    /// <inheritdoc/>
    public void OnWarning(string message) => Warns(name, message);

    /// <inheritdoc/>
    public void OnReconnecting(Exception cause, TimeSpan delay)
    {
        if (Enter(SourcePhase.Reconnecting, cause.Message)) Reconnects(name, cause.Message);
    }

    private string? Position() => ingester?.Position is { } position && position != default ? position.ToString() : null;

    private bool Enter(SourcePhase next, string? why)
    {
        lock (turn)
        {
            bool news = phase != next || reason != why;
            (phase, reason) = (next, why);
            return news;
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Source {Source}: {Table} is in bronze with {Rows} rows")]
    private partial void Copied(string source, string table, long rows);

    [LoggerMessage(Level = LogLevel.Error, Message = "Source {Source}: table {Table} stopped, its changes go to bronze._stopped: {Reason}")]
    private partial void TableStops(string source, string table, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Source {Source}: the slot holds back {Bytes} bytes of log")]
    private partial void Lags(string source, long bytes);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Source {Source}: {Text}")]
    private partial void Warns(string source, string text);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Source {Source} reconnects: {Reason}")]
    private partial void Reconnects(string source, string reason);
}

/// <summary>The states of all sources, by name.</summary>
internal sealed class SourceStates(IReadOnlyList<SourceState> states)
{
    /// <summary>In the file's order.</summary>
    public IReadOnlyList<SourceState> All => states;

    /// <summary>The state of a source.</summary>
    public SourceState this[string name] => states.Single(state => state.Name == name);
}
