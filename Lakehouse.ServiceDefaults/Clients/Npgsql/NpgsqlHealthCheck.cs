using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace Lakehouse.ServiceDefaults.Clients.Npgsql;

/// <summary>Healthy when the database answers a query.</summary>
internal sealed class NpgsqlHealthCheck(string name, NpgsqlDataSource source) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await using NpgsqlCommand command = source.CreateCommand("SELECT 1");
            await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false);
            return HealthCheckResult.Healthy();
        }
        catch (Exception error) when (error is NpgsqlException or TimeoutException)
        {
            return new HealthCheckResult(context.Registration.FailureStatus, $"The database '{name}' does not answer: {error.Message}", error);
        }
    }
}
