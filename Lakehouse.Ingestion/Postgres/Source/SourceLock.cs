using Npgsql;

namespace Lakehouse.Ingestion.Postgres.Source;

/// <summary>
/// Keeps a second ingester of the same slot away from the start on. The slot itself does so only while it is streamed
/// from, not while tables are copied.
/// </summary>
internal static class SourceLock
{
    /// <summary>An advisory lock's first key, for all of ours; the second is the slot's name.</summary>
    private const int Class = 0x4C_48_43_44;

    /// <summary>Takes the lock for as long as the connection lives.</summary>
    /// <exception cref="SlotInUseException">Another ingester has it, or has just died and the server has not noticed.</exception>
    public static async Task TakeAsync(NpgsqlConnection connection, PostgresSourceOptions options, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand("SELECT pg_try_advisory_lock($1, hashtext($2))", connection);
        command.Parameters.AddWithValue(Class);
        command.Parameters.AddWithValue(options.SlotName);
        if (await command.ExecuteScalarAsync(ct) is not true)
            throw new SlotInUseException($"another ingester works on the slot '{options.SlotName}' of this database. Stop it, or give this source another 'slot'.", options.Name);
    }
}
