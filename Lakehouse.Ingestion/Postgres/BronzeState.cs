using Lakehouse.Engine;
using Lakehouse.Ingestion.Bronze;
using Lakehouse.Ingestion.Postgres.Source;

namespace Lakehouse.Ingestion.Postgres;

/// <summary>A source's tables in bronze, as read from the lake when a session begins.</summary>
internal sealed class BronzeState(Lake lake, PostgresSourceOptions options)
{
    /// <summary>The chosen tables' bronze tables.</summary>
    public IReadOnlyList<BronzeTable> Tables { get; private set; } = [];

    /// <summary>Where changes of stopped tables go.</summary>
    public BronzeTable Stopped { get; } = new(lake.Table(BronzeNames.Stopped), "");

    /// <summary>The source's rows in <c>bronze._commits</c>.</summary>
    public CommitLedger Ledger { get; } = new(lake.Table(BronzeNames.Commits), options.Name);

    /// <summary>
    /// The furthest position that anything in bronze goes on from; 0 when no table has one, because nothing was ever
    /// ingested, or all were moved aside for new snapshots.
    /// </summary>
    public ulong Furthest => Tables.All(t => t.Applied == 0) ? 0 : Math.Max(Ledger.ToLsn, Math.Max(Stopped.Applied, Tables.Select(t => t.Applied).DefaultIfEmpty().Max()));

    /// <summary>Reads positions, columns and which tables are stopped.</summary>
    /// <exception cref="SourceSetupException">Two source tables, of this source or of two, would be one bronze table.</exception>
    public async Task<IReadOnlyList<ChosenTable>> LoadAsync(IReadOnlyList<SourceTable> sourceTables, CancellationToken ct)
    {
        var chosen = new List<ChosenTable>();
        var names = new Dictionary<TableName, string>();
        foreach (var table in sourceTables)
        {
            var name = BronzeNames.Table(table.Schema, table.Name);
            if (!names.TryAdd(name, table.FullName))
                throw new SourceSetupException($"would share the bronze table {name} with {names[name]}; exclude one of them, or rename it.", options.Name, table.FullName);
            var bronze = new BronzeTable(lake.Table(name), table.FullName);
            await bronze.LoadAsync(options.Name, ct);
            // A table's own snapshot comes with its position, and before it there is the empty table alone, version 0.
            if (bronze.HasOtherSource || bronze is { Applied: 0, Version: > 0 })
                throw new SourceSetupException($"would share the bronze table {name} with another source or writer, whose commits are there. Exclude the table from one of the sources, keep them in lakes of their own, or, if the source was renamed, move {name} aside.", options.Name, table.FullName);
            chosen.Add(new ChosenTable(table, bronze));
        }
        Tables = [.. chosen.Select(c => c.Bronze)];
        await using var session = lake.OpenSession();
        await Ledger.LoadAsync(session, ct);
        await Stopped.LoadPositionAsync(options.Name, ct);
        await LoadStoppedAsync(session, ct);
        return chosen;
    }

    /// <summary>A table is stopped while changes of it that are younger than its snapshot are in <c>bronze._stopped</c>.</summary>
    private async Task LoadStoppedAsync(LakeSession session, CancellationToken ct)
    {
        if (await Stopped.Table.TrySnapshotAsync(ct) is not { } snapshot) return;
        var snapshots = Tables.Where(t => t.Applied > 0).Select(t => $"({Sql.Literal(t.SourceTable)}, {t.SnapshotLsn}::BIGINT)").ToList();
        if (snapshots.Count == 0) return;
        await session.DefineAsync(BronzeNames.Stopped, snapshot, ct);
        using var result = await session.Connection.QueryAsync(
            $"""
            SELECT source_table, min(_lsn), arg_max(reason, _lsn)
            FROM bronze._stopped JOIN (VALUES {string.Join(", ", snapshots)}) AS t(name, snapshot) ON source_table = t.name AND _lsn >= t.snapshot
            WHERE _source = {Sql.Literal(options.Name)} GROUP BY source_table
            """, ct);
        while (await result.NextChunkAsync(ct))
        {
            for (var row = 0; row < result.RowCount; row++)
            {
                var name = (string)result.Column(0).GetValue(row)!;
                var table = Tables.First(t => t.SourceTable == name);
                table.StoppedLsn = (ulong)(long)result.Column(1).GetValue(row)!;
                table.StoppedReason = (string?)result.Column(2).GetValue(row) ?? "stopped before";
            }
        }
    }
}
