using System.Diagnostics;
using Lakehouse.Delta;
using Lakehouse.Engine;

namespace Lakehouse.Ingestion.Bronze;

/// <summary>
/// Brings segments into the lake in order: stages their rows as Parquet files and, where a batch ends, commits each table
/// once, then the batch's row in <c>bronze._commits</c>. A table's commit carries the batch's position, so that what is
/// sent again after a failure is skipped by the tables that have it.
/// </summary>
internal sealed class BronzeWriter(
    string source, IReadOnlyCollection<BronzeTable> tables, BronzeTable stoppedTable, CommitLedger ledger, Func<IngestionStep, string?, Task> onStep) : IDisposable
{
    private readonly Dictionary<BronzeTable, List<StagedFiles>> _staged = [];
    private long _rowsSinceLedger;
    private long? _firstCommittedAt;
    private long? _lastCommittedAt;

    /// <summary>
    /// The furthest position that any table held when the writer began. Before a batch reaches it, tables together hold
    /// different positions: no row tells of them, and the slot is not confirmed.
    /// </summary>
    public ulong Floor { get; } = tables.Append(stoppedTable).Max(t => t.Applied);

    /// <summary>Writes one segment; where it ends a batch, commits it.</summary>
    /// <returns>The batch's row; null when the batch goes on or its row is withheld.</returns>
    public async Task<LedgerEntry?> WriteAsync(ChangeSegment segment, CancellationToken ct)
    {
        var ingestedAt = DateTimeOffset.UtcNow;
        foreach (var buffer in segment.Buffers)
        {
            buffer.Flush();
            await StageAsync(segment, buffer.Table, buffer.Shape.Select(buffer.TemporaryTable, source, ingestedAt), ct);
        }
        if (segment.Stopped is { } stopped)
        {
            stopped.Flush();
            await StageAsync(segment, stoppedTable, stopped.Select(source, ingestedAt), ct);
        }
        return segment.End is { } end ? await CommitAsync(segment, end, ct) : null;
    }

    private async Task StageAsync(ChangeSegment segment, BronzeTable table, string select, CancellationToken ct)
    {
        var files = await table.Table.StageAsync(segment.Connection, select, BronzeSchema.PartitionBy, new WriteOptions { MergeSchema = true }, ct);
        if (!_staged.TryGetValue(table, out var list)) _staged.Add(table, list = []);
        list.Add(files);
        await onStep(IngestionStep.Staged, table.Name.ToString());
    }

    private async Task<LedgerEntry?> CommitAsync(ChangeSegment segment, BatchEnd end, CancellationToken ct)
    {
        var started = Stopwatch.GetTimestamp();
        using var activity = BatchTrace.Start(source, end);
        var tags = BatchTrace.Tags(activity, end);
        List<BronzeTable> committed = [.. _staged.Keys];
        // The stopped tables' changes last: once they are there, a table is known as stopped, and rows of its own that the
        // batch holds from before would not be taken any more.
        foreach (var (table, files) in _staged.OrderBy(s => s.Key == stoppedTable).ToList())
        {
            await onStep(IngestionStep.BeforeTableCommit, table.Name.ToString());
            // From here on they are the commit's: it deletes them when it fails, unless nobody can tell whether it did.
            _staged.Remove(table);
            var result = await table.Table.CommitAsync(Together(files), new WriteOptions
            {
                Transaction = (BronzeTable.ApplicationId(source), (long)end.ToLsn),
                PartitionBy = BronzeSchema.PartitionBy,
                MergeSchema = true,
                SetProperties = table.Properties,
                Tags = tags,
            }, ct);
            table.Version = result.Version;
            await onStep(IngestionStep.AfterTableCommit, table.Name.ToString());
        }
        _rowsSinceLedger += end.Rows + end.HeldRows;
        _firstCommittedAt ??= end.FirstCommittedAt;
        _lastCommittedAt = end.LastCommittedAt ?? _lastCommittedAt;
        if (end.ToLsn < Floor) return null;

        await onStep(IngestionStep.BeforeLedger, null);
        var versions = tables.Where(t => t.Version is not null).ToDictionary(t => t.Name, t => t.Version!.Value);
        var entry = await ledger.AppendAsync(segment.Connection, end.ToLsn, _rowsSinceLedger, _firstCommittedAt, _lastCommittedAt, versions, tags, ct);
        await onStep(IngestionStep.AfterLedger, null);
        _rowsSinceLedger = 0;
        _firstCommittedAt = null;
        _lastCommittedAt = null;
        BatchTrace.Committed(source, committed, end, started);
        return entry;
    }

    /// <summary>Deletes what was staged and will not be committed: the source sends it again.</summary>
    public void Dispose()
    {
        foreach (var (table, staged) in _staged)
        {
            foreach (var files in staged) table.Table.Discard(files);
        }
        _staged.Clear();
    }

    /// <summary>Files of one batch as one commit; later shapes have all columns of earlier ones.</summary>
    private static StagedFiles Together(List<StagedFiles> staged) =>
        staged.Count == 1 ? staged[0] : staged[^1] with { Files = [.. staged.SelectMany(s => s.Files)] };
}

/// <summary>Moments at which a crash leaves different things behind.</summary>
internal enum IngestionStep
{
    SlotCreated,
    PublicationChanged,
    Staged,
    BeforeTableCommit,
    AfterTableCommit,
    BeforeLedger,
    AfterLedger,
    BeforeConfirm,
    AfterConfirm,
}
