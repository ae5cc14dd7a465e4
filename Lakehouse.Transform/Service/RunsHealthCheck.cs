using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Lakehouse.Transform.Service;

/// <summary>Degraded while the newest run of all models that ended has failed: what was built before is still served.</summary>
internal sealed class RunsHealthCheck(RunHistory history) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        RunRecord? last = history.All.FirstOrDefault(run => run.HasEnded && run.Select is null);
        if (last?.Phase != RunPhase.Failed) return Task.FromResult(HealthCheckResult.Healthy());
        string why = last.Error ?? string.Join("; ", (last.Nodes ?? []).Where(n => n.Status is NodeStatus.Error or NodeStatus.Fail).Select(n => n.Message ?? n.Name));
        return Task.FromResult(HealthCheckResult.Degraded($"The run {last.Id} failed: {why}"));
    }
}
