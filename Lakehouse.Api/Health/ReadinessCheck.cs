using Lakehouse.Api.Sandbox;
using Lakehouse.Api.Tables;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Lakehouse.Api.Health;

/// <summary>Ready when the lake can be listed and a sandbox process starts.</summary>
internal sealed class ReadinessCheck(LakeCatalog catalog, SandboxPool pool) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await catalog.ListAsync(cancellationToken);
            await pool.ProbeAsync(cancellationToken);
            return HealthCheckResult.Healthy();
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            return new HealthCheckResult(context.Registration.FailureStatus, error.Message, error);
        }
    }
}
