using Lakehouse.Cli.Shell;
using Lakehouse.Ingestion.Postgres;
using Npgsql;
using NpgsqlTypes;

namespace Lakehouse.Cli.Ingest;

/// <summary>Where a source's log ends now.</summary>
public static class SourcePosition
{
    /// <summary>Everything that the source has committed lies before this.</summary>
    /// <exception cref="CommandFailedException">The source cannot be asked.</exception>
    public static async Task<NpgsqlLogSequenceNumber> ReadAsync(PostgresSourceOptions source, CancellationToken cancellationToken)
    {
        try
        {
            await using NpgsqlConnection connection = new(source.ConnectionString);
            await connection.OpenAsync(cancellationToken);
            await using NpgsqlCommand command = new("SELECT pg_current_wal_insert_lsn()", connection);
            return (NpgsqlLogSequenceNumber)(await command.ExecuteScalarAsync(cancellationToken))!;
        }
        catch (NpgsqlException error)
        {
            throw new CommandFailedException($"source '{source.Name}': {Explanation.Of(error)}", error);
        }
    }
}
