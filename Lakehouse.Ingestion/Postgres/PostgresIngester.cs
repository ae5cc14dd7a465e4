using Lakehouse.Delta;
using Lakehouse.DuckDb;
using Lakehouse.Engine;
using Lakehouse.Ingestion.Bronze;
using Lakehouse.Ingestion.Postgres.Source;
using Lakehouse.Storage;
using Npgsql;
using NpgsqlTypes;

namespace Lakehouse.Ingestion.Postgres;

/// <summary>
/// Brings a PostgreSQL source into bronze: a snapshot of each table once, then every change in order, with no gap and no
/// overlap however often it is stopped, killed or cut off.
/// </summary>
/// <remarks>
/// What it holds on to is in the lake alone: each table's Delta log keeps the position of the changes it has, in the same
/// commit as the changes. One ingester at a time may run for a source: a lock at the source and the slot see to that.
/// </remarks>
public sealed class PostgresIngester : IAsyncDisposable
{
    private readonly Lake _lake;
    private readonly PostgresSourceOptions _options;
    private readonly IIngestionObserver _observer;
    private readonly HashSet<(uint Id, string Name)> _lookedFor = [];
    private readonly HashSet<string> _warned = new(StringComparer.Ordinal);
    private readonly StoppedTables _stopped;
    private readonly Lock _lock = new();
    private readonly List<(ulong Lsn, TaskCompletionSource Reached)> _waiters = [];
    private readonly CancellationTokenSource _disposed = new();
    private ulong _position;
    private bool _progressed;
    private int _running;

    /// <param name="lake">The lake whose schema <c>bronze</c> takes the changes.</param>
    /// <param name="options">The source.</param>
    /// <param name="observer">Hears what happens; null = nobody.</param>
    public PostgresIngester(Lake lake, PostgresSourceOptions options, IIngestionObserver? observer = null)
    {
        _lake = lake;
        _options = options;
        _observer = observer ?? new Unobserved();
        _stopped = new StoppedTables(_options, _observer);
    }

    /// <summary>Called at moments at which tests let it fail.</summary>
    internal Func<IngestionStep, string?, Task> OnStep { get; set; } = static (_, _) => Task.CompletedTask;

    /// <summary>How often the slot's lag is measured, and the publication looked at.</summary>
    internal TimeSpan LagInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Everything that the source committed up to here is in bronze.</summary>
    public NpgsqlLogSequenceNumber Position
    {
        get
        {
            lock (_lock) return new(_position);
        }
    }

    /// <summary>
    /// Takes a snapshot where one is needed, then streams until cancelled, and returns then. What was read and not
    /// committed when it stops is read again at the next start.
    /// </summary>
    /// <exception cref="IngestionException">Something that no retry mends; connection failures are retried with backoff.</exception>
    public async Task RunAsync(CancellationToken ct = default)
    {
        if (Interlocked.Exchange(ref _running, 1) != 0) throw new InvalidOperationException($"The ingester of source '{_options.Name}' runs already.");
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct, _disposed.Token);
        try
        {
            await RunWithRetriesAsync(stop.Token);
        }
        catch (Exception) when (stop.IsCancellationRequested)
        {
            // A cancelled stream ends in errors of many kinds; what was asked for is that it ends.
        }
        finally
        {
            Volatile.Write(ref _running, 0);
        }
    }

    /// <summary>Runs until everything that the source committed up to <paramref name="lsn"/> is in bronze.</summary>
    /// <exception cref="IngestionException">As <see cref="RunAsync"/>.</exception>
    public async Task RunUntilAsync(NpgsqlLogSequenceNumber lsn, CancellationToken ct = default)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var reached = WaitForAsync(lsn, stop.Token);
        var run = RunAsync(stop.Token);
        await Task.WhenAny(run, reached);
        await stop.CancelAsync();
        await run;
        ct.ThrowIfCancellationRequested();
    }

    /// <summary>Waits until everything that the source committed up to <paramref name="lsn"/> is in bronze; the ingester runs meanwhile.</summary>
    public Task WaitForAsync(NpgsqlLogSequenceNumber lsn, CancellationToken ct = default)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            if (_position >= (ulong)lsn) return Task.CompletedTask;
            _waiters.Add(((ulong)lsn, reached));
        }
        return reached.Task.WaitAsync(ct);
    }

    /// <summary>Stops it.</summary>
    public async ValueTask DisposeAsync()
    {
        await _disposed.CancelAsync();
    }

    private async Task RunWithRetriesAsync(CancellationToken ct)
    {
        var attempt = 0;
        DateTimeOffset? inUseSince = null;
        while (true)
        {
            _progressed = false;
            await using var source = new SourceConnection(_options);
            IngestionException error;
            try
            {
                await RunSessionAsync(source, ct);
                return;
            }
            catch (SourceTablesChangedException e)
            {
                _observer.OnWarning(e.Message);
                continue;
            }
            catch (Exception e) when (!ct.IsCancellationRequested)
            {
                error = Explain(e, source);
            }
            if (_progressed) (attempt, inUseSince) = (0, null);
            attempt++;
            var inUse = error is SlotInUseException;
            if (inUse) inUseSince ??= DateTimeOffset.UtcNow;
            var retry = inUse ? DateTimeOffset.UtcNow - inUseSince < _options.SlotInUseGrace : error.IsTransient;
            if (!retry || attempt > (_options.Reconnect.MaxAttempts ?? int.MaxValue)) throw error;
            var delay = _options.Reconnect.Delay(inUse ? Math.Min(attempt, 3) : attempt, Random.Shared);
            Telemetry.Reconnects.Add(1, new KeyValuePair<string, object?>("source", _options.Name));
            _observer.OnReconnecting(error, delay);
            await Task.Delay(delay, ct);
        }
    }

    private IngestionException Explain(Exception e, SourceConnection source)
    {
        if (SourceErrors.Explain(e, _options, source) is { } known) return known;
        // The lake's disk may be full or gone for a while, or others may write to it all the time; what is not committed is
        // read again. Whether an unknown commit took place shows in the positions that the next session reads. Anything else
        // would fail again.
        var passes = e is IOException or StorageException or TimeoutException or DataFileNotWrittenException or CommitOutcomeUnknownException
            or CommitConflictException { Conflict: CommitConflict.TooManyAttempts }
            or DuckDbException { ErrorType: DuckDbErrorType.IO or DuckDbErrorType.OutOfMemory };
        return new LakeWriteException($"writing to the lake failed: {e.Message}", _options.Name, passes, e);
    }

    private async Task RunSessionAsync(SourceConnection source, CancellationToken ct)
    {
        await using var control = await source.OpenAsync(ct);
        await SourceCatalog.CheckServerAsync(control, _options, ct);
        await SourceLock.TakeAsync(control, _options, ct);
        var bronze = new BronzeState(_lake, _options);
        var start = await new SourceStart(_lake, source, _options, _observer, OnStep).PrepareAsync(control, bronze, _warned, ct);
        _stopped.TellLoaded(bronze.Tables);

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        await using var replication = await source.OpenReplicationAsync(ct);
        using var writer = new BronzeWriter(_options.Name, bronze.Tables, bronze.Stopped, bronze.Ledger, OnStep);
        await using var pipeline = new SegmentPipeline(_lake.Database, async segment =>
        {
            var rows = segment.End?.Rows ?? 0;
            if (await writer.WriteAsync(segment, CancellationToken.None) is not { } entry) return;
            await OnStep(IngestionStep.BeforeConfirm, null);
            replication.SetReplicationStatus(new NpgsqlLogSequenceNumber(entry.ToLsn));
            await replication.SendStatusUpdate(CancellationToken.None);
            await OnStep(IngestionStep.AfterConfirm, null);
            OnCommitted(entry, bronze);
        });
        if (start.Entry is { } snapshotEntry) OnCommitted(snapshotEntry, bronze);
        var relations = new RelationMap(_options, start.Tables, start.Types, async token =>
        {
            await using var connection = await source.OpenAsync(token);
            return await SourceCatalog.ReadTypesAsync(connection, token);
        }, _lookedFor, _stopped, _observer);
        var stream = new ChangeStream(_options, relations, bronze.Stopped, pipeline, bronze.Ledger.ToLsn, writer.Floor, Reach);
        if (bronze.Ledger.ToLsn >= writer.Floor) Reach(bronze.Ledger.ToLsn);

        replication.SetReplicationStatus(new NpgsqlLogSequenceNumber(bronze.Ledger.ToLsn));
        var streaming = stream.RunAsync(replication, bronze.Ledger.ToLsn, () => CutAsync(control), stop.Token);
        var watching = new LagWatch(source, _options, _observer, LagInterval)
            .RunAsync(() => stream.OldestPending, connection => new GapCheck(_options).LookAsync(connection, start.Tables, stop.Token), stop.Token);
        var first = await Task.WhenAny(streaming, watching);
        await stop.CancelAsync();
        await Task.WhenAll(streaming, watching).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        if (first.Exception?.InnerException is LagLimitException)
        {
            await replication.DisposeAsync();
            await LagWatch.DropSlotAsync(source, _options, CancellationToken.None);
        }
        await first;
    }

    /// <summary>Ends the slot's stream at the server. Where that fails the connection is gone anyway, and the stream with it.</summary>
    private async Task CutAsync(NpgsqlConnection control)
    {
        try
        {
            await ReplicationSlot.TerminateConsumerAsync(control, _options.SlotName, CancellationToken.None);
        }
        catch (NpgsqlException)
        {
            // Left to the stream's own timeout.
        }
    }

    private void OnCommitted(LedgerEntry entry, BronzeState bronze)
    {
        _progressed = true;
        var visibleAt = DateTimeOffset.UtcNow;
        DateTimeOffset? last = entry.LastCommittedAt is { } l ? DuckDbLiterals.FromMicroseconds(l) : null;
        var tag = new KeyValuePair<string, object?>("source", _options.Name);
        Telemetry.Rows.Add(entry.Rows, tag);
        Telemetry.Batches.Add(1, tag);
        if (last is { } committed) Telemetry.Freshness.Record(Math.Max(0, (visibleAt - committed).TotalSeconds), tag);
        _observer.OnBatchCommitted(new BatchCommitted(
            _options.Name, entry.Batch, new(entry.FromLsn), new(entry.ToLsn), entry.Rows,
            bronze.Tables.Where(t => t.Version is not null).ToDictionary(t => t.Name, t => t.Version!.Value),
            entry.FirstCommittedAt is { } f ? DuckDbLiterals.FromMicroseconds(f) : null, last, visibleAt));
        Reach(entry.ToLsn);
    }

    private void Reach(ulong position)
    {
        List<TaskCompletionSource> reached = [];
        lock (_lock)
        {
            if (position <= _position) return;
            _position = position;
            for (var i = _waiters.Count - 1; i >= 0; i--)
            {
                if (_waiters[i].Lsn > position) continue;
                reached.Add(_waiters[i].Reached);
                _waiters.RemoveAt(i);
            }
        }
        foreach (var waiter in reached) waiter.TrySetResult();
    }

    private sealed class Unobserved : IIngestionObserver;
}

/// <summary>The lake could not take a batch; nothing of it is visible, and the source keeps it.</summary>
public sealed class LakeWriteException(string message, string? source, bool transient, Exception inner)
    : IngestionException(message, source, inner: inner)
{
    /// <inheritdoc/>
    public override bool IsTransient => transient;
}
