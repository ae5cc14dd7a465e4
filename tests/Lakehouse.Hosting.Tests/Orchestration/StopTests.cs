using System.Globalization;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;

namespace Lakehouse.Hosting.Tests.Orchestration;

public sealed class StopTests
{
    [Fact]
    public async Task Stop_ends_a_resource_and_start_begins_it_anew()
    {
        await using var builder = Playground.CreateBuilder();
        builder.AddService("api").WithHttpHealthCheck("/health");
        await using var app = await builder.BuildAsync(Playground.Deadline);
        await app.StartAsync(Playground.Deadline);
        await app.ResourceNotifications.WaitForResourceHealthyAsync("api", Playground.Deadline);
        var first = app.Pid("api");
        Assert.True((await app.ResourceCommands.ExecuteCommandAsync(app.Resource("api"), KnownResourceCommands.StopCommand, Playground.Deadline)).Success);
        await app.WaitForStateAsync("api", KnownResourceStates.Exited);
        Assert.False(Playground.IsRunning(first));
        Assert.True((await app.ResourceCommands.ExecuteCommandAsync(app.Resource("api"), KnownResourceCommands.StartCommand, Playground.Deadline)).Success);
        await app.ResourceNotifications.WaitForResourceHealthyAsync("api", Playground.Deadline);
        Assert.NotEqual(first, app.Pid("api"));
    }

    [Fact]
    public async Task Restart_gives_a_new_process_behind_the_same_endpoint()
    {
        await using var builder = Playground.CreateBuilder();
        builder.AddService("api").WithHttpHealthCheck("/health");
        await using var app = await builder.BuildAsync(Playground.Deadline);
        await app.StartAsync(Playground.Deadline);
        await app.ResourceNotifications.WaitForResourceHealthyAsync("api", Playground.Deadline);
        var (first, endpoint) = (app.Pid("api"), app.GetEndpoint("api"));
        Assert.True((await app.ResourceCommands.ExecuteCommandAsync(app.Resource("api"), KnownResourceCommands.RestartCommand, Playground.Deadline)).Success);
        await app.ResourceNotifications.WaitForResourceHealthyAsync("api", Playground.Deadline);
        using var client = app.CreateHttpClient("api");
        Assert.Equal(endpoint, client.BaseAddress);
        Assert.NotEqual(first.ToString(CultureInfo.InvariantCulture), await client.GetStringAsync("/id", Playground.Deadline));
    }

    [Fact]
    public async Task A_replica_restarts_while_the_others_run_on_and_the_resource_stays_ready()
    {
        await using var builder = Playground.CreateBuilder();
        var service = builder.AddService("api").WithHttpHealthCheck("/health").WithAnnotation(new ReplicaAnnotation(2));
        await using var app = await builder.BuildAsync(Playground.Deadline);
        await app.StartAsync(Playground.Deadline);
        var names = service.Resource.InstanceNames();
        foreach (var name in names)
            await app.ResourceNotifications.WaitForResourceAsync("api", e => e.ResourceId == name && e.Snapshot.ResourceReady is not null, Playground.Deadline);
        var before = names.Select(app.Pid).ToArray();
        Assert.True((await app.ResourceCommands.ExecuteCommandAsync(names[0], KnownResourceCommands.RestartCommand, Playground.Deadline)).Success);
        var again = await app.ResourceNotifications.WaitForResourceAsync("api", e => e.ResourceId == names[0] && e.Snapshot.State?.Text == KnownResourceStates.Running, Playground.Deadline);
        Assert.NotNull(again.Snapshot.ResourceReady);
        Assert.NotEqual(before[0], app.Pid(names[0]));
        Assert.Equal(before[1], app.Pid(names[1]));
    }

    [Fact]
    public async Task A_resource_that_ends_by_itself_tells_its_exit_code_and_the_others_go_on()
    {
        await using var builder = Playground.CreateBuilder();
        builder.AddService("api");
        builder.AddShell("other", "exec sleep 1000");
        await using var app = await builder.BuildAsync(Playground.Deadline);
        await app.StartAsync(Playground.Deadline);
        await app.WaitForStateAsync("other", KnownResourceStates.Running);
        using var client = app.CreateHttpClient("api");
        await client.PostAsync("/exit/7", null, Playground.Deadline);
        Assert.Equal(7, (await app.WaitForStateAsync("api", KnownResourceStates.Finished)).ExitCode);
        Assert.True(Playground.IsRunning(app.Pid("other")));
    }

    [Fact]
    public async Task An_application_that_stops_leaves_no_process()
    {
        await using var builder = Playground.CreateBuilder();
        builder.AddService("api").WithHttpHealthCheck("/health");
        // A child of a child, and a parent that does not care about being asked to stop.
        builder.AddShell("family", "sleep 1000 & trap '' TERM; wait; sleep 1000");
        await using var app = await builder.BuildAsync(Playground.Deadline);
        await app.StartAsync(Playground.Deadline);
        await app.ResourceNotifications.WaitForResourceHealthyAsync("api", Playground.Deadline);
        await app.WaitForStateAsync("family", KnownResourceStates.Running);
        var (pids, endpoint) = (new[] { app.Pid("api"), app.Pid("family") }, app.GetEndpoint("api"));
        await app.StopAsync(Playground.Deadline);
        foreach (var pid in pids)
            await Playground.UntilAsync(() => !Playground.IsRunning(pid), "the processes were gone");
        using var client = new HttpClient();
        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync(endpoint, Playground.Deadline));
    }
}
