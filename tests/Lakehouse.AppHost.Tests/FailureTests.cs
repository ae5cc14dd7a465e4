using System.ComponentModel;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Lakehouse.Testing;

namespace Lakehouse.AppHost.Tests;

/// <summary>What is wrong is said where it is wrong, and the rest of the platform runs.</summary>
public sealed class FailureTests
{
    [Fact]
    public async Task A_service_without_its_connection_string_a_taken_port_and_an_absent_container_engine_leave_the_others_running()
    {
        Assert.SkipWhen(HasContainerEngine, "A container engine is installed here; this test is about its absence.");
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        int port = ((IPEndPoint)other.LocalEndpoint).Port;
        await using Platform platform = await Platform.StartAsync(["--placement:kafka=containers", "--DcpPublisher:RandomizePorts=false"], builder =>
        {
            builder.CreateResourceBuilder<ProjectResource>("catalog").WithEnvironment("ConnectionStrings__metadata", "");
            builder.CreateResourceBuilder<ProjectResource>("api").WithEndpoint("http", endpoint => endpoint.Port = port);
        });

        Assert.NotEqual(0, (await platform.UntilAsync("catalog", KnownResourceStates.FailedToStart)).ExitCode);
        await platform.UntilLogHasAsync("catalog", "The connection string 'metadata' is missing");
        await platform.UntilAsync("api", KnownResourceStates.FailedToStart);
        await platform.UntilLogHasAsync("api", $"Port {port}, which resource 'api' wants for its endpoint 'http', is taken");
        await platform.UntilAsync("kafka", KnownResourceStates.RuntimeUnhealthy);
        await platform.UntilLogHasAsync("kafka", "run this resource without a container");
        await platform.App.ResourceNotifications.WaitForResourceHealthyAsync("ingestion", Platform.Deadline);
        await platform.App.ResourceNotifications.WaitForResourceHealthyAsync("transform", Platform.Deadline);

        other.Stop();
        await platform.CommandAsync("api", KnownResourceCommands.StartCommand);
        await platform.App.ResourceNotifications.WaitForResourceHealthyAsync("api", Platform.Deadline);
        Assert.Equal(port, platform.App.GetEndpoint("api").Port);
        await platform.UntilAnswersAreEqualAsync();
    }

    [Fact]
    public async Task A_database_without_a_connection_string_and_a_broker_without_Java_are_named()
    {
        using var kafka = new TemporaryFolder();
        Directory.CreateDirectory(kafka.File("libs"));
        await using Platform platform = await Platform.StartAsync(["--placement:postgres=local", "--placement:kafka=local", $"--KAFKA_HOME={kafka.Path}", "--JAVA_HOME=/nowhere/java"]);
        await platform.UntilAsync("source", KnownResourceStates.ValueMissing);
        await platform.UntilLogHasAsync("source", "ConnectionStrings__source");
        await platform.UntilAsync("kafka", KnownResourceStates.FailedToStart);
        await platform.UntilLogHasAsync("kafka", "/nowhere/java");
        await platform.App.ResourceNotifications.WaitForResourceHealthyAsync("api", Platform.Deadline);
    }

    [Theory]
    [InlineData("--placement=cloud", "'cloud' is no placement (setting 'placement'). Choose auto, embedded, local or containers.")]
    [InlineData("--placement:spark=cloud", "'cloud' is no placement (setting 'placement:spark'). Choose auto, embedded, local or containers.")]
    [InlineData("--placement:kafka=local", "'kafka' is to run from a local installation, but KAFKA_HOME is not set.")]
    public async Task A_wrong_placement_ends_the_start_with_its_reason(string argument, string message)
    {
        // A setting of this machine must not stand in for the one that is missing.
        DistributedApplicationException wrong = await Assert.ThrowsAnyAsync<DistributedApplicationException>(() => Platform.StartAsync([argument, "--KAFKA_HOME="]));
        Assert.Contains(message, wrong.Message, StringComparison.Ordinal);
    }

    /// <summary>One that is installed and down is as good as none.</summary>
    private static bool HasContainerEngine => new[] { "docker", "podman" }.Any(engine =>
    {
        try
        {
            using var info = Process.Start(new ProcessStartInfo(engine, ["info"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            return info.WaitForExit(TimeSpan.FromSeconds(10)) && info.ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    });
}
