using System.Diagnostics;
using Lakehouse.Delta;
using Lakehouse.DuckDb;
using Lakehouse.Engine.Tending;
using Lakehouse.Storage;

namespace Lakehouse.Engine;

/// <summary>
/// Keeps a lake's tables inside bounds, so that one that nobody tends stays healthy. A round looks at every table's log and does what is
/// due, in a DuckDB of its own with little memory and few threads, which is closed when the round ends: between rounds there is nothing.
/// It gives way to writers. Appends do not conflict with it; merges of the same lake take turns with it; where another process
/// comes first it leaves the table for later. For one caller at a time.
/// </summary>
public sealed class LakeTender
{
    private readonly Lake _lake;
    private readonly TendingOptions _options;
    private readonly TenderLease _lease;
    private readonly Dictionary<TableName, long> _seen = [];
    private readonly Dictionary<TableName, (int Failures, DateTimeOffset Until)> _paused = [];

    /// <summary>A tender of a lake; it does nothing until it is asked to.</summary>
    public LakeTender(Lake lake, TendingOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(lake);
        _lake = lake;
        _options = options ?? new TendingOptions();
        _lease = new TenderLease(lake.Store, _options.Owner, _options.LeaseTime, _options.Time);
    }

    /// <summary>The tables that are outside their bounds, and what they need. Nothing is changed.</summary>
    public async Task<IReadOnlyList<TendedTable>> LookAsync(CancellationToken cancellationToken = default)
    {
        var found = new List<TendedTable>();
        foreach (var name in await NamesAsync(cancellationToken).ConfigureAwait(false))
            if (await LookAsync(name, cancellationToken).ConfigureAwait(false) is { Due: not TendingTasks.None } table) found.Add(table);
        return found;
    }

    /// <summary>Looks at every table that changed since the last round, and does what is due, unless the lake belongs to another tender.
    /// What fails on one table is told with it, and does not keep the others from theirs.</summary>
    public async Task<TendingRound> RunRoundAsync(CancellationToken cancellationToken = default)
    {
        if (await _lease.TakeAsync(cancellationToken).ConfigureAwait(false) is { } other) return new TendingRound([], other);
        var tables = new List<TendedTable>();
        DuckDbDatabase? database = null;
        var left = _options.RoundBytes;
        try
        {
            foreach (var name in await NamesAsync(cancellationToken).ConfigureAwait(false))
            {
                if (_paused.TryGetValue(name, out var pause) && pause.Until > _options.Time.GetUtcNow()) continue;
                TendedTable? table = null;
                try
                {
                    table = await LookAsync(name, cancellationToken, sinceLast: true).ConfigureAwait(false);
                    if (table is null or { Due: TendingTasks.None }) continue;
                    database ??= _lake.OpenDatabase(_lake.Options with { Threads = _options.Threads, MemoryLimit = _options.MemoryLimit });
                    var done = await TendAsync(table, database, left, cancellationToken).ConfigureAwait(false);
                    left -= done.Optimized?.BytesRemoved ?? 0;
                    tables.Add(done);
                    if (done.Failure is null) Forgive(name);
                    else Pause(name);
                }
                catch (Exception exception) when (exception is IOException or DeltaException or EngineException or DuckDbException or UnauthorizedAccessException)
                {
                    Pause(name);
                    tables.Add((table ?? new TendedTable(name, new TableHealth(-1, 0, 0, 0, 0, 0, 0), TendingTasks.None)) with { Failure = exception.Message });
                }
                if (left <= 0) break;
            }
        }
        finally
        {
            database?.Dispose();
        }
        return new TendingRound(tables);
    }

    /// <summary>Lets another tender have the lake at once, rather than when the lease ends.</summary>
    public Task ReleaseAsync(CancellationToken cancellationToken = default) => _lease.ReleaseAsync(cancellationToken);

    private async Task<IEnumerable<TableName>> NamesAsync(CancellationToken cancellationToken) =>
        (await _lake.ListTablesAsync(cancellationToken).ConfigureAwait(false)).Where(name => !_options.ExceptSchemas.Contains(name.Schema, StringComparer.OrdinalIgnoreCase));

    /// <summary>Null when the table is gone, or as it was at the last look, when nothing was due.</summary>
    private async Task<TendedTable?> LookAsync(TableName name, CancellationToken cancellationToken, bool sinceLast = false)
    {
        var table = _lake.Table(name);
        if (await table.TrySnapshotAsync(cancellationToken).ConfigureAwait(false) is not { } snapshot) return null;
        if (sinceLast && _seen.GetValueOrDefault(name, -1) == snapshot.Version) return null;
        var health = TableHealth.Of(snapshot, SmallBytes, await table.Log.CheckpointVersionAsync(cancellationToken).ConfigureAwait(false));
        var due = TendingTasks.None;
        // A table that this lake cannot write is not its to tend, but for nothing that a checkpoint changes.
        if (IsWritable(table, snapshot))
        {
            if (health.MostSmallFiles > _options.FewSmallFiles && health.SmallShare >= _options.SmallShare) due |= TendingTasks.Compact;
            if (health.DeletedRows > 0 && health.DeletedShare >= _options.DeletedShare) due |= TendingTasks.Purge;
            if (health.CommitsSinceCheckpoint > snapshot.Metadata.CheckpointIntervalOf() * _options.CheckpointIntervals) due |= TendingTasks.Checkpoint;
        }
        if (due == TendingTasks.None) _seen[name] = snapshot.Version;
        return new TendedTable(name, health, due);
    }

    private async Task<TendedTable> TendAsync(TendedTable table, DuckDbDatabase database, long bytes, CancellationToken cancellationToken)
    {
        using var activity = Telemetry.Activities.StartActivity("tend table");
        activity?.SetTag("lakehouse.table", table.Table.ToString());
        var handle = _lake.Table(table.Table);
        if ((table.Due & (TendingTasks.Compact | TendingTasks.Purge)) != 0)
        {
            var options = new OptimizeOptions
            {
                FewSmallFiles = table.Due.HasFlag(TendingTasks.Compact) ? _options.FewSmallFiles : int.MaxValue,
                PurgeFrom = table.Due.HasFlag(TendingTasks.Purge) ? _options.DeletedShare : double.PositiveInfinity,
                CommitBytes = _options.CommitBytes,
                RunBytes = bytes,
                IsAutomatic = true,
            };
            using var connection = database.Connect();
            var result = await handle.OptimizeAsync(connection, options, cancellationToken).ConfigureAwait(false);
            Telemetry.Tended(table.Table, result);
            table = table with { Optimized = result, Failure = result.FilesInConflict > 0 ? $"another writer came first to {result.FilesInConflict} files" : null };
        }
        if (table.Due.HasFlag(TendingTasks.Checkpoint))
        {
            var snapshot = await handle.SnapshotAsync(null, cancellationToken).ConfigureAwait(false);
            await handle.Log.CheckpointAsync(snapshot, cancellationToken).ConfigureAwait(false);
            if (!string.Equals(snapshot.Configuration.GetValueOrDefault(TableProperties.EnableExpiredLogCleanup), "false", StringComparison.OrdinalIgnoreCase))
                await handle.Log.CleanUpAsync(snapshot, cancellationToken).ConfigureAwait(false);
            table = table with { Checkpoint = snapshot.Version };
        }
        activity?.SetTag("lakehouse.tender.due", table.Due.ToString());
        if (table.Failure is { } failure) activity?.SetStatus(ActivityStatusCode.Error, failure);
        return table;
    }

    private long SmallBytes => _lake.Options.TargetFileBytes / 2;

    private static bool IsWritable(LakeTable table, Snapshot snapshot)
    {
        try
        {
            table.Log.Begin(snapshot);
            return true;
        }
        catch (UnsupportedFeatureException)
        {
            return false;
        }
    }

    private void Pause(TableName name)
    {
        var failures = _paused.GetValueOrDefault(name).Failures + 1;
        var pause = TimeSpan.FromTicks((long)Math.Min(_options.Pause.Ticks * Math.Pow(2, Math.Min(failures - 1, 20)), _options.MaxPause.Ticks));
        _paused[name] = (failures, _options.Time.GetUtcNow() + pause);
    }

    private void Forgive(TableName name) => _paused.Remove(name);
}
