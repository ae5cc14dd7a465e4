using System.Collections.Concurrent;
using System.Data;
using System.Globalization;
using Lakehouse.Delta;
using Lakehouse.DuckDb;
using Lakehouse.Engine;
using Lakehouse.Ingestion.Bronze;
using Lakehouse.Ingestion.Postgres.Source;
using Lakehouse.Ingestion.Postgres.Wire;
using Npgsql;

namespace Lakehouse.Ingestion.Postgres;

/// <summary>A table to copy.</summary>
/// <param name="Published">What the publication sends of it: the same columns and rows are copied.</param>
/// <param name="Membership">How the publication has it.</param>
internal sealed record SnapshotTable(SourceTable Source, BronzeTable Bronze, TableShape Shape, PublishedTable Published, Membership Membership);

/// <summary>
/// Copies tables as of one exported snapshot, several parts at once, and commits each table with the snapshot's
/// consistent point as its position: the stream then skips exactly what the snapshot holds.
/// </summary>
internal sealed class SnapshotCopier(
    Lake lake, SourceConnection source, PostgresSourceOptions options, IIngestionObserver observer, Func<IngestionStep, string?, Task> onStep)
{
    /// <summary>Parts of a large table, in 8 KB blocks: large enough that a part is worth a query, small enough to share out.</summary>
    private const long PartBlocks = 8192;

    /// <summary>
    /// Text bytes after which a worker writes a file. In DuckDB's memory rows take several times that, once as the buffer and
    /// once in the writer. The process peaked at 365 MB in the bench; with 16 MB at 500 to 560, with 64 MB at 870 to 920, and
    /// was no faster.
    /// </summary>
    private const long StageBytes = 12L << 20;

    /// <param name="tables">What to copy.</param>
    /// <param name="snapshotName">The exported snapshot; its exporting connection must stay open and idle.</param>
    /// <param name="consistentPoint">The position that the snapshot stands for.</param>
    /// <returns>Rows copied and committed. A table that was truncated or rewritten since the snapshot is left without its rows.</returns>
    public async Task<long> CopyAsync(IReadOnlyList<SnapshotTable> tables, string snapshotName, ulong consistentPoint, CancellationToken ct)
    {
        using var activity = Telemetry.Activities.StartActivity("cdc snapshot");
        activity?.SetTag("lakehouse.source", options.Name).SetTag("lakehouse.tables", tables.Count);
        var states = new List<TableCopy>();
        foreach (var table in tables.OrderByDescending(t => t.Source.Blocks))
        {
            await CreateAsync(table, consistentPoint, ct);
            states.Add(new TableCopy(table));
        }
        var parts = new ConcurrentQueue<Part>(states.SelectMany(s => s.Parts));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var workers = Enumerable.Range(0, Math.Max(1, Math.Min(options.SnapshotWorkers, parts.Count)))
            .Select(_ => Task.Run(() => WorkAsync(parts, snapshotName, consistentPoint, stop), stop.Token)).ToList();
        try
        {
            await Task.WhenAll(workers);
        }
        catch
        {
            // A commit that was begun has taken its files along.
            foreach (var copy in states) Discard(copy);
            throw;
        }
        return states.Where(s => !s.IsSpoiled).Sum(s => s.Rows);
    }

    private static async Task CreateAsync(SnapshotTable table, ulong consistentPoint, CancellationToken ct)
    {
        if (await table.Bronze.Table.TrySnapshotAsync(ct) is not null) return;
        await table.Bronze.Table.CreateAsync(BronzeSchema.Of(table.Shape.Bronze), BronzeSchema.PartitionBy, new Dictionary<string, string>
        {
            ["delta.appendOnly"] = "true",
            [BronzeTable.SnapshotProperty] = consistentPoint.ToString(CultureInfo.InvariantCulture),
        }, cancellationToken: ct);
    }

    private async Task WorkAsync(ConcurrentQueue<Part> parts, string snapshotName, ulong consistentPoint, CancellationTokenSource stop)
    {
        try
        {
            await using var connection = await source.OpenAsync(stop.Token);
            await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, stop.Token);
            DateTime takenAt;
            await using (var set = new NpgsqlCommand($"SET TRANSACTION READ ONLY; SET TRANSACTION SNAPSHOT {Sql.Literal(snapshotName)}; SELECT now()", connection, transaction))
                takenAt = (DateTime)(await set.ExecuteScalarAsync(stop.Token))!;
            var guard = new SnapshotGuard(connection, transaction, options);
            using var buffers = lake.Database.Connect();
            var position = new ChangePosition(consistentPoint, 0, 0, DuckDbLiterals.ToMicroseconds(takenAt));
            while (parts.TryDequeue(out var part))
            {
                stop.Token.ThrowIfCancellationRequested();
                if (!part.Copy.IsSpoiled)
                {
                    if (await guard.HoldAsync(part.Copy.Table.Source, stop.Token)) await CopyPartAsync(connection, buffers, part, position, stop.Token);
                    else part.Copy.Spoil();
                }
                if (!part.Copy.Finish()) continue;
                if (part.Copy.IsSpoiled) Discard(part.Copy);
                else await CommitAsync(part.Copy, consistentPoint, stop.Token);
            }
        }
        catch
        {
            await stop.CancelAsync();
            throw;
        }
    }

    private async Task CopyPartAsync(NpgsqlConnection connection, DuckDbConnection buffers, Part part, ChangePosition position, CancellationToken ct)
    {
        var table = part.Copy.Table;
        var columns = table.Shape.Columns;
        var filters = new[] { part.Blocks, table.Published.RowFilter }.OfType<string>().Select(f => $"({f})").ToList();
        var copy = $"COPY (SELECT {string.Join(", ", columns.Select(c => Sql.Identifier(c.SourceName)))} FROM {table.Source.Quoted}"
            + (filters.Count > 0 ? $" WHERE {string.Join(" AND ", filters)}" : "") + ") TO STDOUT";
        // The reader over it decodes to characters; the bytes below it are what the decoders want.
        using var text = (StreamReader)await connection.BeginTextExportAsync(copy, ct);
        var reader = new CopyTextReader(text.BaseStream);
        var fields = new TupleFields();
        var more = true;
        while (more)
        {
            using var buffer = new ChangeBuffer(buffers, "snapshot_rows", table.Bronze, table.Shape);
            var until = reader.BytesRead + StageBytes;
            while (reader.BytesRead < until && (more = reader.ReadRow(fields, columns.Count)))
            {
                buffer.Add(position, ChangeOperation.Read, reader.Row, fields, null);
                if ((buffer.Rows & 0x3FFF) == 0) ct.ThrowIfCancellationRequested();
            }
            if (buffer.Rows == 0) continue;
            buffer.Flush();
            var select = table.Shape.Select(buffer.TemporaryTable, options.Name, DateTimeOffset.UtcNow);
            part.Copy.Add(await table.Bronze.Table.StageAsync(buffers, select, BronzeSchema.PartitionBy, new WriteOptions { MergeSchema = true }, ct), buffer.Rows);
            observer.OnSnapshotProgress(new SnapshotProgress(options.Name, table.Source.FullName, part.Copy.Rows, table.Source.EstimatedRows, false));
        }
    }

    private static void Discard(TableCopy copy)
    {
        foreach (var files in copy.TakeFiles()) copy.Table.Bronze.Table.Discard(files);
    }

    private async Task CommitAsync(TableCopy copy, ulong consistentPoint, CancellationToken ct)
    {
        var table = copy.Table;
        await onStep(IngestionStep.BeforeTableCommit, table.Bronze.Name.ToString());
        var staged = copy.TakeFiles();
        var files = staged.Count > 0
            ? staged[0] with { Files = [.. staged.SelectMany(f => f.Files)] }
            : new StagedFiles([], BronzeSchema.Of(table.Shape.Bronze), BronzeSchema.PartitionBy);
        await table.Bronze.Table.CommitAsync(files, new WriteOptions
        {
            Transaction = (BronzeTable.ApplicationId(options.Name), (long)consistentPoint),
            PartitionBy = BronzeSchema.PartitionBy,
            MergeSchema = true,
            SetProperties = BronzeTable.SnapshotProperties(consistentPoint, table.Membership),
        }, ct);
        await table.Bronze.LoadAsync(options.Name, ct);
        await onStep(IngestionStep.AfterTableCommit, table.Bronze.Name.ToString());
        observer.OnSnapshotProgress(new SnapshotProgress(options.Name, table.Source.FullName, copy.Rows, table.Source.EstimatedRows, true));
    }

    /// <param name="Blocks">The part's blocks as a condition on ctid; null = the whole table.</param>
    private sealed record Part(TableCopy Copy, string? Blocks);

    private sealed class TableCopy
    {
        private readonly Lock _lock = new();
        private List<StagedFiles> _files = [];
        private int _open;
        private volatile bool _spoiled;

        public TableCopy(SnapshotTable table)
        {
            Table = table;
            var count = (int)Math.Clamp((table.Source.Blocks + PartBlocks - 1) / PartBlocks, 1, 100_000);
            // The last part has no upper end: the table may have grown since its size was read.
            Parts = count == 1
                ? [new Part(this, null)]
                : [.. Enumerable.Range(0, count).Select(i => new Part(this, i == count - 1
                    ? $"ctid >= '({i * PartBlocks},0)'::tid"
                    : $"ctid >= '({i * PartBlocks},0)'::tid AND ctid < '({(i + 1) * PartBlocks},0)'::tid"))];
            _open = count;
        }

        public SnapshotTable Table { get; }

        public IReadOnlyList<Part> Parts { get; }

        public long Rows { get; private set; }

        /// <summary>Whether the snapshot no longer shows the table as it was.</summary>
        public bool IsSpoiled => _spoiled;

        public void Spoil() => _spoiled = true;

        public void Add(StagedFiles files, long rows)
        {
            lock (_lock)
            {
                _files.Add(files);
                Rows += rows;
            }
        }

        /// <summary>What is staged; whoever takes it commits or discards it.</summary>
        public List<StagedFiles> TakeFiles()
        {
            lock (_lock)
            {
                var taken = _files;
                _files = [];
                return taken;
            }
        }

        /// <summary>Counts a part as done; true for the last one.</summary>
        public bool Finish() => Interlocked.Decrement(ref _open) == 0;
    }
}
