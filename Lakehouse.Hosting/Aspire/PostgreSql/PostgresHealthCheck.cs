using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace Aspire.Hosting;

/// <summary>A server or database is well when it lets us in and answers a query.</summary>
internal sealed class PostgresHealthCheck(Func<CancellationToken, ValueTask<string?>> connectionString) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            string? target = await connectionString(cancellationToken).ConfigureAwait(false);
            await using var connection = new NpgsqlConnection(target + ";Pooling=false;Timeout=5;Command Timeout=5");
            await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
            await using var command = new NpgsqlCommand("SHOW server_version", connection);
            object? version = await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false);
            return HealthCheckResult.Healthy($"PostgreSQL {version}");
        }
        catch (Exception failure) when (failure is NpgsqlException or DistributedApplicationException or System.Net.Sockets.SocketException or TimeoutException or ArgumentException)
        {
            return new(context.Registration.FailureStatus, failure.Message, failure);
        }
    }
}
