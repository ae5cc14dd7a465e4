using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Lakehouse.Ingestion.Service;

/// <summary>Ready when every source is read; degraded while one reconnects; not ready while one waits or has failed.</summary>
internal sealed class SourcesHealthCheck(SourceStates states) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        List<SourceStatus> all = [.. states.All.Select(state => state.Status)];
        string? description = string.Join("; ", all.Where(s => s.Reason is not null).Select(s => s.Reason)) is { Length: > 0 } reasons ? reasons : null;
        if (all.Any(s => s.Phase is SourcePhase.Failed or SourcePhase.Waiting or SourcePhase.Starting))
            return Task.FromResult(new HealthCheckResult(context.Registration.FailureStatus, description));
        return Task.FromResult(all.Any(s => s.Phase == SourcePhase.Reconnecting) ? HealthCheckResult.Degraded(description) : HealthCheckResult.Healthy());
    }
}
