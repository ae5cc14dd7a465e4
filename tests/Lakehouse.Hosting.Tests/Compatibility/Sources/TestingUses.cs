using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Lakehouse.Hosting.Tests.Compatibility.Sources;

/// <summary>A test of an AppHost as Aspire's documentation writes it. It is compiled against the subset and against Aspire's own API, and never run: the AppHost's own tests run.</summary>
public static class TestingUses
{
    public static async Task AskAsync<TAppHost>(CancellationToken cancellationToken)
        where TAppHost : class
    {
        IDistributedApplicationTestingBuilder builder = await DistributedApplicationTestingBuilder.CreateAsync<TAppHost>(["--placement", "embedded"], cancellationToken);
        builder.Services.ConfigureHttpClientDefaults(client => client.ConfigureHttpClient(one => one.Timeout = TimeSpan.FromSeconds(10)));
        await using DistributedApplication application = await builder.BuildAsync(cancellationToken);
        await application.StartAsync(cancellationToken);
        await application.ResourceNotifications.WaitForResourceHealthyAsync("api", cancellationToken);
        await application.ResourceNotifications.WaitForResourceAsync("seed", KnownResourceStates.Finished, cancellationToken);
        using HttpClient client = application.CreateHttpClient("api");
        using HttpResponseMessage response = await client.GetAsync(new Uri("/health", UriKind.Relative), cancellationToken);
        response.EnsureSuccessStatusCode();
        Uri endpoint = application.GetEndpoint("api", "http");
        string? connectionString = await application.GetConnectionStringAsync("source", cancellationToken);
        ExecuteCommandResult result = await application.ResourceCommands.ExecuteCommandAsync("api", KnownResourceCommands.RestartCommand, cancellationToken);
        Assert.True(result.Success && endpoint.Port > 0 && connectionString is not null);
    }
}
