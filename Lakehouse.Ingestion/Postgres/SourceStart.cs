using Lakehouse.Engine;
using Lakehouse.Ingestion.Bronze;
using Lakehouse.Ingestion.Postgres.Source;
using Lakehouse.Ingestion.Postgres.Types;
using Lakehouse.Ingestion.Postgres.Wire;
using Npgsql;
using Npgsql.Replication;
using Npgsql.Replication.PgOutput;
using ReplicationSlot = Lakehouse.Ingestion.Postgres.Source.ReplicationSlot;

namespace Lakehouse.Ingestion.Postgres;

/// <summary>What a session starts with.</summary>
/// <param name="Tables">The chosen tables; each holds its snapshot.</param>
/// <param name="Types">The source's types.</param>
/// <param name="Entry">The row in <c>bronze._commits</c> that tells of a first snapshot; null when there was none to write.</param>
internal sealed record PreparedSource(IReadOnlyList<ChosenTable> Tables, PostgresTypes Types, LedgerEntry? Entry);

/// <summary>
/// Makes sure, before streaming, that publication and slot are there and fit what bronze holds, and that every chosen
/// table has its snapshot.
/// </summary>
internal sealed class SourceStart(
    Lake lake, SourceConnection source, PostgresSourceOptions options, IIngestionObserver observer, Func<IngestionStep, string?, Task> onStep)
{
    /// <param name="control">An open connection.</param>
    /// <param name="bronze">Loaded here.</param>
    /// <param name="warned">Warnings given before, so that a reconnect does not repeat them.</param>
    public async Task<PreparedSource> PrepareAsync(NpgsqlConnection control, BronzeState bronze, ISet<string> warned, CancellationToken ct)
    {
        var sourceTables = await SourceCatalog.ReadTablesAsync(control, options, ct);
        foreach (var warning in sourceTables.Select(IdentityWarning).OfType<string>())
        {
            if (warned.Add(warning)) observer.OnWarning(warning);
        }
        var types = new PostgresTypes(await SourceCatalog.ReadTypesAsync(control, ct));
        var chosen = await bronze.LoadAsync(sourceTables, ct);
        var slot = await ReplicationSlot.FindAsync(control, options.SlotName, ct);
        CheckSlot(slot, bronze);
        var gaps = new GapCheck(options);
        gaps.RefuseLeftOut(bronze);
        gaps.RefuseChanged(await Membership.ReadAsync(control, options, sourceTables.Select(t => t.Id), ct), chosen);

        await Publication.EnsureAsync(control, options, sourceTables, missing => gaps.RefuseUnpublished(missing, chosen), ct);
        await onStep(IngestionStep.PublicationChanged, null);
        var published = await Publication.ReadAsync(control, options, ct);
        var unpublished = chosen.Where(t => !published.ContainsKey((t.Source.Schema, t.Source.Name))).ToList();
        gaps.RefuseUnpublished([.. unpublished.Select(t => t.Source)], chosen);
        foreach (var table in unpublished)
            throw new PublicationException($"the publication '{options.PublicationName}' does not send the table{(table.Source.IsPartitioned ? "; for a partitioned table it needs publish_via_partition_root = true" : "")}.", options.Name, table.Source.FullName);

        // As the publication has them from here on; whatever happens to it later shows against this.
        var memberships = await Membership.ReadAsync(control, options, sourceTables.Select(t => t.Id), ct);
        gaps.RefuseChanged(memberships, chosen);

        var rows = 0L;
        ulong? slotMade = null;
        while (true)
        {
            var missing = chosen.Where(t => t.Bronze.Applied == 0).Select(t => Snapshot(t, published[(t.Source.Schema, t.Source.Name)], memberships, types)).ToList();
            var isFirst = slot is null && slotMade is null;
            if (!isFirst && missing.Count == 0) break;
            // Tables that were truncated or rewritten while the snapshot began are left for another round.
            var (copied, consistentPoint) = await SnapshotAsync(missing, isFirst, ct);
            rows += copied;
            slotMade ??= consistentPoint;
            chosen = await bronze.LoadAsync(sourceTables, ct);
        }
        foreach (var table in chosen) table.Bronze.Membership = memberships.GetValueOrDefault(table.Source.Id);
        return new PreparedSource(chosen, types, await WriteFirstEntryAsync(bronze, slot is null ? slotMade!.Value : (ulong)slot.ConfirmedLsn, rows, ct));
    }

    /// <exception cref="SlotLostException">What bronze holds does not go on in this slot.</exception>
    private void CheckSlot(ReplicationSlot? slot, BronzeState bronze)
    {
        var furthest = bronze.Furthest;
        var position = new NpgsqlTypes.NpgsqlLogSequenceNumber(furthest);
        if (slot is null)
        {
            if (furthest == 0) return;
            throw new SlotLostException($"the slot '{options.SlotName}' is gone, and bronze holds changes up to here. {SourceErrors.SlotAdvice(options)}", options.Name, position);
        }
        // Also a slot that is still being made: it goes when its maker died.
        if (slot.ActiveProcess is { } pid)
            throw new SlotInUseException($"the server's process {pid} uses the slot '{options.SlotName}'. Stop its client, or give this source another 'slot'.", options.Name);
        if (slot.IsLost)
            throw new SlotLostException($"the server invalidated the slot '{options.SlotName}' ({slot.LostReason ?? "it removed log that the slot needed"}). {SourceErrors.SlotAdvice(options)}", options.Name, position);
        if (slot.Plugin != "pgoutput" || slot.Database != source.Database)
            throw new SourceSetupException($"the slot '{options.SlotName}' is of plugin '{slot.Plugin}' in database '{slot.Database}', not of pgoutput in '{source.Database}'; give this source another 'slot'.", options.Name);
        // The slot is confirmed only up to what bronze holds, so that one that is further was made or moved by someone else.
        if (furthest > 0 && (ulong)slot.ConfirmedLsn > furthest)
            throw new SlotLostException($"the slot '{options.SlotName}' stands at {slot.ConfirmedLsn}, beyond what bronze holds: it was made anew or advanced by someone else. {SourceErrors.SlotAdvice(options)}", options.Name, position);
    }

    private SnapshotTable Snapshot(ChosenTable table, PublishedTable sent, IReadOnlyDictionary<uint, Membership> memberships, PostgresTypes types)
    {
        if (!memberships.TryGetValue(table.Source.Id, out var membership)) throw new SourceTablesChangedException(options.Name, table.Source.FullName);
        var columns = table.Source.Columns.Where(c => sent.Columns.Count == 0 ? !c.IsGenerated : sent.Columns.Contains(c.Name)).ToList();
        var shape = TableShape.TryFit([.. columns.Select(c => (c.Name, c.TypeId, c.TypeModifier))], types, table.Bronze.Columns, table.Source.Key, out var misfit)
            ?? throw new SourceSetupException($"the table does not fit {table.Bronze.Name}, which is there without a snapshot: {misfit}. Move it aside.", options.Name, table.Source.FullName);
        return new SnapshotTable(table.Source, table.Bronze, shape, sent, membership);
    }

    /// <summary>
    /// Copies tables as of an exported snapshot. The first time that is the new slot's own. Later, for tables that came new
    /// or that a crash left without theirs, it is that of a temporary slot: its consistent point is later, and those
    /// tables skip the stream up to it. Every transaction that began before the tables were published has ended by then,
    /// since making a slot waits for those that run.
    /// </summary>
    private async Task<(long Rows, ulong ConsistentPoint)> SnapshotAsync(IReadOnlyList<SnapshotTable> tables, bool isFirst, CancellationToken ct)
    {
        await using var exporter = await source.OpenReplicationAsync(ct);
        var name = isFirst ? options.SlotName : $"lakehouse_tmp_{Guid.NewGuid():N}";
        var making = exporter.CreatePgOutputReplicationSlot(name, temporarySlot: !isFirst, slotSnapshotInitMode: LogicalSlotSnapshotInitMode.Export, cancellationToken: ct);
        if (await Task.WhenAny(making, Task.Delay(TimeSpan.FromSeconds(10), ct)) != making && !ct.IsCancellationRequested)
            observer.OnWarning($"source '{options.Name}': making the slot waits for transactions that run in the database to end (pg_stat_activity shows them).");
        var slot = await making;
        await onStep(IngestionStep.SlotCreated, name);
        var copier = new SnapshotCopier(lake, source, options, observer, onStep);
        var rows = await copier.CopyAsync(tables, slot.SnapshotName!, (ulong)slot.ConsistentPoint, ct);
        return (rows, (ulong)slot.ConsistentPoint);
    }

    /// <summary>After a first snapshot every table stands where the slot does: the first row of <c>bronze._commits</c> says so.</summary>
    private async Task<LedgerEntry?> WriteFirstEntryAsync(BronzeState bronze, ulong slotPosition, long rows, CancellationToken ct)
    {
        if (bronze.Ledger.ToLsn > 0 || bronze.Furthest > slotPosition || bronze.Tables.Count == 0) return null;
        using var connection = lake.Database.Connect();
        await onStep(IngestionStep.BeforeLedger, null);
        var versions = bronze.Tables.Where(t => t.Version is not null).ToDictionary(t => t.Name, t => t.Version!.Value);
        var entry = await bronze.Ledger.AppendAsync(connection, slotPosition, rows, null, null, versions, null, ct);
        await onStep(IngestionStep.AfterLedger, null);
        return entry;
    }

    private string? IdentityWarning(SourceTable table) => table.Identity switch
    {
        ReplicaIdentity.Nothing => $"source '{options.Name}', table {table.FullName}: REPLICA IDENTITY is NOTHING, so PostgreSQL refuses updates and deletes of this published table. Run ALTER TABLE {table.Quoted} REPLICA IDENTITY {(table.HasPrimaryKey ? "DEFAULT" : "FULL")}.",
        ReplicaIdentity.Default when !table.HasPrimaryKey => $"source '{options.Name}', table {table.FullName}: it has no primary key, so PostgreSQL refuses updates and deletes of this published table. Add a primary key, or run ALTER TABLE {table.Quoted} REPLICA IDENTITY FULL.",
        _ => null,
    };
}
