using System.Globalization;
using System.Text;
using Lakehouse.DuckDb;
using Lakehouse.Engine;
using Lakehouse.Ingestion.Postgres.Source;

namespace Lakehouse.Ingestion.Bronze;

/// <summary>What a batch held, as its row in <c>bronze._commits</c> tells.</summary>
/// <param name="ToLsn">Every source transaction that ends at or before this is in bronze.</param>
/// <param name="Rows">Change rows since the row before.</param>
/// <param name="FirstCommittedAt">Microseconds since 1970-01-01 UTC; null when there were no transactions.</param>
internal sealed record LedgerEntry(long Batch, ulong FromLsn, ulong ToLsn, long Rows, long? FirstCommittedAt, long? LastCommittedAt, DateTimeOffset IngestedAt);

/// <summary>
/// One source's rows in the control table <c>bronze._commits</c>. Each says at which versions its tables together hold
/// exactly the source's transactions up to an LSN. The slot is never confirmed beyond the last row.
/// </summary>
internal sealed class CommitLedger(LakeTable table, string source)
{
    private long _batch;

    /// <summary>The position of the source's last row; 0 when it has none.</summary>
    public ulong ToLsn { get; private set; }

    /// <summary>The tables that the source's last row tells of, by name: the others had been left out by then.</summary>
    public IReadOnlySet<string> Tables { get; private set; } = new HashSet<string>();

    /// <summary>Reads where the source stands.</summary>
    public async Task LoadAsync(LakeSession session, CancellationToken ct)
    {
        var snapshot = await table.TrySnapshotAsync(ct);
        ToLsn = (ulong)(snapshot?.TransactionVersion(BronzeTable.ApplicationId(source)) ?? 0);
        if (snapshot is null || ToLsn == 0) return;
        await session.DefineAsync(table.Name, snapshot, ct);
        _batch = await session.Connection.ScalarAsync<long>($"SELECT coalesce(max(batch), 0)::BIGINT FROM bronze._commits WHERE source = {Sql.Literal(source)}", ct);
        using var result = await session.Connection.QueryAsync(
            $"SELECT unnest(map_keys(tables)) FROM bronze._commits WHERE source = {Sql.Literal(source)} AND batch = {_batch.ToString(CultureInfo.InvariantCulture)}", ct);
        var tables = new HashSet<string>(StringComparer.Ordinal);
        while (await result.NextChunkAsync(ct))
        {
            for (var row = 0; row < result.RowCount; row++) tables.Add((string)result.Column(0).GetValue(row)!);
        }
        Tables = tables;
    }

    /// <summary>Adds a row; readers see the batch from here on.</summary>
    public async Task<LedgerEntry> AppendAsync(
        DuckDbConnection connection, ulong toLsn, long rows, long? firstCommittedAt, long? lastCommittedAt,
        IReadOnlyDictionary<TableName, long> versions, IReadOnlyDictionary<string, string>? tags, CancellationToken ct)
    {
        var entry = new LedgerEntry(_batch + 1, ToLsn == 0 ? toLsn : ToLsn, toLsn, rows, firstCommittedAt, lastCommittedAt, DateTimeOffset.UtcNow);
        var tables = new StringBuilder();
        foreach (var (name, version) in versions.OrderBy(v => v.Key.Name, StringComparer.Ordinal))
            tables.Append(tables.Length > 0 ? ", " : "").Append(CultureInfo.InvariantCulture, $"{Sql.Literal(name.Name)}: {version}::BIGINT");
        var map = tables.Length == 0 ? "MAP([]::VARCHAR[], []::BIGINT[])" : $"MAP {{{tables}}}";
        var sql = string.Create(CultureInfo.InvariantCulture, $"""
            SELECT {entry.Batch}::BIGINT AS batch, {Sql.Literal(source)} AS source, {entry.FromLsn}::BIGINT AS from_lsn, {entry.ToLsn}::BIGINT AS to_lsn,
                   {rows}::BIGINT AS rows, {Time(firstCommittedAt)} AS first_committed_at, {Time(lastCommittedAt)} AS last_committed_at,
                   {DuckDbLiterals.Timestamp(entry.IngestedAt)} AS ingested_at, {map} AS tables
            """);
        await table.AppendAsync(connection, sql, new WriteOptions { Transaction = (BronzeTable.ApplicationId(source), (long)toLsn), Tags = tags }, ct);
        ToLsn = toLsn;
        _batch = entry.Batch;
        return entry;

        static string Time(long? microseconds) =>
            DuckDbLiterals.Timestamp(microseconds is { } m ? DuckDbLiterals.FromMicroseconds(m) : null);
    }
}
