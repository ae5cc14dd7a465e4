using System.Text.Json;
using Lakehouse.Engine;
using Npgsql;
using NpgsqlTypes;

namespace Lakehouse.Catalog.Tables;

/// <summary>The rows of <c>catalog.tables</c>.</summary>
internal sealed class TableStore(NpgsqlDataSource source)
{
    private const string Columns = "schema_name, table_name, table_id, version, committed_at, columns, partition_columns, properties, files, rows, bytes, location";

    private static readonly JsonSerializerOptions Json = JsonSerializerOptions.Web;

    /// <summary>All tables by name.</summary>
    public async Task<IReadOnlyList<TableEntry>> ListAsync(CancellationToken ct)
    {
        await using NpgsqlCommand command = source.CreateCommand($"SELECT {Columns} FROM catalog.tables ORDER BY schema_name, table_name");
        return await ReadAsync(command, ct);
    }

    /// <summary>A table; null when the catalog has none of that name.</summary>
    public async Task<TableEntry?> FindAsync(TableName name, CancellationToken ct)
    {
        await using NpgsqlCommand command = source.CreateCommand($"SELECT {Columns} FROM catalog.tables WHERE schema_name = $1 AND table_name = $2");
        AddKey(command, name);
        return (await ReadAsync(command, ct)).SingleOrDefault();
    }

    /// <summary>Keeps an entry, unless the catalog knows a newer version of the same table already.</summary>
    public async Task PutAsync(TableName name, TableEntry entry, CancellationToken ct)
    {
        await using NpgsqlCommand command = source.CreateCommand($"""
            INSERT INTO catalog.tables ({Columns}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
            ON CONFLICT (schema_name, table_name) DO UPDATE SET
                table_id = excluded.table_id, version = excluded.version, committed_at = excluded.committed_at, columns = excluded.columns,
                partition_columns = excluded.partition_columns, properties = excluded.properties, files = excluded.files, rows = excluded.rows,
                bytes = excluded.bytes, location = excluded.location, updated_at = now(),
                registered_at = CASE WHEN tables.table_id = excluded.table_id THEN tables.registered_at ELSE now() END
            WHERE tables.table_id <> excluded.table_id OR tables.version < excluded.version
            """);
        AddKey(command, name);
        command.Parameters.Add(new() { Value = entry.TableId });
        command.Parameters.Add(new() { Value = entry.Version });
        command.Parameters.Add(new() { Value = entry.CommittedAt.UtcDateTime });
        command.Parameters.Add(new() { Value = JsonSerializer.Serialize(entry.Columns, Json), NpgsqlDbType = NpgsqlDbType.Jsonb });
        command.Parameters.Add(new() { Value = entry.PartitionColumns.ToArray() });
        command.Parameters.Add(new() { Value = JsonSerializer.Serialize(entry.Properties, Json), NpgsqlDbType = NpgsqlDbType.Jsonb });
        command.Parameters.Add(new() { Value = entry.Files });
        command.Parameters.Add(new() { Value = entry.Rows is { } rows ? rows : DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bigint });
        command.Parameters.Add(new() { Value = entry.Bytes });
        command.Parameters.Add(new() { Value = entry.Location });
        await command.ExecuteNonQueryAsync(ct);
    }

    /// <summary>Forgets a table.</summary>
    public async Task RemoveAsync(TableName name, CancellationToken ct)
    {
        await using NpgsqlCommand command = source.CreateCommand("DELETE FROM catalog.tables WHERE schema_name = $1 AND table_name = $2");
        AddKey(command, name);
        await command.ExecuteNonQueryAsync(ct);
    }

    // Names are compared without regard to case, so keys are lower case.
    private static void AddKey(NpgsqlCommand command, TableName name)
    {
        command.Parameters.Add(new() { Value = name.Schema.ToLowerInvariant() });
        command.Parameters.Add(new() { Value = name.Name.ToLowerInvariant() });
    }

    private static async Task<List<TableEntry>> ReadAsync(NpgsqlCommand command, CancellationToken ct)
    {
        var entries = new List<TableEntry>();
        await using NpgsqlDataReader row = await command.ExecuteReaderAsync(ct);
        while (await row.ReadAsync(ct))
        {
            entries.Add(new TableEntry(
                $"{row.GetString(0)}.{row.GetString(1)}", row.GetString(2), row.GetInt64(3), new DateTimeOffset(row.GetDateTime(4)),
                JsonSerializer.Deserialize<List<TableColumn>>(row.GetString(5), Json)!, row.GetFieldValue<string[]>(6),
                JsonSerializer.Deserialize<Dictionary<string, string>>(row.GetString(7), Json)!,
                row.GetInt64(8), await row.IsDBNullAsync(9, ct) ? null : row.GetInt64(9), row.GetInt64(10), row.GetString(11)));
        }
        return entries;
    }
}
