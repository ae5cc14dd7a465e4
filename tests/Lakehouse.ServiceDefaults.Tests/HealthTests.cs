using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Lakehouse.ServiceDefaults.Tests;

public sealed class HealthTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_service_that_cannot_work_is_alive_and_not_ready_and_says_why()
    {
        await using TestService service = await TestService.StartAsync(configure: builder =>
            builder.Services.AddHealthChecks().AddCheck("lake", () => HealthCheckResult.Unhealthy("The lake is gone.")));
        using var client = new HttpClient { BaseAddress = service.Address };
        using HttpResponseMessage alive = await client.GetAsync("/alive", Cancellation);
        using HttpResponseMessage health = await client.GetAsync("/health", Cancellation);
        Assert.Equal(HttpStatusCode.OK, alive.StatusCode);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, health.StatusCode);
        using JsonDocument report = JsonDocument.Parse(await health.Content.ReadAsStringAsync(Cancellation));
        Assert.Equal("The lake is gone.", report.RootElement.GetProperty("checks").GetProperty("lake").GetProperty("description").GetString());
    }

    [Fact]
    public async Task A_service_with_nothing_amiss_is_ready()
    {
        await using TestService service = await TestService.StartAsync();
        using var client = new HttpClient { BaseAddress = service.Address };
        using JsonDocument report = JsonDocument.Parse(await client.GetStringAsync("/health", Cancellation));
        Assert.Equal("Healthy", report.RootElement.GetProperty("status").GetString());
    }
}
