using Npgsql;
using NpgsqlTypes;

namespace Lakehouse.Cli.Demo;

/// <summary>
/// The source as it was at one position of its log: every query sees the same rows, whatever commits meanwhile. Nobody
/// may be writing while it is opened, for a snapshot and a position cannot be taken in one step.
/// </summary>
public sealed class SourceMoment : IAsyncDisposable
{
    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlTransaction _transaction;

    private SourceMoment(NpgsqlConnection connection, NpgsqlTransaction transaction, NpgsqlLogSequenceNumber position)
    {
        _connection = connection;
        _transaction = transaction;
        Position = position;
    }

    /// <summary>Everything visible here was committed before this position, and everything committed before it is visible.</summary>
    public NpgsqlLogSequenceNumber Position { get; }

    /// <summary>Takes the snapshot and its position.</summary>
    public static async Task<SourceMoment> OpenAsync(NpgsqlDataSource source, CancellationToken cancellationToken)
    {
        NpgsqlConnection connection = await source.OpenConnectionAsync(cancellationToken);
        NpgsqlTransaction transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancellationToken);
        await using NpgsqlCommand command = new("SELECT pg_current_wal_insert_lsn()", connection, transaction);
        return new SourceMoment(connection, transaction, (NpgsqlLogSequenceNumber)(await command.ExecuteScalarAsync(cancellationToken))!);
    }

    /// <summary>Asks; every column is read as text.</summary>
    public async Task<List<IReadOnlyList<string?>>> QueryAsync(string sql, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = new(sql, _connection, _transaction);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        List<IReadOnlyList<string?>> rows = [];
        while (await reader.ReadAsync(cancellationToken))
            rows.Add([.. Enumerable.Range(0, reader.FieldCount).Select(column => reader.IsDBNull(column) ? null : reader.GetString(column))]);
        return rows;
    }

    public async ValueTask DisposeAsync()
    {
        await _transaction.DisposeAsync();
        await _connection.DisposeAsync();
    }
}
