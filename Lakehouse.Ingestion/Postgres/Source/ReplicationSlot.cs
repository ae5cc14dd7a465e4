using Npgsql;
using NpgsqlTypes;

namespace Lakehouse.Ingestion.Postgres.Source;

/// <summary>A replication slot as pg_replication_slots shows it.</summary>
/// <param name="ConfirmedLsn">Up to where the consumer said it has everything; the stream begins here.</param>
/// <param name="IsLost">The server removed log that the slot needed.</param>
/// <param name="ActiveProcess">The server process that streams it to a consumer; null when none does.</param>
internal sealed record ReplicationSlot(
    string Name, string? Plugin, string? Database, NpgsqlLogSequenceNumber ConfirmedLsn, bool IsLost, string? LostReason, int? ActiveProcess)
{
    /// <summary>The slot; null when there is none of this name.</summary>
    public static async Task<ReplicationSlot?> FindAsync(NpgsqlConnection connection, string name, CancellationToken ct)
    {
        // PostgreSQL 17 tells the reason; 15 and 16 only that it is lost.
        var reason = connection.PostgreSqlVersion.Major >= 17 ? "invalidation_reason" : "NULL::text";
        await using var command = new NpgsqlCommand($"""
            SELECT plugin::text, database::text, coalesce(confirmed_flush_lsn, restart_lsn, '0/0'), coalesce(wal_status = 'lost', false), {reason}, active_pid
            FROM pg_replication_slots WHERE slot_name = $1
            """, connection);
        command.Parameters.AddWithValue(name);
        await using var reader = await command.ExecuteReaderAsync(ct);
        if (!await reader.ReadAsync(ct)) return null;
        var lostReason = reader.IsDBNull(4) ? null : reader.GetString(4);
        return new ReplicationSlot(
            name, reader.IsDBNull(0) ? null : reader.GetString(0), reader.IsDBNull(1) ? null : reader.GetString(1),
            reader.GetFieldValue<NpgsqlLogSequenceNumber>(2), reader.GetBoolean(3) || lostReason is not null, lostReason,
            reader.IsDBNull(5) ? null : reader.GetInt32(5));
    }

    /// <summary>Log bytes that the slot holds back, and the log's current end; null when the slot is gone.</summary>
    public static async Task<(long Bytes, NpgsqlLogSequenceNumber End)?> LagAsync(NpgsqlConnection connection, string name, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand("""
            SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), confirmed_flush_lsn)::bigint, pg_current_wal_lsn()
            FROM pg_replication_slots WHERE slot_name = $1 AND confirmed_flush_lsn IS NOT NULL
            """, connection);
        command.Parameters.AddWithValue(name);
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct) ? (reader.GetInt64(0), reader.GetFieldValue<NpgsqlLogSequenceNumber>(1)) : null;
    }

    /// <summary>Ends the server process that streams the slot, if one does.</summary>
    public static async Task TerminateConsumerAsync(NpgsqlConnection connection, string name, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand("SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = $1 AND active_pid IS NOT NULL", connection);
        command.Parameters.AddWithValue(name);
        await command.ExecuteNonQueryAsync(ct);
    }

    /// <summary>Drops the slot, if it is there.</summary>
    public static async Task DropAsync(NpgsqlConnection connection, string name, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = $1", connection);
        command.Parameters.AddWithValue(name);
        await command.ExecuteNonQueryAsync(ct);
    }
}
