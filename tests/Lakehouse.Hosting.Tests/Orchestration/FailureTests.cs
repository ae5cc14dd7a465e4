using System.Net;
using System.Net.Sockets;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Dcp;
using Aspire.Hosting.Testing;

namespace Lakehouse.Hosting.Tests.Orchestration;

/// <summary>Whatever is wrong with one resource, it says so and the others run.</summary>
public sealed class FailureTests
{
    [Fact]
    public async Task A_service_that_crashes_before_it_is_ready_has_failed_to_start()
    {
        await using var builder = Playground.CreateBuilder();
        builder.AddService("broken").WithEnvironment("PLAYGROUND_CRASH", "no source configured").WithHttpHealthCheck("/health");
        builder.AddShell("other", "exec sleep 1000");
        await using var app = await builder.BuildAsync(Playground.Deadline);
        await app.StartAsync(Playground.Deadline);
        Assert.NotEqual(0, (await app.WaitForStateAsync("broken", KnownResourceStates.FailedToStart)).ExitCode);
        await app.WaitForLogAsync("broken", "no source configured");
        await app.WaitForLogAsync("broken", "before it was ready");
        await app.WaitForStateAsync("other", KnownResourceStates.Running);
    }

    [Theory]
    [InlineData("/nowhere/program", "The program '/nowhere/program' of resource 'absent' does not exist.")]
    [InlineData("no-such-program", "no-such-program")]
    public async Task A_missing_program_is_named(string program, string message)
    {
        await using var builder = Playground.CreateBuilder();
        builder.AddResource(new ExecutableResource("absent", program, Path.GetTempPath()));
        await using var app = await builder.BuildAsync(Playground.Deadline);
        await app.StartAsync(Playground.Deadline);
        await app.WaitForStateAsync("absent", KnownResourceStates.FailedToStart);
        await app.WaitForLogAsync("absent", message);
    }

    [Fact]
    public async Task A_missing_working_directory_is_named()
    {
        await using var builder = Playground.CreateBuilder();
        builder.AddResource(new ExecutableResource("lost", "/bin/sh", "/nowhere"));
        await using var app = await builder.BuildAsync(Playground.Deadline);
        await app.StartAsync(Playground.Deadline);
        await app.WaitForStateAsync("lost", KnownResourceStates.FailedToStart);
        await app.WaitForLogAsync("lost", "'/nowhere'");
    }

    [Fact]
    public async Task A_taken_port_is_named_with_its_resource_and_when_it_is_free_again_a_start_succeeds()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;
        await using var builder = Playground.CreateBuilder("--DcpPublisher:RandomizePorts=false");
        builder.AddService("api").WithEndpoint("http", e => e.Port = port);
        builder.AddShell("other", "exec sleep 1000");
        await using var app = await builder.BuildAsync(Playground.Deadline);
        await app.StartAsync(Playground.Deadline);
        await app.WaitForStateAsync("api", KnownResourceStates.FailedToStart);
        await app.WaitForLogAsync("api", $"Port {port}, which resource 'api' wants for its endpoint 'http', is taken");
        await app.WaitForStateAsync("other", KnownResourceStates.Running);

        other.Stop();
        Assert.True((await app.ResourceCommands.ExecuteCommandAsync(app.Resource("api"), KnownResourceCommands.StartCommand, Playground.Deadline)).Success);
        using var client = app.CreateHttpClient("api");
        Assert.Equal(port, client.BaseAddress!.Port);
        Assert.Equal("playground", await client.GetStringAsync("/", Playground.Deadline));
    }

    [Fact]
    public async Task A_variable_without_a_value_is_named()
    {
        await using var builder = Playground.CreateBuilder();
        var missing = builder.AddResource(new ParameterResource("missing", _ => throw new MissingParameterValueException("Give it one.")));
        builder.AddShell("needy", "exec sleep 1000").WithEnvironment("NEEDED", missing);
        builder.AddShell("other", "exec sleep 1000");
        await using var app = await builder.BuildAsync(Playground.Deadline);
        await app.StartAsync(Playground.Deadline);
        await app.WaitForStateAsync("missing", KnownResourceStates.ValueMissing);
        await app.WaitForLogAsync("missing", "Give it one.");
        await app.WaitForStateAsync("needy", KnownResourceStates.FailedToStart);
        await app.WaitForLogAsync("needy", "The environment variable 'NEEDED' of resource 'needy' has no value: Give it one.");
        await app.WaitForStateAsync("other", KnownResourceStates.Running);
    }

    [Fact]
    public async Task A_callback_that_throws_fails_its_own_resource_only()
    {
        await using var builder = Playground.CreateBuilder();
        builder.AddShell("broken", "exec sleep 1000").WithEnvironment(_ => throw new InvalidOperationException("callback broke"));
        builder.AddShell("other", "exec sleep 1000");
        await using var app = await builder.BuildAsync(Playground.Deadline);
        await app.StartAsync(Playground.Deadline);
        await app.WaitForStateAsync("broken", KnownResourceStates.FailedToStart);
        await app.WaitForLogAsync("broken", "callback broke");
        await app.WaitForStateAsync("other", KnownResourceStates.Running);
    }

    [Fact]
    public async Task A_missing_orchestrator_ends_the_start_and_says_how_to_get_it()
    {
        await using var builder = Playground.CreateBuilder("--DcpPublisher:CliPath=/nowhere/dcp");
        builder.AddShell("any", "exec sleep 1000");
        await using var app = await builder.BuildAsync(Playground.Deadline);
        var failed = await Assert.ThrowsAsync<DcpException>(() => app.StartAsync(Playground.Deadline));
        Assert.Contains("/nowhere/dcp", failed.Message, StringComparison.Ordinal);
        Assert.Contains("Node.js", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_container_runtime_that_is_down_or_absent_is_named_and_the_others_run()
    {
        Playground.RequireDcp();
        Assert.SkipUnless(
            await ContainerRuntime.FindFaultAsync(Playground.Options, Playground.Deadline) is not null,
            "A container runtime answers here; this test is about one that does not.");
        await using var builder = Playground.CreateBuilder();
        builder.AddContainer("cache", "redis", "7");
        builder.AddShell("other", "exec sleep 1000");
        await using var app = await builder.BuildAsync(Playground.Deadline);
        await app.StartAsync(Playground.Deadline);
        await app.WaitForStateAsync("cache", KnownResourceStates.RuntimeUnhealthy);
        await app.WaitForLogAsync("cache", "run this resource without a container");
        await app.WaitForStateAsync("other", KnownResourceStates.Running);
    }
}
