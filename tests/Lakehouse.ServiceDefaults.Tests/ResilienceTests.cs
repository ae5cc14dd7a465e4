using System.Net;
using System.Net.Http.Json;
using Lakehouse.ServiceDefaults.Resilience;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Lakehouse.ServiceDefaults.Tests;

public sealed class ResilienceTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_idempotent_request_is_sent_again_with_its_body()
    {
        int calls = 0;
        await using TestService flaky = await TestService.StartAsync(app => app.MapPut("/thing", async (HttpRequest request) =>
        {
            string body = await new StreamReader(request.Body).ReadToEndAsync(Cancellation);
            return Interlocked.Increment(ref calls) < 3 ? Results.StatusCode(503) : Results.Text(body);
        }));
        await using TestService caller = await CallerAsync();
        using HttpClient client = caller.Client();
        using HttpResponseMessage answer = await client.PutAsJsonAsync(new Uri(flaky.Address, "/thing"), new { n = 7 }, Cancellation);
        Assert.Equal("""{"n":7}""", await answer.Content.ReadAsStringAsync(Cancellation));
        Assert.Equal(3, calls);
    }

    [Fact]
    public async Task A_request_that_may_have_been_carried_out_is_not_sent_twice()
    {
        int calls = 0;
        await using TestService flaky = await TestService.StartAsync(app => app.MapPost("/thing", () =>
        {
            Interlocked.Increment(ref calls);
            return Results.StatusCode(503);
        }));
        await using TestService caller = await CallerAsync();
        using HttpClient client = caller.Client();
        using HttpResponseMessage answer = await client.PostAsync(new Uri(flaky.Address, "/thing"), null, Cancellation);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Equal(1, calls);
    }

    [Fact]
    public async Task The_callers_cancellation_ends_the_retries()
    {
        using var cancelled = new CancellationTokenSource();
        await using TestService flaky = await TestService.StartAsync(app => app.MapGet("/thing", async () =>
        {
            await cancelled.CancelAsync();
            return Results.StatusCode(503);
        }));
        await using TestService caller = await TestService.StartAsync(configure: builder => builder.Services.AddSingleton(new ResiliencePipelines { FirstPause = TimeSpan.FromHours(1) }));
        using HttpClient client = caller.Client();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.GetAsync(new Uri(flaky.Address, "/thing"), cancelled.Token));
    }

    private static Task<TestService> CallerAsync() =>
        TestService.StartAsync(configure: builder => builder.Services.AddSingleton(new ResiliencePipelines { FirstPause = TimeSpan.FromMilliseconds(1) }));
}
