using Lakehouse.Ingestion.Postgres.Source;
using Npgsql;
using NpgsqlTypes;

namespace Lakehouse.Ingestion.Postgres;

/// <summary>
/// Holds tables still while one connection copies them. TRUNCATE and table rewrites are not MVCC-safe (PostgreSQL
/// documentation, "Caveats" of concurrency control): a table truncated after a snapshot was taken looks empty in it.
/// </summary>
/// <remarks>
/// Every copying transaction takes its own locks, and nobody waits for it with locks of his own: a lock that was held
/// elsewhere for it would make it queue behind the TRUNCATE that waits for that lock, and the server would see no deadlock.
/// </remarks>
internal sealed class SnapshotGuard(NpgsqlConnection connection, NpgsqlTransaction transaction, PostgresSourceOptions options)
{
    private readonly Dictionary<uint, bool> _held = [];

    /// <summary>
    /// Takes the lock that reading takes, which writers of rows do not notice, until the transaction ends.
    /// </summary>
    /// <returns>Whether the snapshot shows the table's rows as they were: false when it was emptied or rewritten before the lock came.</returns>
    /// <exception cref="SourceTablesChangedException">Since the catalog was read, the table was dropped, renamed or its columns changed.</exception>
    public async Task<bool> HoldAsync(SourceTable table, CancellationToken ct)
    {
        if (_held.TryGetValue(table.Id, out var known)) return known;
        try
        {
            await using var command = new NpgsqlCommand($"LOCK TABLE {table.Quoted} IN ACCESS SHARE MODE", connection, transaction);
            await command.ExecuteNonQueryAsync(ct);
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidSchemaName)
        {
            throw new SourceTablesChangedException(options.Name, table.FullName);
        }
        var columns = await SourceCatalog.ReadColumnsAsync(connection, [table.Id], ct);
        if (!columns.TryGetValue(table.Id, out var now) || !now.SequenceEqual(table.Columns)) throw new SourceTablesChangedException(options.Name, table.FullName);
        return _held[table.Id] = await IsIntactAsync(table, ct);
    }

    /// <summary>
    /// Whether the table, and each of its partitions, still has the file that it has in the snapshot. The catalog's rows
    /// are read as of the snapshot, the function answers as of now.
    /// </summary>
    private async Task<bool> IsIntactAsync(SourceTable table, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand("""
            SELECT coalesce(bool_and(c.relfilenode = pg_relation_filenode(c.oid)), true) AND to_regclass($2)::oid = $1
            FROM pg_class c
            WHERE c.relkind = 'r' AND (c.oid = $1 OR c.oid IN (SELECT relid FROM pg_partition_tree($1::regclass)))
            """, connection, transaction);
        command.Parameters.Add(new NpgsqlParameter { Value = table.Id, NpgsqlDbType = NpgsqlDbType.Oid });
        command.Parameters.AddWithValue(table.Quoted);
        return await command.ExecuteScalarAsync(ct) is true;
    }
}
