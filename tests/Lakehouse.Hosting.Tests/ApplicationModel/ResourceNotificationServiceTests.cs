using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Lakehouse.Hosting.Tests.ApplicationModel;

public sealed class ResourceNotificationServiceTests : IDisposable
{
    private readonly ContainerResource _server = new("server");
    private readonly ContainerResource _client = new("client");
    private readonly DistributedApplication _application;
    private readonly CancellationTokenSource _deadline = new(TimeSpan.FromSeconds(30));

    public ResourceNotificationServiceTests()
    {
        IDistributedApplicationBuilder builder = DistributedApplication.CreateBuilder(new DistributedApplicationOptions { DisableDashboard = true });
        builder.AddResource(_server);
        builder.AddResource(_client);
        _application = builder.Build();
    }

    private ResourceNotificationService States => _application.ResourceNotifications;

    [Fact]
    public async Task A_watcher_sees_the_last_state_and_then_every_change_once()
    {
        await States.PublishUpdateAsync(_server, s => s with { State = KnownResourceStates.Starting });
        var seen = new List<string?>();
        await foreach (ResourceEvent change in States.WatchAsync(_deadline.Token))
        {
            seen.Add(change.Snapshot.State?.Text);
            if (seen.Count == 1)
            {
                await States.PublishUpdateAsync(_server, s => s with { State = KnownResourceStates.Running });
                await States.PublishUpdateAsync(_server, s => s with { State = KnownResourceStates.Exited });
            }

            if (seen.Count == 3)
                break;
        }

        Assert.Equal([KnownResourceStates.Starting, KnownResourceStates.Running, KnownResourceStates.Exited], seen);
    }

    [Fact]
    public async Task Healthy_means_running_with_every_check_green_and_the_ready_handlers_done()
    {
        var handlers = new TaskCompletionSource();
        Task<ResourceEvent> healthy = States.WaitForResourceHealthyAsync("server", _deadline.Token);
        await States.PublishUpdateAsync(_server, s => s with { State = KnownResourceStates.Running, HealthReports = [new("ping", null, null, null)] });
        Assert.Equal(HealthStatus.Unhealthy, Snapshot(_server).HealthStatus);
        await States.PublishUpdateAsync(_server, s => s with { HealthReports = [new("ping", HealthStatus.Healthy, null, null)] });
        await States.PublishUpdateAsync(_server, s => s with { ResourceReady = handlers.Task });
        Assert.False(healthy.IsCompleted);
        handlers.SetResult();
        Assert.Equal(HealthStatus.Healthy, (await healthy).Snapshot.HealthStatus);
    }

    [Fact]
    public async Task Waiting_for_what_failed_to_start_fails_with_its_name()
    {
        _client.Annotations.Add(new WaitAnnotation(_server, WaitType.WaitUntilHealthy));
        Task waiting = States.WaitForDependenciesAsync(_client, _deadline.Token);
        await States.WaitForResourceAsync("client", KnownResourceStates.Waiting, _deadline.Token);
        await States.PublishUpdateAsync(_server, s => s with { State = KnownResourceStates.FailedToStart });
        var failure = await Assert.ThrowsAsync<DistributedApplicationException>(() => waiting);
        Assert.Contains("'server' failed to start", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(3, false)]
    public async Task Completion_is_the_exit_code_that_was_named(int exitCode, bool completes)
    {
        _client.Annotations.Add(new WaitAnnotation(_server, WaitType.WaitForCompletion));
        Task waiting = States.WaitForDependenciesAsync(_client, _deadline.Token);
        await States.PublishUpdateAsync(_server, s => s with { State = KnownResourceStates.Finished, ExitCode = exitCode });
        if (completes)
            await waiting;
        else
            Assert.Contains("exit code '3'", (await Assert.ThrowsAsync<DistributedApplicationException>(() => waiting)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wait_that_is_given_up_says_how_far_the_resource_came()
    {
        await States.PublishUpdateAsync(_server, s => s with { State = KnownResourceStates.Running, HealthReports = [new("ping", HealthStatus.Unhealthy, "no answer on 5432", null)] });
        using var given = new CancellationTokenSource();
        Task waiting = States.WaitForResourceHealthyAsync("server", given.Token);
        await given.CancelAsync();
        var failure = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.Contains("no answer on 5432", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Commands_show_with_the_state_that_they_decide_on()
    {
        _server.Annotations.Add(new ResourceCommandAnnotation(
            "flush", "Flush", context => context.ResourceSnapshot.State?.Text == KnownResourceStates.Running ? ResourceCommandState.Enabled : ResourceCommandState.Disabled,
            _ => Task.FromResult(CommandResults.Success("flushed")), null, null, null, "Broom", IconVariant.Regular, false));
        await States.PublishUpdateAsync(_server, s => s with { State = KnownResourceStates.Starting });
        Assert.Equal(ResourceCommandState.Disabled, Assert.Single(Snapshot(_server).Commands).State);
        await States.PublishUpdateAsync(_server, s => s with { State = KnownResourceStates.Running });
        Assert.Equal(ResourceCommandState.Enabled, Assert.Single(Snapshot(_server).Commands).State);

        ExecuteCommandResult result = await _application.ResourceCommands.ExecuteCommandAsync("server", "flush", _deadline.Token);
        Assert.Equal("flushed", result.Message);
    }

    [Fact]
    public async Task A_log_is_read_from_its_beginning_and_on()
    {
        var logs = _application.Services.GetRequiredService<ResourceLoggerService>();
        logs.Append("server", new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc), "first", isError: false);
        var seen = new List<LogLine>();
        await foreach (IReadOnlyList<LogLine> lines in logs.WatchAsync(_server).WithCancellation(_deadline.Token))
        {
            seen.AddRange(lines);
            if (seen.Count == 1)
                logs.Append("server", DateTime.UtcNow, "second", isError: true);
            else
                logs.Complete(_server);
        }

        Assert.Equal("2026-01-02T03:04:05.0000000Z first", seen[0].Content);
        Assert.Equal((2, true), (seen[1].LineNumber, seen[1].IsErrorMessage));
    }

    public void Dispose()
    {
        _application.Dispose();
        _deadline.Dispose();
    }

    private CustomResourceSnapshot Snapshot(IResource resource) =>
        States.TryGetCurrentState(resource.Name, out ResourceEvent? current) ? current.Snapshot : throw new InvalidOperationException("no state");
}
