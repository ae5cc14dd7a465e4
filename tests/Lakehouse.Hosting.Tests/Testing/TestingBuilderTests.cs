using Aspire.Hosting;
using Aspire.Hosting.Testing;

namespace Lakehouse.Hosting.Tests.Testing;

public sealed class TestingBuilderTests
{
    [Fact]
    public async Task An_AppHost_runs_as_it_is_with_what_the_test_changes()
    {
        Playground.RequireDcp();
        await using var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.Lakehouse_Hosting_Playground>(["--Parameters:greeting=changed"], Playground.Deadline);
        Assert.Equal(typeof(Projects.Lakehouse_Hosting_Playground).Assembly, builder.AppHostAssembly);
        builder.Resources.Remove(builder.Resources.Single(r => r.Name == "sleeper"));
        await using var app = await builder.BuildAsync(Playground.Deadline);
        await app.StartAsync(Playground.Deadline);
        await app.ResourceNotifications.WaitForResourceHealthyAsync("backend", Playground.Deadline);
        using var client = app.CreateHttpClient("backend");
        Assert.Equal("changed", await client.GetStringAsync("/environment/GREETING", Playground.Deadline));
        Assert.False(app.ResourceNotifications.TryGetCurrentState("sleeper", out _));
    }

    [Fact]
    public async Task Two_applications_run_beside_each_other()
    {
        Playground.RequireDcp();
        var apps = await Task.WhenAll(Enumerable.Range(0, 2).Select(async i =>
        {
            var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.Lakehouse_Hosting_Playground>([$"--Parameters:greeting=app {i}"], Playground.Deadline);
            var app = await builder.BuildAsync(Playground.Deadline);
            await app.StartAsync(Playground.Deadline);
            return app;
        }));
        try
        {
            foreach (var (i, app) in apps.Index())
            {
                using var client = app.CreateHttpClient("backend");
                Assert.Equal($"app {i}", await client.GetStringAsync("/environment/GREETING", Playground.Deadline));
            }
            Assert.NotEqual(apps[0].GetEndpoint("backend"), apps[1].GetEndpoint("backend"));
        }
        finally
        {
            await Task.WhenAll(apps.Select(a => a.DisposeAsync().AsTask()));
        }
    }

    [Fact]
    public async Task A_builder_that_is_not_built_is_given_up()
    {
        await using var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.Lakehouse_Hosting_Playground>(Playground.Deadline);
        await builder.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => builder.BuildAsync(Playground.Deadline));
    }

    [Fact]
    public async Task An_assembly_without_a_program_is_refused()
    {
        var failed = await Assert.ThrowsAsync<InvalidOperationException>(() => DistributedApplicationTestingBuilder.CreateAsync(typeof(DistributedApplication), Playground.Deadline));
        Assert.Contains("Lakehouse.Hosting", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_asked_of_a_resource_that_is_not_there_is_refused()
    {
        await using var builder = Playground.CreateBuilder();
        builder.AddService("api");
        await using var app = await builder.BuildAsync(Playground.Deadline);
        Assert.Throws<ArgumentException>(() => app.CreateHttpClient("absent"));
        Assert.Throws<ArgumentException>(() => app.GetEndpoint("api", "absent"));
        Assert.Throws<InvalidOperationException>(() => app.GetEndpoint("api"));
        await Assert.ThrowsAsync<ArgumentException>(async () => await app.GetConnectionStringAsync("api"));
    }
}
