using System.Collections.Immutable;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Eventing;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Orchestration;

/// <summary>
/// Asks the health checks of every resource that runs, publishes what they say, and says once per start that the resource is
/// ready: when all its checks pass, or at once if it has none. Replicas share their checks, which go through the proxy.
/// </summary>
internal sealed class ResourceHealthMonitor(
    ResourceNotificationService notifications,
    IDistributedApplicationEventing eventing,
    HealthCheckService checks,
    IServiceProvider services,
    ILogger<ResourceHealthMonitor> logger) : BackgroundService
{
    /// <summary>Between checks of what is healthy (Aspire's figure).</summary>
    private static readonly TimeSpan HealthyInterval = TimeSpan.FromSeconds(30);

    /// <summary>Between checks of what is not yet, which somebody waits for; after <see cref="Prompt"/> of them this times the number of the others.</summary>
    private static readonly TimeSpan FailureStep = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestStep = TimeSpan.FromSeconds(5);
    private const int Prompt = 50;

    private readonly Dictionary<IResource, CancellationTokenSource> _monitored = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await foreach (var change in notifications.WatchAsync(stoppingToken).ConfigureAwait(false))
            {
                var state = change.Snapshot.State?.Text;
                if (state == KnownResourceStates.Running)
                {
                    if (_monitored.ContainsKey(change.Resource))
                        continue;
                    var monitoring = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
                    _monitored[change.Resource] = monitoring;
                    _ = Task.Run(() => MonitorAsync(change.Resource, monitoring.Token), CancellationToken.None);
                }
                else if (state is not null && KnownResourceStates.TerminalStates.Contains(state) && AllEnded(change.Resource)
                    && _monitored.Remove(change.Resource, out var monitoring))
                {
                    await monitoring.CancelAsync().ConfigureAwait(false);
                    monitoring.Dispose();
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The application stops.
        }
    }

    private bool AllEnded(IResource resource) => resource.InstanceNames().All(name =>
        notifications.TryGetCurrentState(name, out var current) && current.Snapshot.State?.Text is { } state && KnownResourceStates.TerminalStates.Contains(state));

    private async Task MonitorAsync(IResource resource, CancellationToken cancellationToken)
    {
        try
        {
            HashSet<string> keys = [.. KeysOf(resource)];
            if (keys.Count == 0)
            {
                await ReadyAsync(resource, cancellationToken).ConfigureAwait(false);
                return;
            }
            var (ready, failures) = (false, 0);
            while (true)
            {
                var report = await CheckAsync(keys, cancellationToken).ConfigureAwait(false);
                var time = DateTime.UtcNow;
                var healthy = report.Status == HealthStatus.Healthy;
                await notifications.PublishUpdateAsync(resource, s => s with { HealthReports = Merge(s.HealthReports, report, time) }).ConfigureAwait(false);
                if (healthy && !ready)
                {
                    ready = true;
                    await ReadyAsync(resource, cancellationToken).ConfigureAwait(false);
                }
                failures = healthy ? 0 : failures + 1;
                var delay = healthy ? HealthyInterval : FailureStep * Math.Max(1, failures - Prompt);
                await Task.Delay(healthy || delay < LongestStep ? delay : LongestStep, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The resource ended, or the application stops.
        }
        catch (Exception e)
        {
            logger.LogError(e, "The health of resource '{Resource}' is no longer checked: {Reason}", resource.Name, e.Message);
        }
    }

    /// <summary>The checks of a resource and of those it is part of: a database is as healthy as its server.</summary>
    public static IEnumerable<string> KeysOf(IResource resource)
    {
        for (IResource? current = resource; current is not null; current = (current as IResourceWithParent)?.Parent)
        {
            foreach (var check in current.Annotations.OfType<HealthCheckAnnotation>())
                yield return check.Key;
        }
    }

    private async Task<HealthReport> CheckAsync(HashSet<string> keys, CancellationToken cancellationToken)
    {
        try
        {
            var report = await checks.CheckHealthAsync(r => keys.Contains(r.Name), cancellationToken).ConfigureAwait(false);
            // A check that nobody registered would otherwise count as passed.
            return keys.FirstOrDefault(k => !report.Entries.ContainsKey(k)) is { } missing ? Failed([missing], $"No health check '{missing}' is registered.", null) : report;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            // Making a check may throw; running one is caught for us.
            return Failed(keys, "The health check could not be made.", e);
        }
    }

    private static HealthReport Failed(IEnumerable<string> keys, string description, Exception? exception)
        => new(keys.ToDictionary(k => k, _ => new HealthReportEntry(HealthStatus.Unhealthy, description, TimeSpan.Zero, exception, data: null)), TimeSpan.Zero);

    private static ImmutableArray<HealthReportSnapshot> Merge(ImmutableArray<HealthReportSnapshot> previous, HealthReport report, DateTime time) =>
    [
        .. previous.Where(p => !report.Entries.ContainsKey(p.Name)),
        .. report.Entries.Select(e => new HealthReportSnapshot(e.Key, e.Value.Status, e.Value.Description ?? e.Value.Exception?.Message, e.Value.Exception?.ToString()) { LastRunAt = time }),
    ];

    private async Task ReadyAsync(IResource resource, CancellationToken cancellationToken)
    {
        if (logger.IsEnabled(LogLevel.Debug))
            logger.LogDebug("Resource '{Resource}' is ready. {Url}", resource.Name, (resource as IResourceWithEndpoints)?.GetEndpoints().FirstOrDefault()?.Url);
        var handlers = eventing.PublishAsync(new ResourceReadyEvent(resource, services), cancellationToken);
        await notifications.PublishUpdateAsync(resource, s => s with { ResourceReady = handlers }).ConfigureAwait(false);
        if (await Record(handlers).ConfigureAwait(false) is { } failure && !cancellationToken.IsCancellationRequested)
            logger.LogError(failure, "A handler of the ready event of resource '{Resource}' failed: {Reason}", resource.Name, failure.Message);
    }

    private static async Task<Exception?> Record(Task handlers)
    {
        await handlers.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return handlers.Exception?.InnerException;
    }
}
