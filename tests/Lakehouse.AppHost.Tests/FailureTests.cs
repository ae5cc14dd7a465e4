using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Lakehouse.Testing;

namespace Lakehouse.AppHost.Tests;

/// <summary>What is wrong is said where it is wrong, and the rest of the platform runs.</summary>
public sealed class FailureTests
{
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
}
