using Npgsql;
using Npgsql.Replication;

namespace Lakehouse.Ingestion.Postgres.Source;

/// <summary>Connections to one source, all with the session settings that the decoders read texts of.</summary>
internal sealed class SourceConnection : IAsyncDisposable
{
    /// <summary>
    /// Makes texts independent of the server's configuration. Given at start-up, they go before what ALTER ROLE and ALTER
    /// DATABASE set, on ordinary and replication connections alike.
    /// </summary>
    private const string SessionSettings =
        "-c datestyle=ISO -c intervalstyle=iso_8601 -c extra_float_digits=3 -c bytea_output=hex -c timezone=UTC";

    private readonly NpgsqlDataSource _dataSource;
    private readonly string _replicationString;

    public SourceConnection(PostgresSourceOptions options)
    {
        NpgsqlConnectionStringBuilder builder;
        try
        {
            builder = new NpgsqlConnectionStringBuilder(options.ConnectionString);
        }
        catch (ArgumentException e)
        {
            throw new SourceConnectionException($"the connection string is wrong: {e.Message}", options.Name, transient: false, e);
        }
        builder.Options = string.IsNullOrEmpty(builder.Options) ? SessionSettings : $"{builder.Options} {SessionSettings}";
        builder.ApplicationName ??= $"lakehouse {options.Name}";
        // Rows come through these buffers; larger ones mean fewer system calls.
        builder.ReadBufferSize = Math.Max(builder.ReadBufferSize, 1 << 16);
        builder.CommandTimeout = 0;
        _replicationString = builder.ConnectionString;
        builder.Pooling = false;
        Description = $"{builder.Username}@{builder.Host}:{builder.Port}/{builder.Database}";
        Role = builder.Username ?? "";
        Database = builder.Database ?? "";
        _dataSource = NpgsqlDataSource.Create(builder);
    }

    /// <summary>Role, host and database, without secrets, for messages.</summary>
    public string Description { get; }

    public string Role { get; }

    public string Database { get; }

    /// <summary>An open ordinary connection.</summary>
    public Task<NpgsqlConnection> OpenAsync(CancellationToken ct) => _dataSource.OpenConnectionAsync(ct).AsTask();

    /// <summary>An open replication connection.</summary>
    public async Task<LogicalReplicationConnection> OpenReplicationAsync(CancellationToken ct)
    {
        var connection = new LogicalReplicationConnection(_replicationString)
        {
            WalReceiverStatusInterval = TimeSpan.FromSeconds(5),
            WalReceiverTimeout = TimeSpan.FromSeconds(60),
        };
        try
        {
            await connection.Open(ct);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    public ValueTask DisposeAsync() => _dataSource.DisposeAsync();
}
