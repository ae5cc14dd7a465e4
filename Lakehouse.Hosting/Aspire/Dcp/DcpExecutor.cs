using System.Collections.Concurrent;
using System.Reflection;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Orchestration;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Dcp;

/// <summary>Runs instances of resources with DCP and reports what becomes of them.</summary>
internal sealed class DcpExecutor(
    DcpOptions options,
    DistributedApplicationOptions application,
    DistributedApplicationExecutionContext execution,
    ResourceLoggerService loggers,
    SecretMask mask,
    ILogger<DcpExecutor> logger) : IAsyncDisposable
{
    /// <summary>A process that ignores the request to stop is killed by DCP before this.</summary>
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(30);

    /// <summary>For all of them at the end of the application; DCP kills what is left.</summary>
    private static readonly TimeSpan LastStopLimit = TimeSpan.FromSeconds(7);

    /// <summary>With the pauses between them, ten seconds.</summary>
    private const int WatchAttempts = 40;
    private static readonly TimeSpan WatchPause = TimeSpan.FromMilliseconds(250);

    private readonly DcpServices _services = new(options);
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<string, DcpInstance> _instances = new(StringComparer.Ordinal);
    private readonly ConcurrentBag<Task> _following = [];
    private readonly DcpLogs _logs = new(loggers, logger);
    private DcpSession? _session;
    private string? _network;

    /// <summary>Called with every report about an instance, one at a time for each instance.</summary>
    public required Func<DcpInstance, DcpSnapshots.Report, Task> OnReport { get; init; }

    /// <summary>Called once if DCP is gone although nobody stopped it.</summary>
    public required Action<string> OnLost { get; init; }

    /// <summary>Whether DCP runs a resource, rather than the resource itself or nobody.</summary>
    public static bool Runs(IResource resource) => resource is ProjectResource or ExecutableResource || resource.IsContainer();

    /// <summary>Starts DCP and begins to report.</summary>
    /// <exception cref="DcpException">DCP is absent or does not start.</exception>
    public async Task StartAsync(IReadOnlyList<DcpInstance> instances, CancellationToken cancellationToken)
    {
        foreach (var instance in instances)
            _instances[instance.Name] = instance;
        _session = await DcpSession.StartAsync(options, logger, cancellationToken).ConfigureAwait(false);
        _following.Add(WatchAsync<DcpExecutable>((instance, value) => DcpSnapshots.ReportAsync(instance, value, mask)));
        if (!instances.Any(i => i.Resource.IsContainer()))
            return;
        _following.Add(WatchAsync<DcpContainer>((instance, value) => DcpSnapshots.ReportAsync(instance, value, mask)));
        _network = $"aspire-session-network-{RandomNumberGenerator.GetString("abcdefghijklmnopqrstuvwxyz", 8)}";
        await Client.CreateAsync(new DcpContainerNetwork
        {
            Metadata = new DcpMetadata { Name = _network },
            Spec = new DcpContainerNetworkSpec { NetworkName = _network },
        }, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Allocates the endpoints of a resource; returns why it cannot start, if that is so.</summary>
    public Task<string?> AllocateAsync(IResource resource, CancellationToken cancellationToken) => _services.AllocateAsync(Client, resource, cancellationToken);

    /// <summary>Starts an instance that does not run. It has started when it is reported so.</summary>
    /// <exception cref="DistributedApplicationException">It cannot be started; the message says why.</exception>
    public async Task CreateAsync(DcpInstance instance, LaunchConfiguration configuration, CancellationToken cancellationToken)
    {
        if (await _services.EnsureCreatedAsync(Client, instance.Resource, cancellationToken).ConfigureAwait(false) is { } reason)
            throw new DistributedApplicationException(reason);
        instance.StopRequested = false;
        instance.LastError = null;
        instance.ModelVariables = configuration.Environment.Select(v => v.Key).ToHashSet(StringComparer.Ordinal);
        if (instance.Resource.IsContainer())
        {
            var container = await DcpContainers.CreateAsync(instance, configuration, _network, execution, loggers.GetLogger(instance.Name), cancellationToken).ConfigureAwait(false);
            instance.Created((await Client.CreateAsync(container, cancellationToken).ConfigureAwait(false)).Metadata.Uid);
        }
        else
        {
            var program = DcpExecutables.ProgramOf(instance.Resource, application.Assembly?.GetCustomAttribute<AssemblyConfigurationAttribute>()?.Configuration);
            var executable = DcpExecutables.Create(instance, program, configuration);
            instance.Created((await Client.CreateAsync(executable, cancellationToken).ConfigureAwait(false)).Metadata.Uid);
        }
    }

    /// <summary>Stops an instance gracefully and returns when it has ended; does nothing if it never started.</summary>
    /// <exception cref="DcpException">It did not end.</exception>
    public Task StopAsync(DcpInstance instance, CancellationToken cancellationToken) => instance.Resource.IsContainer()
        ? StopAsync<DcpContainer>(instance, v => v.Status?.State, (i, v) => DcpSnapshots.ReportAsync(i, v, mask), cancellationToken)
        : StopAsync<DcpExecutable>(instance, v => v.Status?.State, (i, v) => DcpSnapshots.ReportAsync(i, v, mask), cancellationToken);

    /// <summary>Removes what is left of an instance that ended, or ends it, so that it can be started again.</summary>
    public async Task DeleteAsync(DcpInstance instance, CancellationToken cancellationToken)
    {
        if (!instance.Exists)
            return;
        if (instance.Resource.IsContainer())
            await Client.DeleteAsync<DcpContainer>(instance.Name, cancellationToken).ConfigureAwait(false);
        else
            await Client.DeleteAsync<DcpExecutable>(instance.Name, cancellationToken).ConfigureAwait(false);
        instance.Deleted();
    }

    /// <summary>
    /// Stops the processes of every resource but one in <see cref="StopOrder"/>, and returns when they have ended or have had their
    /// time. Containers are left to DCP, which knows the ones that are to outlive it.
    /// </summary>
    public async Task StopProcessesAsync(IResource? except)
    {
        using var limit = new CancellationTokenSource(LastStopLimit);
        var instances = _instances.Values.Where(i => i.Resource != except && !i.Resource.IsContainer()).ToLookup(i => i.Resource);
        await StopOrder.RunAsync([.. instances.Select(i => i.Key)], resource => Task.WhenAll(instances[resource].Select(StopOneAsync))).ConfigureAwait(false);

        async Task StopOneAsync(DcpInstance instance)
        {
            try
            {
                await StopAsync(instance, limit.Token).ConfigureAwait(false);
            }
            catch (Exception e) when (e is HttpRequestException or DcpException or OperationCanceledException)
            {
                logger.LogWarning("Resource '{Instance}' did not stop by itself ({Reason}).", instance.Name, e.Message);
            }
        }
    }

    /// <summary>Stops everything and DCP itself.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        if (_session is not null)
            await _session.DisposeAsync().ConfigureAwait(false);
        await Task.WhenAll(_following).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stopping.Dispose();
    }

    private DcpClient Client => (_session ?? throw new InvalidOperationException("The orchestrator has not been started.")).Client;

    private async Task StopAsync<T>(
        DcpInstance instance, Func<T, string?> stateOf, Func<DcpInstance, T, Task<DcpSnapshots.Report>> report, CancellationToken cancellationToken)
        where T : class, IDcpObject, IDcpKind
    {
        if (!instance.Exists || await Client.GetAsync<T>(instance.Name, cancellationToken).ConfigureAwait(false) is not { } before || DcpStates.IsTerminal(stateOf(before)))
            return;
        instance.StopRequested = true;
        await Client.PatchAsync<T>(instance.Name, new JsonObject { ["spec"] = new JsonObject { ["stop"] = true } }, cancellationToken).ConfigureAwait(false);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(StopLimit);
        try
        {
            while (true)
            {
                var now = await Client.GetAsync<T>(instance.Name, limit.Token).ConfigureAwait(false);
                if (now is null)
                    return;
                if (DcpStates.IsTerminal(stateOf(now)))
                {
                    // The watch may come later than the next start, which would hide the end from those who wait for it.
                    await ReportAsync(instance, now, report).ConfigureAwait(false);
                    return;
                }
                await Task.Delay(50, limit.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new DcpException($"Resource '{instance.Name}' did not stop within {StopLimit.TotalSeconds:0} s.");
        }
    }

    /// <summary>Reports every change of one kind of object; a watch that breaks is taken up again.</summary>
    private async Task WatchAsync<T>(Func<DcpInstance, T, Task<DcpSnapshots.Report>> report) where T : class, IDcpObject, IDcpKind
    {
        var reason = "";
        for (var attempt = 0; attempt < WatchAttempts; attempt++)
        {
            try
            {
                await foreach (var change in Client.WatchAsync<T>(_stopping.Token).ConfigureAwait(false))
                {
                    attempt = 0;
                    if (!change.IsDeletion && _instances.TryGetValue(change.Object.Metadata.Name, out var instance))
                        await ReportAsync(instance, change.Object, report).ConfigureAwait(false);
                }
                await Task.Delay(WatchPause, _stopping.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is HttpRequestException or IOException or DcpException or OperationCanceledException)
            {
                reason = e.Message;
                logger.LogDebug("The watch of {Kind} objects broke: {Reason}", T.Kind, reason);
                await Task.Delay(WatchPause, CancellationToken.None).ConfigureAwait(false);
            }
        }
        OnLost(reason);
    }

    private async Task ReportAsync<T>(DcpInstance instance, T value, Func<DcpInstance, T, Task<DcpSnapshots.Report>> report) where T : class, IDcpObject, IDcpKind
    {
        if (!instance.Has(value))
            return;
        await instance.Reports.WaitAsync(_stopping.Token).ConfigureAwait(false);
        try
        {
            var found = await report(instance, value).ConfigureAwait(false);
            if (!string.IsNullOrEmpty(found.State) && instance.BeginLogs(value.Metadata.Uid))
                instance.Logs = _logs.FollowAsync<T>(Client, instance, _stopping.Token);
            await OnReport(instance, found).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // One report that cannot be handled must not end the watch.
            logger.LogError(e, "The state of {Instance} could not be published: {Reason}", instance.Name, e.Message);
        }
        finally
        {
            instance.Reports.Release();
        }
    }
}
