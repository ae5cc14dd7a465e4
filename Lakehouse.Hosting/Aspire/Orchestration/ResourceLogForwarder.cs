using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Dashboard;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Orchestration;

/// <summary>Repeats what resources write in the AppHost's own log, under <c>{AppHost}.Resources.{resource}</c>; for tests.</summary>
internal sealed class ResourceLogForwarder(
    ResourceNotificationService notifications, ResourceLoggerService loggers, ILoggerFactory factory, IHostEnvironment environment) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var followed = new Dictionary<string, Task>(StringComparer.Ordinal);
        try
        {
            await foreach (var change in notifications.WatchAsync(stoppingToken).ConfigureAwait(false))
            {
                if (change.Resource is not DashboardResource && !followed.ContainsKey(change.ResourceId))
                    followed[change.ResourceId] = FollowAsync(change.ResourceId, change.Resource.Name, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The application stops.
        }
        await Task.WhenAll(followed.Values).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task FollowAsync(string instance, string resource, CancellationToken cancellationToken)
    {
        var logger = factory.CreateLogger($"{environment.ApplicationName}.Resources.{resource}");
        await foreach (var lines in loggers.WatchAsync(instance).WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            foreach (var line in lines)
                logger.Log(line.IsErrorMessage ? LogLevel.Error : LogLevel.Information, "{LineNumber}: {LineContent}", line.LineNumber, line.Content);
        }
    }
}
