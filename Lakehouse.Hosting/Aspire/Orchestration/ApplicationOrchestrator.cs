using System.Collections.Concurrent;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Dashboard;
using Aspire.Hosting.Dcp;
using Aspire.Hosting.Eventing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Orchestration;

/// <summary>
/// Takes the model through its life: endpoints are allocated, then every resource starts on its own, waiting for those it
/// was told to wait for; a resource that fails does not keep the others from running.
/// </summary>
/// <remarks>
/// <see cref="StartAsync"/> returns when all endpoints are allocated and all starts are under way. Aspire's waits until every
/// resource was handed to DCP, which a failed dependency can delay for ever.
/// </remarks>
internal sealed class ApplicationOrchestrator : IAsyncDisposable
{
    private readonly DistributedApplicationModel _model;
    private readonly DistributedApplicationExecutionContext _execution;
    private readonly IDistributedApplicationEventing _eventing;
    private readonly ResourceNotificationService _notifications;
    private readonly ResourceLoggerService _loggers;
    private readonly IServiceProvider _services;
    private readonly ILogger<DistributedApplication> _logger;
    private readonly Telemetry _telemetry;
    private readonly DcpOptions _dcpOptions;
    private readonly DcpExecutor _executor;
    private readonly DashboardResource? _dashboard;
    private readonly DashboardServiceHost? _dashboardService;
    private readonly ResourceStates _states;
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<IResource, CancellationTokenSource> _waiting = new();
    private readonly ConcurrentDictionary<string, DcpInstance> _instances = new(StringComparer.OrdinalIgnoreCase);
    private Task _starts = Task.CompletedTask;
    private int _stopped;

    public ApplicationOrchestrator(
        DistributedApplicationModel model,
        DistributedApplicationExecutionContext execution,
        DistributedApplicationOptions options,
        IDistributedApplicationEventing eventing,
        ResourceNotificationService notifications,
        ResourceLoggerService loggers,
        DcpOptions dcpOptions,
        SecretMask mask,
        Telemetry telemetry,
        IServiceProvider services,
        IHostApplicationLifetime lifetime,
        ILoggerFactory loggerFactory)
    {
        (_model, _execution, _eventing, _notifications, _loggers, _services) = (model, execution, eventing, notifications, loggers, services);
        (_dcpOptions, _telemetry) = (dcpOptions, telemetry);
        _logger = loggerFactory.CreateLogger<DistributedApplication>();
        _dashboard = services.GetService<DashboardResource>();
        _dashboardService = services.GetService<DashboardServiceHost>();
        _states = new ResourceStates(model, notifications, loggers, eventing, mask, services, _logger);
        _executor = new DcpExecutor(dcpOptions, options, execution, loggers, mask, loggerFactory.CreateLogger<DcpExecutor>())
        {
            OnReport = _states.ReportAsync,
            OnLost = reason =>
            {
                _logger.LogCritical("The orchestrator (DCP) is gone, and with it all resources; the application stops. {Reason}", reason);
                lifetime.StopApplication();
            },
        };
    }

    /// <exception cref="DistributedApplicationException">The orchestrator or the dashboard is missing, or the model cannot be run.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopping.Token);
        var token = either.Token;
        AddDashboard();
        // Named before anything is published: state and logs are kept by these names.
        var run = _model.Resources.Where(DcpExecutor.Runs).ToArray();
        foreach (var instance in run.SelectMany(DcpInstance.Of))
            _instances[instance.Name] = instance;
        foreach (var resource in run.Where(r => r != _dashboard))
            LifecycleCommands.AddTo(resource);

        await Task.WhenAll(
            _executor.StartAsync([.. _instances.Values], token),
            _dashboardService?.StartAsync(token) ?? Task.CompletedTask,
            _states.InitializeAsync(_stopping.Token)).ConfigureAwait(false);

        var failures = new ConcurrentDictionary<IResource, string>();
        var starts = new List<Task>();
        var allocations = run.Where(r => r != _dashboard).Select(r => AllocateAsync(r, failures, token)).ToArray();
        if (_dashboard is not null)
        {
            // Before the others, so that it is there to show them.
            await AllocateAsync(_dashboard, failures, token).ConfigureAwait(false);
            starts.Add(RunAsync(_dashboard, failures.GetValueOrDefault(_dashboard)));
        }
        await Task.WhenAll(allocations).ConfigureAwait(false);
#pragma warning disable CS0618 // Obsolete in Aspire in favour of the event per resource, and still published.
        await _eventing.PublishAsync(new AfterEndpointsAllocatedEvent(_services, _model), token).ConfigureAwait(false);
#pragma warning restore CS0618
        starts.AddRange(run.Where(r => r != _dashboard).Select(r => RunAsync(r, failures.GetValueOrDefault(r))));
        _starts = AnnounceAsync(starts);
    }

    /// <summary>Starts an instance that does not run, or ends the waiting of one that waits.</summary>
    /// <exception cref="DistributedApplicationException">There is no such instance, or it cannot be started.</exception>
    public async Task StartResourceAsync(string name, CancellationToken cancellationToken)
    {
        var instance = Find(name);
        if (_waiting.TryRemove(instance.Resource, out var waiting))
        {
            await waiting.CancelAsync().ConfigureAwait(false);
            return;
        }
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopping.Token);
        await instance.Gate.WaitAsync(either.Token).ConfigureAwait(false);
        try
        {
            if (_notifications.TryGetCurrentState(instance.Name, out var current) && current.Snapshot.State?.Text == KnownResourceStates.Running)
                return;
            await _executor.DeleteAsync(instance, either.Token).ConfigureAwait(false);
            await PrepareAsync(instance.Resource, [instance], either.Token).ConfigureAwait(false);
            await CreateAsync(instance, either.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (!either.IsCancellationRequested)
        {
            await _states.FailAsync(instance, e.Message, e).ConfigureAwait(false);
            throw;
        }
        finally
        {
            instance.Gate.Release();
        }
    }

    /// <summary>Stops an instance and returns when it has ended.</summary>
    /// <exception cref="DistributedApplicationException">There is no such instance, or it did not end.</exception>
    public async Task StopResourceAsync(string name, CancellationToken cancellationToken)
    {
        var instance = Find(name);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopping.Token);
        await instance.Gate.WaitAsync(either.Token).ConfigureAwait(false);
        try
        {
            await _executor.StopAsync(instance, either.Token).ConfigureAwait(false);
        }
        finally
        {
            instance.Gate.Release();
        }
    }

    /// <summary>
    /// Stops all resources, then the dashboard, to which they send their last words and which otherwise would be waited for in
    /// vain, and DCP; within ten seconds or little more.
    /// </summary>
    public async Task StopAsync()
    {
        if (Interlocked.Exchange(ref _stopped, 1) != 0)
            return;
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _starts.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _executor.StopProcessesAsync(except: _dashboard).ConfigureAwait(false);
        await _executor.DisposeAsync().ConfigureAwait(false);
        if (_dashboardService is not null)
            await _dashboardService.DisposeAsync().ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync() => await StopAsync().ConfigureAwait(false);

    private void AddDashboard()
    {
        if (_dashboard is null)
            return;
        if (_model.Resources.Any(r => string.Equals(r.Name, _dashboard.Name, StringComparison.OrdinalIgnoreCase)))
            throw new DistributedApplicationException($"The name '{_dashboard.Name}' is the dashboard's; give your resource another one, or turn the dashboard off.");
        _model.Resources.Insert(0, _dashboard);
        _eventing.Subscribe<ResourceReadyEvent>(_dashboard, (_, _) =>
        {
            var url = _dashboard.Frontends[0].Url;
            _logger.LogInformation("Now listening on: {DashboardUrl}", url);
            if (_services.GetRequiredService<DashboardOptions>().BrowserToken is { } token)
                _logger.LogInformation("Login to the dashboard at {DashboardLoginUrl}", $"{url}/login?t={token}");
            return Task.CompletedTask;
        });
    }

    private async Task AllocateAsync(IResource resource, ConcurrentDictionary<IResource, string> failures, CancellationToken cancellationToken)
    {
        if (!resource.Annotations.OfType<EndpointAnnotation>().Any())
            return;
        if (await _executor.AllocateAsync(resource, cancellationToken).ConfigureAwait(false) is { } reason)
            failures[resource] = reason;
        var urls = await ResourceUrls.ProcessAsync(resource, _execution, _loggers.GetLogger(resource), cancellationToken).ConfigureAwait(false);
        await _notifications.PublishUpdateAsync(resource, s => s with { Urls = urls }).ConfigureAwait(false);
        await _eventing.PublishAsync(new ResourceEndpointsAllocatedEvent(resource, _services), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The first start of a resource; never throws, for it concerns this resource only.</summary>
    private async Task RunAsync(IResource resource, string? failure)
    {
        // Callbacks of one resource must not hold up the others.
        await Task.Yield();
        var instances = DcpInstance.Of(resource);
        try
        {
            if (failure is not null)
                throw new DistributedApplicationException(failure);
            if (resource.Annotations.OfType<ExplicitStartupAnnotation>().Any())
            {
                await _notifications.PublishUpdateAsync(resource, s => s with { State = KnownResourceStates.NotStarted }).ConfigureAwait(false);
                return;
            }
            await PrepareAsync(resource, instances, _stopping.Token).ConfigureAwait(false);
            await Task.WhenAll(instances.Select(i => CreateGuardedAsync(i))).ConfigureAwait(false);
        }
        catch (Exception) when (_stopping.IsCancellationRequested)
        {
            // The application stops: nothing failed.
        }
        catch (Exception e)
        {
            foreach (var instance in instances)
                await _states.FailAsync(instance, e.Message, e).ConfigureAwait(false);
        }
    }

    /// <summary>Everything that comes before the processes of a resource: its connection string, those it waits for, its handlers.</summary>
    private async Task PrepareAsync(IResource resource, IReadOnlyList<DcpInstance> instances, CancellationToken cancellationToken)
    {
        foreach (var instance in instances)
            await _states.StartingAsync(instance).ConfigureAwait(false);
        await _states.ConnectionStringsAvailableAsync(resource, cancellationToken).ConfigureAwait(false);

        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _waiting[resource] = waiting;
        try
        {
            await _notifications.WaitForDependenciesAsync(resource, waiting.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            _loggers.GetLogger(resource).LogInformation("Started without waiting any longer.");
        }
        finally
        {
            _waiting.TryRemove(resource, out _);
        }
        foreach (var instance in instances)
            await _states.StartingAsync(instance).ConfigureAwait(false);
        await _eventing.PublishAsync(new BeforeResourceStartedEvent(resource, _services), cancellationToken).ConfigureAwait(false);
        if (resource.IsContainer() && await ContainerRuntime.FindFaultAsync(_dcpOptions, cancellationToken).ConfigureAwait(false) is { } fault)
        {
            // DCP starts it should the runtime come up after all.
            foreach (var instance in instances)
                await _states.RuntimeUnhealthyAsync(instance, fault).ConfigureAwait(false);
        }
    }

    private async Task CreateGuardedAsync(DcpInstance instance)
    {
        await instance.Gate.WaitAsync(_stopping.Token).ConfigureAwait(false);
        try
        {
            await CreateAsync(instance, _stopping.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (!_stopping.IsCancellationRequested)
        {
            await _states.FailAsync(instance, e.Message, e).ConfigureAwait(false);
        }
        finally
        {
            instance.Gate.Release();
        }
    }

    private async Task CreateAsync(DcpInstance instance, CancellationToken cancellationToken)
    {
        var logger = _loggers.GetLogger(instance.Name);
        var configuration = await LaunchConfiguration.ResolveAsync(instance.Resource, _execution, _telemetry, logger, cancellationToken).ConfigureAwait(false);
        await _executor.CreateAsync(instance, configuration, cancellationToken).ConfigureAwait(false);
    }

    private async Task AnnounceAsync(IReadOnlyList<Task> starts)
    {
        await Task.WhenAll(starts).ConfigureAwait(false);
        if (_stopping.IsCancellationRequested)
            return;
        try
        {
            await _eventing.PublishAsync(new AfterResourcesCreatedEvent(_services, _model), _stopping.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            _logger.LogError(e, "A handler of the event that all resources are created failed: {Reason}", e.Message);
        }
    }

    private DcpInstance Find(string name) => _instances.TryGetValue(name, out var instance)
        ? instance
        : throw new DistributedApplicationException($"No resource instance '{name}' is run by the orchestrator.");
}
