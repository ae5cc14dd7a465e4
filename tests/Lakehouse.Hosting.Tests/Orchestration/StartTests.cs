using System.Globalization;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Lakehouse.Hosting.Tests.Orchestration;

public sealed class StartTests
{
    [Fact]
    public async Task A_service_runs_behind_its_endpoint_with_its_environment()
    {
        await using var builder = Playground.CreateBuilder();
        builder.AddService("api").WithEnvironment("GREETING", "hello");
        await using var app = await builder.BuildAsync(Playground.Deadline);
        await app.StartAsync(Playground.Deadline);
        using var client = app.CreateHttpClient("api");
        Assert.Equal("playground", await client.GetStringAsync("/", Playground.Deadline));
        Assert.Equal("hello", await client.GetStringAsync("/environment/GREETING", Playground.Deadline));
    }

    [Fact]
    public async Task A_service_finds_another_by_the_variables_of_service_discovery()
    {
        await using var builder = Playground.CreateBuilder();
        var backend = builder.AddService("backend");
        builder.AddService("front").WithReference(backend.GetEndpoint("http"));
        await using var app = await builder.BuildAsync(Playground.Deadline);
        await app.StartAsync(Playground.Deadline);
        using var client = app.CreateHttpClient("front");
        Assert.Equal(app.GetEndpoint("backend").ToString().TrimEnd('/'), await client.GetStringAsync("/environment/services__backend__http__0", Playground.Deadline));
    }

    [Fact]
    public async Task What_waits_starts_when_the_other_is_healthy_and_shows_as_waiting_until_then()
    {
        var healthy = Path.Combine(Directory.CreateTempSubdirectory("hosting-tests").FullName, "healthy");
        await using var builder = Playground.CreateBuilder();
        var slow = builder.AddService("slow").WithEnvironment("PLAYGROUND_HEALTHY_FILE", healthy).WithHttpHealthCheck("/health");
        builder.AddShell("after", "exec sleep 1000").WaitFor(slow);
        await using var app = await builder.BuildAsync(Playground.Deadline);
        await app.StartAsync(Playground.Deadline);
        await app.WaitForStateAsync("slow", KnownResourceStates.Running);
        await app.WaitForStateAsync("after", KnownResourceStates.Waiting);

        await File.WriteAllTextAsync(healthy, "", Playground.Deadline);
        await app.WaitForStateAsync("after", KnownResourceStates.Running);
        Assert.True(app.ResourceNotifications.TryGetCurrentState("slow", out var state));
        Assert.Equal(HealthStatus.Healthy, state.Snapshot.HealthStatus);
        Directory.Delete(Path.GetDirectoryName(healthy)!, recursive: true);
    }

    [Fact]
    public async Task What_waits_for_completion_starts_after_the_right_exit_code()
    {
        await using var builder = Playground.CreateBuilder();
        var task = builder.AddShell("task", "echo worked; exit 0");
        builder.AddShell("after", "exec sleep 1000").WaitForCompletion(task);
        await using var app = await builder.BuildAsync(Playground.Deadline);
        await app.StartAsync(Playground.Deadline);
        await app.WaitForStateAsync("after", KnownResourceStates.Running);
        Assert.Equal(0, (await app.WaitForStateAsync("task", KnownResourceStates.Finished)).ExitCode);
        await app.WaitForLogAsync("task", "worked");
    }

    [Fact]
    public async Task What_waits_for_completion_fails_after_the_wrong_exit_code_and_says_so()
    {
        await using var builder = Playground.CreateBuilder();
        var task = builder.AddShell("task", "exit 3");
        builder.AddShell("after", "exec sleep 1000").WaitForCompletion(task);
        await using var app = await builder.BuildAsync(Playground.Deadline);
        await app.StartAsync(Playground.Deadline);
        await app.WaitForStateAsync("after", KnownResourceStates.FailedToStart);
        Assert.Equal(3, (await app.WaitForStateAsync("task", KnownResourceStates.Finished)).ExitCode);
        await app.WaitForLogAsync("after", "exit code '3', expected '0'");
    }

    [Fact]
    public async Task What_waits_can_be_started_without_waiting()
    {
        await using var builder = Playground.CreateBuilder();
        var never = builder.AddShell("never", "exec sleep 1000").WithExplicitStart();
        builder.AddShell("after", "exec sleep 1000").WaitFor(never);
        await using var app = await builder.BuildAsync(Playground.Deadline);
        await app.StartAsync(Playground.Deadline);
        await app.WaitForStateAsync("after", KnownResourceStates.Waiting);
        Assert.True((await app.ResourceCommands.ExecuteCommandAsync(app.Resource("after"), KnownResourceCommands.StartCommand, Playground.Deadline)).Success);
        await app.WaitForStateAsync("after", KnownResourceStates.Running);
        await app.WaitForStateAsync("never", KnownResourceStates.NotStarted);
    }

    [Fact]
    public async Task An_explicit_start_happens_when_it_is_asked_for()
    {
        await using var builder = Playground.CreateBuilder();
        builder.AddShell("later", "exec sleep 1000").WithExplicitStart();
        await using var app = await builder.BuildAsync(Playground.Deadline);
        await app.StartAsync(Playground.Deadline);
        await app.WaitForStateAsync("later", KnownResourceStates.NotStarted);
        Assert.True((await app.ResourceCommands.ExecuteCommandAsync(app.Resource("later"), KnownResourceCommands.StartCommand, Playground.Deadline)).Success);
        await app.WaitForStateAsync("later", KnownResourceStates.Running);
    }

    [Fact]
    public async Task Replicas_share_an_endpoint_and_have_processes_of_their_own()
    {
        await using var builder = Playground.CreateBuilder();
        var service = builder.AddService("api").WithAnnotation(new ReplicaAnnotation(2));
        await using var app = await builder.BuildAsync(Playground.Deadline);
        await app.StartAsync(Playground.Deadline);
        var pids = new HashSet<int>();
        foreach (var name in service.Resource.InstanceNames())
        {
            await app.ResourceNotifications.WaitForResourceAsync("api", e => e.ResourceId == name && e.Snapshot.State?.Text == KnownResourceStates.Running, Playground.Deadline);
            pids.Add(app.Pid(name));
        }
        Assert.Equal(2, pids.Count);

        var (answered, deadline) = (new HashSet<int>(), Playground.Deadline);
        while (answered.Count < 2)
        {
            // A connection stays with one replica.
            using var client = app.CreateHttpClient("api");
            client.DefaultRequestHeaders.ConnectionClose = true;
            answered.Add(int.Parse(await client.GetStringAsync("/id", deadline), CultureInfo.InvariantCulture));
        }
        Assert.Equal(pids, answered);
    }

    [Fact]
    public async Task The_events_of_a_resource_come_in_their_order()
    {
        await using var builder = Playground.CreateBuilder();
        var seen = new List<string>();
        Task See(string what)
        {
            lock (seen)
                seen.Add(what);
            return Task.CompletedTask;
        }
        var service = builder.AddService("api").WithHttpHealthCheck("/health");
        service.OnResourceEndpointsAllocated((_, _, _) => See("endpoints"));
        service.OnBeforeResourceStarted((_, _, _) => See("starting"));
        service.OnResourceReady((_, _, _) => See("ready"));
        service.OnResourceStopped((_, _, _) => See("stopped"));
        await using var app = await builder.BuildAsync(Playground.Deadline);
        await app.StartAsync(Playground.Deadline);
        await app.ResourceNotifications.WaitForResourceHealthyAsync("api", Playground.Deadline);
        await app.ResourceCommands.ExecuteCommandAsync(app.Resource("api"), KnownResourceCommands.StopCommand, Playground.Deadline);
        await Playground.UntilAsync(() => { lock (seen) return seen.Count == 4; }, "all four events came");
        Assert.Equal(["endpoints", "starting", "ready", "stopped"], seen);
    }

    [Fact]
    public async Task A_child_without_a_life_of_its_own_shares_its_parents_state()
    {
        await using var builder = Playground.CreateBuilder();
        var server = builder.AddShell("server", "exec sleep 1000");
        builder.AddResource(new Part("part", server.Resource));
        await using var app = await builder.BuildAsync(Playground.Deadline);
        await app.StartAsync(Playground.Deadline);
        var part = await app.WaitForStateAsync("part", KnownResourceStates.Running);
        Assert.Contains(part.Properties, p => p.Name == "resource.parentName" && (string?)p.Value == server.Resource.InstanceNames()[0]);
        await app.ResourceCommands.ExecuteCommandAsync(server.Resource, KnownResourceCommands.StopCommand, Playground.Deadline);
        await app.WaitForStateAsync("part", KnownResourceStates.Exited);
    }

    private sealed class Part(string name, IResource parent) : Resource(name), IResourceWithParent
    {
        public IResource Parent => parent;
    }
}
