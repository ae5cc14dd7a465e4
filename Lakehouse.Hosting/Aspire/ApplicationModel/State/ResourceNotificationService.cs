using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>
/// The state of all resources: whoever changes one publishes a new snapshot; whoever wants to know watches or waits.
/// Snapshots of one resource are seen in order and none is seen twice by the same watcher. Safe for concurrent use.
/// </summary>
public class ResourceNotificationService : IDisposable
{
    private readonly ConcurrentDictionary<string, Entry> _entries = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<ChannelWriter<ResourceEvent>> _watchers = [];
    private readonly CancellationTokenSource _disposing = new();
    private readonly ILogger _logger;
    private readonly IServiceProvider _services;
    private readonly ResourceLoggerService _loggers;
    private readonly WaitBehavior _defaultWaitBehavior;

    /// <param name="logger">Told of state changes at debug level.</param>
    /// <param name="hostApplicationLifetime">Not used; kept for callers of Aspire's constructor.</param>
    /// <param name="serviceProvider">Given to the callbacks that decide which commands are enabled.</param>
    /// <param name="resourceLoggerService">Where a resource that waits says for what.</param>
    public ResourceNotificationService(ILogger<ResourceNotificationService> logger, IHostApplicationLifetime hostApplicationLifetime, IServiceProvider serviceProvider, ResourceLoggerService resourceLoggerService)
    {
        ArgumentNullException.ThrowIfNull(logger);
        ArgumentNullException.ThrowIfNull(serviceProvider);
        ArgumentNullException.ThrowIfNull(resourceLoggerService);
        _logger = logger;
        _services = serviceProvider;
        _loggers = resourceLoggerService;
        _defaultWaitBehavior = serviceProvider.GetService<IOptions<ResourceNotificationServiceOptions>>()?.Value.DefaultWaitBehavior
            ?? WaitBehavior.StopOnResourceUnavailable;
    }

    /// <summary>Publishes a change to a resource, to each of its replicas.</summary>
    public async Task PublishUpdateAsync(IResource resource, Func<CustomResourceSnapshot, CustomResourceSnapshot> stateFactory)
    {
        ArgumentNullException.ThrowIfNull(resource);
        foreach (string name in resource.InstanceNames())
            await PublishUpdateAsync(resource, name, stateFactory).ConfigureAwait(false);
    }

    /// <summary>Publishes a change to one replica. The factory is called with the last snapshot; changes to one replica do not overlap.</summary>
    /// <exception cref="InvalidOperationException">The id belongs to another resource.</exception>
    public Task PublishUpdateAsync(IResource resource, string resourceId, Func<CustomResourceSnapshot, CustomResourceSnapshot> stateFactory)
    {
        ArgumentNullException.ThrowIfNull(resource);
        ArgumentNullException.ThrowIfNull(resourceId);
        ArgumentNullException.ThrowIfNull(stateFactory);
        Entry entry = _entries.GetOrAdd(resourceId, static (_, resource) => new(resource), resource);
        if (entry.Resource != resource)
            throw new InvalidOperationException($"The resource id '{resourceId}' belongs to another instance of '{entry.Resource.Name}'.");

        lock (entry)
        {
            CustomResourceSnapshot previous = entry.Snapshot ?? InitialSnapshots.Of(resource);
            CustomResourceSnapshot next = stateFactory(previous);
            next = WithIcon(resource, WithCommands(resource, next)) with { Version = previous.Version + 1 };
            entry.Snapshot = next;
            if (previous.State?.Text != next.State?.Text)
                _logger.LogDebug("Resource {Resource} changed state: {Previous} -> {Next}", resourceId, previous.State?.Text, next.State?.Text);

            // Under the entry's lock, so that every watcher sees the snapshots of this resource in their order.
            lock (_watchers)
            {
                var changed = new ResourceEvent(resource, resourceId, next);
                foreach (ChannelWriter<ResourceEvent> watcher in _watchers)
                    watcher.TryWrite(changed);
            }
        }

        return Task.CompletedTask;
    }

    /// <summary>The last snapshot of a replica, or of a resource by its name where it has one replica only.</summary>
    public bool TryGetCurrentState(string resourceId, [NotNullWhen(true)] out ResourceEvent? resourceEvent)
    {
        ArgumentNullException.ThrowIfNull(resourceId);
        if (!_entries.TryGetValue(resourceId, out Entry? entry))
        {
            Entry[] named = [.. _entries.Values.Where(e => Same(e.Resource.Name, resourceId))];
            entry = named.Length == 1 ? named[0] : null;
        }

        resourceEvent = entry?.Snapshot is { } snapshot
            ? new(entry.Resource, _entries.First(pair => pair.Value == entry).Key, snapshot)
            : null;
        return resourceEvent is not null;
    }

    /// <summary>The last snapshot of everything, then every new one, until cancelled or disposed.</summary>
    public async IAsyncEnumerable<ResourceEvent> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _disposing.Token);
        var channel = Channel.CreateUnbounded<ResourceEvent>();
        lock (_watchers)
            _watchers.Add(channel.Writer);
        try
        {
            // What was published between the two steps comes twice; the version tells.
            var seen = new Dictionary<string, long>(StringComparer.OrdinalIgnoreCase);
            foreach ((string id, Entry entry) in _entries)
            {
                if (entry.Snapshot is not { } snapshot)
                    continue;
                seen[id] = snapshot.Version;
                yield return new(entry.Resource, id, snapshot);
            }

            await foreach (ResourceEvent changed in channel.Reader.ReadAllAsync(ending.Token).ConfigureAwait(false))
            {
                if (!seen.TryGetValue(changed.ResourceId, out long version) || changed.Snapshot.Version > version)
                    yield return changed;
            }
        }
        finally
        {
            lock (_watchers)
                _watchers.Remove(channel.Writer);
        }
    }

    /// <summary>Waits until a resource is in a state; Running by default.</summary>
    public Task WaitForResourceAsync(string resourceName, string? targetState = null, CancellationToken cancellationToken = default) =>
        WaitForResourceAsync(resourceName, [string.IsNullOrEmpty(targetState) ? KnownResourceStates.Running : targetState], cancellationToken);

    /// <summary>Waits until a resource is in one of the states, and tells which.</summary>
    public async Task<string> WaitForResourceAsync(string resourceName, IEnumerable<string> targetStates, CancellationToken cancellationToken = default)
    {
        string[] states = [.. targetStates];
        ResourceEvent reached = await WaitAsync(
            resourceName,
            change => change.Snapshot.State?.Text is { } state && states.Contains(state, StringComparer.OrdinalIgnoreCase),
            $"reach one of the target states: [{string.Join(", ", states)}]",
            cancellationToken).ConfigureAwait(false);
        return reached.Snapshot.State!.Text;
    }

    /// <summary>Waits for a snapshot of a resource that the predicate accepts.</summary>
    public Task<ResourceEvent> WaitForResourceAsync(string resourceName, Func<ResourceEvent, bool> predicate, CancellationToken cancellationToken = default) =>
        WaitAsync(resourceName, predicate, "meet the predicate condition", cancellationToken);

    /// <summary>Waits until a resource runs, all its health checks pass and the handlers of <see cref="ResourceReadyEvent"/> have ended.</summary>
    /// <exception cref="DistributedApplicationException">The resource failed or ended instead, and waits are set to stop then.</exception>
    public Task<ResourceEvent> WaitForResourceHealthyAsync(string resourceName, CancellationToken cancellationToken = default) =>
        WaitForResourceHealthyAsync(resourceName, _defaultWaitBehavior, cancellationToken);

    /// <inheritdoc cref="WaitForResourceHealthyAsync(string, CancellationToken)"/>
    public async Task<ResourceEvent> WaitForResourceHealthyAsync(string resourceName, WaitBehavior waitBehavior, CancellationToken cancellationToken = default)
    {
        ResourceEvent reached = await WaitAsync(
            resourceName,
            change => change.Snapshot.HealthStatus == HealthStatus.Healthy || (waitBehavior == WaitBehavior.StopOnResourceUnavailable && Unavailable(change.Snapshot)),
            "become healthy",
            cancellationToken).ConfigureAwait(false);
        if (reached.Snapshot.HealthStatus != HealthStatus.Healthy)
            throw new DistributedApplicationException($"Stopped waiting for resource '{resourceName}' to become healthy because it failed to start: its state is {reached.Snapshot.State?.Text}.");
        return await WaitUntilReadyAsync(resourceName, reached.ResourceId, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Waits for everything a resource was told to wait for; it shows as Waiting meanwhile.</summary>
    /// <exception cref="DistributedApplicationException">A dependency failed, ended too early or with the wrong exit code.</exception>
    public async Task WaitForDependenciesAsync(IResource resource, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(resource);
        WaitAnnotation[] waits = [.. resource.Annotations.OfType<WaitAnnotation>().Where(wait => wait.Resource is not IResourceWithoutLifetime)];
        if (waits.Length == 0)
            return;

        // Replicas that run or have ended keep their state: the update goes to all replicas, not only to the one that starts.
        await PublishUpdateAsync(resource, snapshot =>
            snapshot.State?.Text is { } state && state != KnownResourceStates.Starting ? snapshot : snapshot with { State = KnownResourceStates.Waiting }).ConfigureAwait(false);
        ILogger logger = _loggers.GetLogger(resource);
        await Task.WhenAll(
            from wait in waits
            from id in wait.Resource.InstanceNames()
            select WaitForDependencyAsync(wait, id, logger, cancellationToken)).ConfigureAwait(false);
    }

    public void Dispose()
    {
        _disposing.Cancel();
        GC.SuppressFinalize(this);
    }

    private async Task WaitForDependencyAsync(WaitAnnotation wait, string id, ILogger logger, CancellationToken cancellationToken)
    {
        string name = wait.Resource.InstanceNames().Count > 1 ? id : wait.Resource.Name;
        bool stops = (wait.WaitBehavior ?? _defaultWaitBehavior) == WaitBehavior.StopOnResourceUnavailable;
        bool completes = wait.WaitType == WaitType.WaitForCompletion;
        logger.LogInformation("Waiting for resource '{Dependency}' to {Aim}.", name, completes ? "complete" : wait.WaitType == WaitType.WaitUntilHealthy ? "become healthy" : "start");

        ResourceEvent reached = await WaitAsync(
            wait.Resource.Name,
            change => Same(change.ResourceId, id) && (completes ? Ended(change.Snapshot) : change.Snapshot.State?.Text == KnownResourceStates.Running || (stops && Unavailable(change.Snapshot))),
            completes ? "complete" : "reach the 'Running' state",
            cancellationToken).ConfigureAwait(false);
        string? state = reached.Snapshot.State?.Text;
        if (state == KnownResourceStates.FailedToStart)
            throw Failed(logger, $"Dependency resource '{name}' failed to start.");
        if (completes && reached.Snapshot.ExitCode is { } exitCode && exitCode != wait.ExitCode)
            throw Failed(logger, $"Resource '{name}' has entered the '{state}' state with exit code '{exitCode}', expected '{wait.ExitCode}'.");
        if (!completes && state != KnownResourceStates.Running)
            throw Failed(logger, $"Resource '{name}' has entered the '{state}' state prematurely.");

        if (wait.WaitType == WaitType.WaitUntilHealthy)
        {
            // A resource without checks is ready when its handlers say so, whatever its health shows.
            if (wait.Resource.HasAnnotationOfType<HealthCheckAnnotation>())
            {
                await WaitAsync(wait.Resource.Name, change => Same(change.ResourceId, id) && change.Snapshot.HealthStatus == HealthStatus.Healthy, "become healthy", cancellationToken).ConfigureAwait(false);
            }

            await WaitUntilReadyAsync(wait.Resource.Name, id, cancellationToken).ConfigureAwait(false);
        }

        logger.LogInformation("Finished waiting for resource '{Dependency}'.", name);
    }

    private static DistributedApplicationException Failed(ILogger logger, string message)
    {
        logger.LogError("{Message}", message);
        return new(message);
    }

    private async Task<ResourceEvent> WaitUntilReadyAsync(string resourceName, string resourceId, CancellationToken cancellationToken)
    {
        ResourceEvent ready = await WaitAsync(resourceName, change => Same(change.ResourceId, resourceId) && change.Snapshot.ResourceReady is not null, "execute the resource ready event", cancellationToken).ConfigureAwait(false);
        await ready.Snapshot.ResourceReady!.WaitAsync(cancellationToken).ConfigureAwait(false);
        return ready;
    }

    private async Task<ResourceEvent> WaitAsync(string resourceName, Func<ResourceEvent, bool> predicate, string aim, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (ResourceEvent change in WatchAsync(cancellationToken).ConfigureAwait(false))
            {
                if (Same(change.Resource.Name, resourceName) && predicate(change))
                    return change;
            }
        }
        catch (OperationCanceledException cancelled)
        {
            throw new OperationCanceledException($"Resource '{resourceName}' failed to {aim} before the operation was cancelled.{Describe(resourceName)}", cancelled, cancelled.CancellationToken);
        }

        throw new OperationCanceledException($"Resource '{resourceName}' failed to {aim}: the application has ended.");
    }

    private string Describe(string resourceName)
    {
        if (!TryGetCurrentState(resourceName, out ResourceEvent? current))
            return " Its state is not known: is there such a resource?";
        CustomResourceSnapshot snapshot = current.Snapshot;
        IEnumerable<string> reports = snapshot.HealthReports.Select(report => $" {report.Name}: {report.Status?.ToString() ?? "no answer yet"}{(report.Description is { } said ? $" ({said})" : "")}.");
        return $" Its state is {snapshot.State?.Text ?? "unset"}{(snapshot.ExitCode is { } code ? $", exit code {code}" : "")}.{string.Concat(reports)}";
    }

    private CustomResourceSnapshot WithCommands(IResource resource, CustomResourceSnapshot snapshot)
    {
        ResourceCommandAnnotation[] annotations = [.. resource.Annotations.OfType<ResourceCommandAnnotation>()];
        if (annotations.Length == 0)
            return snapshot;
        var context = new UpdateCommandStateContext { ResourceSnapshot = snapshot, ServiceProvider = _services };
        ResourceCommandSnapshot[] commands = [.. annotations.Select(annotation => annotation.ToSnapshot(annotation.UpdateState(context)))];
        return snapshot with { Commands = [.. snapshot.Commands.Where(own => !commands.Any(command => command.Name == own.Name)), .. commands] };
    }

    private static CustomResourceSnapshot WithIcon(IResource resource, CustomResourceSnapshot snapshot) =>
        resource.Annotations.OfType<ResourceIconAnnotation>().LastOrDefault() is not { } icon ? snapshot : snapshot with
        {
            IconName = string.IsNullOrEmpty(snapshot.IconName) ? icon.IconName : snapshot.IconName,
            IconVariant = snapshot.IconVariant ?? icon.IconVariant,
        };

    private static bool Unavailable(CustomResourceSnapshot snapshot) =>
        snapshot.State?.Text is { } state && (KnownResourceStates.TerminalStates.Contains(state) || state == KnownResourceStates.RuntimeUnhealthy);

    private static bool Ended(CustomResourceSnapshot snapshot) =>
        snapshot.ExitCode is not null || (snapshot.State?.Text is { } state && KnownResourceStates.TerminalStates.Contains(state));

    private static bool Same(string left, string right) => string.Equals(left, right, StringComparison.OrdinalIgnoreCase);

    private sealed class Entry(IResource resource)
    {
        private volatile CustomResourceSnapshot? _snapshot;

        public IResource Resource { get; } = resource;

        public CustomResourceSnapshot? Snapshot
        {
            get => _snapshot;
            set => _snapshot = value;
        }
    }
}
