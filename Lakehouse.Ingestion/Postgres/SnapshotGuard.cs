using System.Data;
using Lakehouse.Ingestion.Postgres.Source;
using Npgsql;

namespace Lakehouse.Ingestion.Postgres;

/// <summary>
/// Holds tables still while they are copied. TRUNCATE and table rewrites are not MVCC-safe (PostgreSQL documentation,
/// "Caveats" of concurrency control): a table truncated after a snapshot was taken looks empty in it. The guard takes the
/// lock that reading takes, which writers do not notice, and tells the tables that were emptied or rewritten before it came.
/// </summary>
internal sealed class SnapshotGuard : IAsyncDisposable
{
    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlTransaction _transaction;

    private SnapshotGuard(NpgsqlConnection connection, NpgsqlTransaction transaction)
    {
        _connection = connection;
        _transaction = transaction;
    }

    /// <summary>The tables whose rows the snapshot shows as they were.</summary>
    public IReadOnlyList<SnapshotTable> Intact { get; private set; } = [];

    /// <summary>Locks the tables and looks which are intact.</summary>
    /// <exception cref="SourceTablesChangedException">Since the catalog was read, a table was dropped, renamed or its columns changed.</exception>
    public static async Task<SnapshotGuard> HoldAsync(
        SourceConnection source, PostgresSourceOptions options, IReadOnlyList<SnapshotTable> tables, string snapshotName, CancellationToken ct)
    {
        var connection = await source.OpenAsync(ct);
        var guard = new SnapshotGuard(connection, await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, ct));
        try
        {
            await guard.HoldAsync(options, tables, snapshotName, ct);
            return guard;
        }
        catch
        {
            await guard.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _transaction.DisposeAsync();
        await _connection.DisposeAsync();
    }

    private async Task HoldAsync(PostgresSourceOptions options, IReadOnlyList<SnapshotTable> tables, string snapshotName, CancellationToken ct)
    {
        if (tables.Count == 0) return;
        await ExecuteAsync($"SET TRANSACTION READ ONLY; SET TRANSACTION SNAPSHOT {Sql.Literal(snapshotName)}", ct);
        var intact = new List<SnapshotTable>();
        foreach (var table in tables)
        {
            try
            {
                await ExecuteAsync($"LOCK TABLE {table.Source.Quoted} IN ACCESS SHARE MODE", ct);
            }
            catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidSchemaName)
            {
                throw new SourceTablesChangedException(options.Name, table.Source.FullName);
            }
            if (await IsIntactAsync(table.Source.Id, ct)) intact.Add(table);
        }
        var now = await SourceCatalog.ReadTablesAsync(_connection, options, ct);
        foreach (var table in tables)
        {
            if (now.FirstOrDefault(t => t.Id == table.Source.Id) is not { } found || found.FullName != table.Source.FullName || !found.Columns.SequenceEqual(table.Source.Columns))
                throw new SourceTablesChangedException(options.Name, table.Source.FullName);
        }
        Intact = intact;
    }

    /// <summary>
    /// Whether the table, and each of its partitions, still has the file that it has in the snapshot. The catalog's row is
    /// read as of the snapshot, the function answers as of now.
    /// </summary>
    private async Task<bool> IsIntactAsync(uint table, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand("""
            SELECT coalesce(bool_and(c.relfilenode = pg_relation_filenode(c.oid)), true)
            FROM pg_class c
            WHERE c.relkind = 'r' AND (c.oid = $1 OR c.oid IN (SELECT relid FROM pg_partition_tree($1::oid::regclass)))
            """, _connection, _transaction);
        command.Parameters.Add(new NpgsqlParameter { Value = table, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Oid });
        return (bool)(await command.ExecuteScalarAsync(ct))!;
    }

    private async Task ExecuteAsync(string sql, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, _connection, _transaction);
        await command.ExecuteNonQueryAsync(ct);
    }
}
