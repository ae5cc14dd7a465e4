using System.Collections.Immutable;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Dcp;
using Aspire.Hosting.Eventing;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Orchestration;

/// <summary>Publishes the state of resources: at first, while they start, as DCP reports it, and why they failed.</summary>
internal sealed class ResourceStates(
    DistributedApplicationModel model,
    ResourceNotificationService notifications,
    ResourceLoggerService loggers,
    IDistributedApplicationEventing eventing,
    SecretMask mask,
    IServiceProvider services,
    ILogger logger)
{
    /// <summary>The last lines of a process that ended are on their way this long at most.</summary>
    private static readonly TimeSpan LogLimit = TimeSpan.FromSeconds(2);

    /// <summary>Publishes how every resource starts out, and lets those that run themselves begin.</summary>
    /// <param name="stopping">Cancelled when the application stops; given to what begins here.</param>
    public async Task InitializeAsync(CancellationToken stopping)
    {
        foreach (var resource in model.Resources.ToArray())
        {
            var relationships = InitialSnapshots.Relationships(resource);
            var urls = ResourceUrls.Snapshots(resource);
            await notifications.PublishUpdateAsync(resource, s => s with
            {
                Relationships = s.Relationships.IsDefaultOrEmpty ? relationships : s.Relationships,
                Urls = s.Urls.IsDefaultOrEmpty ? urls : s.Urls,
                CreationTimeStamp = s.CreationTimeStamp ?? DateTime.UtcNow,
                Properties = ParentOf(resource) is { } parent ? [.. s.Properties, new("resource.parentName", parent.InstanceNames()[0])] : s.Properties,
            }).ConfigureAwait(false);
            if (resource is ParameterResource parameter)
                await PublishAsync(parameter).ConfigureAwait(false);
        }
        foreach (var resource in model.Resources.ToArray())
            _ = Task.Run(() => BeginAsync(resource, stopping), CancellationToken.None);
    }

    /// <summary>
    /// An instance is about to start: nothing of its last run counts any more, except the health that it shares with
    /// replicas that run.
    /// </summary>
    public async Task StartingAsync(DcpInstance instance)
    {
        var shared = instance.Resource.InstanceNames().Any(name => name != instance.Name
            && notifications.TryGetCurrentState(name, out var other) && other.Snapshot.State?.Text == KnownResourceStates.Running);
        await notifications.PublishUpdateAsync(instance.Resource, instance.Name, s => Starting(s, instance.Resource, shared) with { ExitCode = null }).ConfigureAwait(false);
        await MirrorAsync(instance.Resource, (part, s) => Starting(s, part, shared)).ConfigureAwait(false);
    }

    /// <summary>The connection string of a resource, and of those that are part of it, can be had from now on.</summary>
    public async Task ConnectionStringsAvailableAsync(IResource resource, CancellationToken cancellationToken)
    {
        if (resource is IResourceWithConnectionString source)
        {
            await eventing.PublishAsync(new ConnectionStringAvailableEvent(resource, services), cancellationToken).ConfigureAwait(false);
            var shown = await mask.ApplyAsync(await source.GetConnectionStringAsync(cancellationToken).ConfigureAwait(false)).ConfigureAwait(false);
            await notifications.PublishUpdateAsync(resource, s => s with
            {
                Properties = [.. s.Properties.Where(p => p.Name != CustomResourceKnownProperties.ConnectionString), new(CustomResourceKnownProperties.ConnectionString, shown) { IsSensitive = true }],
            }).ConfigureAwait(false);
        }
        foreach (var child in Parts(resource))
            await ConnectionStringsAvailableAsync(child, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>DCP says how an instance is.</summary>
    public async Task ReportAsync(DcpInstance instance, DcpSnapshots.Report report)
    {
        var reported = DcpSnapshots.StateOf(report);
        var (previous, state, crashed) = ((string?)null, reported, false);
        await notifications.PublishUpdateAsync(instance.Resource, instance.Name, s =>
        {
            previous = s.State?.Text;
            if (reported == KnownResourceStates.Finished && instance.StopRequested)
                state = KnownResourceStates.Exited;
            // A service that ends with a failure before it was ever ready has failed to start, however long it tried.
            crashed = reported == KnownResourceStates.Finished && !instance.StopRequested && report.ExitCode is not (null or 0)
                && s.ResourceReady is null && ResourceHealthMonitor.KeysOf(instance.Resource).Any();
            if (crashed)
                state = KnownResourceStates.FailedToStart;
            return DcpSnapshots.Apply(s, report, state);
        }).ConfigureAwait(false);
        await MirrorAsync(instance.Resource, (_, s) => s with { State = state is null ? s.State : new ResourceStateSnapshot(state, null), StartTimeStamp = report.Started, StopTimeStamp = report.Stopped }).ConfigureAwait(false);

        var ended = state is not null && KnownResourceStates.TerminalStates.Contains(state) && previous != state && (previous is null || !KnownResourceStates.TerminalStates.Contains(previous));
        if (!ended)
            return;
        _ = Task.Run(async () =>
        {
            if (state == KnownResourceStates.FailedToStart)
                await ExplainAsync(instance, crashed ? $"it ended with {(report.ExitCode is -1 ? "a signal (as after an unhandled exception)" : $"exit code {report.ExitCode}")} before it was ready" : "its program could not be started").ConfigureAwait(false);
            if (notifications.TryGetCurrentState(instance.Name, out var current))
                await eventing.PublishAsync(new ResourceStoppedEvent(instance.Resource, services, current), CancellationToken.None).ConfigureAwait(false);
        });
    }

    /// <summary>An instance could not be started: its state, and the reason in its console log and in the AppHost's.</summary>
    public async Task FailAsync(DcpInstance instance, string reason, Exception exception)
    {
        var log = loggers.GetLogger(instance.Name);
        // What is ours or Aspire's says all there is to say; of somebody else's callback its place is wanted too.
        if (exception is DistributedApplicationException)
            log.LogError("Failed to start: {Reason}", reason);
        else
            log.LogError(exception, "Failed to start: {Reason}", reason);
        logger.LogError("Resource '{Resource}' failed to start: {Reason}", instance.Resource.Name, reason);
        await notifications.PublishUpdateAsync(instance.Resource, instance.Name, s => s with { State = KnownResourceStates.FailedToStart }).ConfigureAwait(false);
        await MirrorAsync(instance.Resource, (_, s) => s with { State = KnownResourceStates.FailedToStart }).ConfigureAwait(false);
    }

    /// <summary>Containers cannot be run now.</summary>
    public async Task RuntimeUnhealthyAsync(DcpInstance instance, string reason)
    {
        loggers.GetLogger(instance.Name).LogError("{Reason}", reason);
        logger.LogError("Resource '{Resource}' cannot start: {Reason}", instance.Resource.Name, reason);
        await notifications.PublishUpdateAsync(instance.Resource, instance.Name, s => s with { State = new ResourceStateSnapshot(KnownResourceStates.RuntimeUnhealthy, KnownResourceStateStyles.Warn) }).ConfigureAwait(false);
    }

    private async Task ExplainAsync(DcpInstance instance, string reason)
    {
        // Its last line says more than the exit code, and comes over another connection.
        await Task.WhenAny(instance.Logs, Task.Delay(LogLimit)).ConfigureAwait(false);
        var last = instance.LastError is { } line ? $" Its last error: {line}" : "";
        loggers.GetLogger(instance.Name).LogError("Failed to start: {Reason}.", reason);
        logger.LogError("Resource '{Resource}' failed to start: {Reason}.{LastError}", instance.Resource.Name, reason, last);
    }

    private async Task PublishAsync(ParameterResource parameter)
    {
        try
        {
            var value = await parameter.GetValueAsync(CancellationToken.None).ConfigureAwait(false);
            await notifications.PublishUpdateAsync(parameter, s => s with
            {
                State = new ResourceStateSnapshot(KnownResourceStates.Running, KnownResourceStateStyles.Success),
                Properties = [.. s.Properties.Where(p => p.Name != "Value"), new("Value", parameter.Secret ? SecretMask.Masked : value) { IsSensitive = parameter.Secret }],
            }).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            loggers.GetLogger(parameter).LogError("{Reason}", e.Message);
            logger.LogError("Parameter '{Parameter}' has no value: {Reason}", parameter.Name, e.Message);
            await notifications.PublishUpdateAsync(parameter, s => s with
            {
                State = new ResourceStateSnapshot(KnownResourceStates.ValueMissing, KnownResourceStateStyles.Warn),
                Properties = [.. s.Properties.Where(p => p.Name != "Value"), new("Value", e.Message)],
            }).ConfigureAwait(false);
        }
    }

    private async Task BeginAsync(IResource resource, CancellationToken cancellationToken)
    {
        try
        {
            await eventing.PublishAsync(new InitializeResourceEvent(resource, eventing, loggers, notifications, services), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            // The application stops.
        }
        catch (Exception e)
        {
            loggers.GetLogger(resource).LogError(e, "Failed to start: {Reason}", e.Message);
            logger.LogError("Resource '{Resource}' failed to start: {Reason}", resource.Name, e.Message);
            await notifications.PublishUpdateAsync(resource, s => s with { State = KnownResourceStates.FailedToStart }).ConfigureAwait(false);
        }
    }

    /// <summary>Gives the parts of a resource, such as the databases of a server, the state of the whole.</summary>
    private async Task MirrorAsync(IResource resource, Func<IResource, CustomResourceSnapshot, CustomResourceSnapshot> change)
    {
        foreach (var part in Parts(resource))
        {
            await notifications.PublishUpdateAsync(part, s => change(part, s)).ConfigureAwait(false);
            await MirrorAsync(part, change).ConfigureAwait(false);
        }
    }

    private static CustomResourceSnapshot Starting(CustomResourceSnapshot previous, IResource resource, bool keepHealth) => previous with
    {
        State = KnownResourceStates.Starting,
        StartTimeStamp = null,
        StopTimeStamp = null,
        HealthReports = keepHealth ? previous.HealthReports : Unanswered(resource),
        ResourceReady = keepHealth ? previous.ResourceReady : null,
    };

    /// <summary>The children of a resource that have no life of their own.</summary>
    private IEnumerable<IResource> Parts(IResource resource) => model.Resources.Where(r =>
        r is IResourceWithParent child && child.Parent == resource && !DcpExecutor.Runs(r) && r is not (ParameterResource or ConnectionStringResource or ExternalServiceResource)).ToArray();

    private static IResource? ParentOf(IResource resource) => resource is IResourceWithParent child
        ? child.Parent
        : resource.Annotations.OfType<ResourceRelationshipAnnotation>().LastOrDefault(r => r.Type == KnownRelationshipTypes.Parent)?.Resource;

    /// <summary>Until a check has answered, a resource that has one is not healthy.</summary>
    private static ImmutableArray<HealthReportSnapshot> Unanswered(IResource resource)
        => [.. ResourceHealthMonitor.KeysOf(resource).Distinct().Select(key => new HealthReportSnapshot(key, null, null, null))];
}
