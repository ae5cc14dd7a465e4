using Npgsql;

namespace Lakehouse.Catalog.Migrations;

/// <summary>
/// Brings the database's schema to what this program knows: under an advisory lock, so that several starting services do not
/// meet, and in one transaction, so that a step is applied wholly or not at all.
/// </summary>
internal sealed class Migrator(NpgsqlDataSource source, IReadOnlyList<Migration>? migrations = null)
{
    // Any constant of our own.
    private const long LockKey = 0x4C4B_4341_5401;

    private readonly IReadOnlyList<Migration> known = migrations ?? Migration.All;

    /// <summary>Applies what is missing.</summary>
    /// <returns>The numbers applied now.</returns>
    /// <exception cref="MigrationException">The database was made by a newer program, or a migration was changed after it was applied.</exception>
    /// <exception cref="NpgsqlException">The server does not answer, or refuses; nothing was applied.</exception>
    public async Task<IReadOnlyList<int>> MigrateAsync(CancellationToken ct = default)
    {
        await using NpgsqlConnection connection = await source.OpenConnectionAsync(ct);
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(ct);
        await ExecuteAsync(connection, $"SELECT pg_advisory_xact_lock({LockKey})", ct);
        await ExecuteAsync(connection, """
            CREATE SCHEMA IF NOT EXISTS catalog;
            CREATE TABLE IF NOT EXISTS catalog.migrations (
                number int PRIMARY KEY, name text NOT NULL, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now());
            """, ct);
        Dictionary<int, (string Name, string Checksum)> applied = await AppliedAsync(connection, ct);
        Refuse(applied);
        var now = new List<int>();
        foreach (Migration migration in known.Where(migration => !applied.ContainsKey(migration.Number)))
        {
            await ExecuteAsync(connection, migration.Sql, ct);
            await using var record = new NpgsqlCommand("INSERT INTO catalog.migrations (number, name, checksum) VALUES ($1, $2, $3)", connection)
            {
                Parameters = { new() { Value = migration.Number }, new() { Value = migration.Name }, new() { Value = migration.Checksum } },
            };
            await record.ExecuteNonQueryAsync(ct);
            now.Add(migration.Number);
        }
        await transaction.CommitAsync(ct);
        return now;
    }

    private void Refuse(Dictionary<int, (string Name, string Checksum)> applied)
    {
        foreach ((int number, (string name, string checksum)) in applied)
        {
            Migration migration = known.FirstOrDefault(migration => migration.Number == number)
                ?? throw new MigrationException($"The metadata database has the migration {name}, which this version of the catalog does not know: start the newer version, or restore the database from before it.");
            if (migration.Checksum != checksum)
                throw new MigrationException($"The migration {name} was changed after the metadata database had applied it: undo the change, and add a migration with the next number.");
        }
    }

    private static async Task<Dictionary<int, (string Name, string Checksum)>> AppliedAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        var applied = new Dictionary<int, (string, string)>();
        await using var read = new NpgsqlCommand("SELECT number, name, checksum FROM catalog.migrations ORDER BY number", connection);
        await using NpgsqlDataReader rows = await read.ExecuteReaderAsync(ct);
        while (await rows.ReadAsync(ct)) applied.Add(rows.GetInt32(0), (rows.GetString(1), rows.GetString(2)));
        return applied;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(ct);
    }
}

/// <summary>The metadata database cannot be brought to this program's schema. The message says what to do.</summary>
internal sealed class MigrationException(string message) : Exception(message);
