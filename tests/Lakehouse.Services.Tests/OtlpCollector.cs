using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Lakehouse.Services.Tests;

/// <summary>Takes OTLP over HTTP and keeps the bodies: names and texts stand in protobuf as they are.</summary>
internal sealed class OtlpCollector : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, ConcurrentQueue<string>> bodies = new();
    private readonly WebApplication app;

    private OtlpCollector()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        app = builder.Build();
        app.MapPost("/v1/{signal}", async (string signal, HttpRequest request) =>
        {
            using var body = new MemoryStream();
            await request.Body.CopyToAsync(body);
            bodies.GetOrAdd(signal, _ => new()).Enqueue(Encoding.Latin1.GetString(body.ToArray()));
            return Results.Bytes([], "application/x-protobuf");
        });
    }

    /// <summary>The variables that send a service's telemetry here, soon.</summary>
    public Dictionary<string, string> Variables => new()
    {
        ["OTEL_EXPORTER_OTLP_ENDPOINT"] = app.Urls.Single(),
        ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
        ["OTEL_METRIC_EXPORT_INTERVAL"] = "200",
        ["OTEL_BSP_SCHEDULE_DELAY"] = "200",
        ["OTEL_BLRP_SCHEDULE_DELAY"] = "200",
    };

    public static async Task<OtlpCollector> StartAsync()
    {
        var collector = new OtlpCollector();
        await collector.app.StartAsync(TestContext.Current.CancellationToken);
        return collector;
    }

    /// <summary>
    /// Waits until all these texts have come with a signal (<c>traces</c>, <c>metrics</c>, <c>logs</c>) of a service. An exporter
    /// sends what has ended, so a span and those below it may come in different bodies.
    /// </summary>
    public Task ReceivedAsync(string signal, string service, params string[] texts) => ServiceProcess.UntilAsync(
        () => Task.FromResult(bodies.TryGetValue(signal, out var all) && HasAll([.. all.Where(body => body.Contains(service, StringComparison.Ordinal))], texts)),
        () => $"No {signal} of {service} with {string.Join(", ", texts)} came.");

    private static bool HasAll(string[] bodies, string[] texts) => texts.All(text => bodies.Any(body => body.Contains(text, StringComparison.Ordinal)));

    public ValueTask DisposeAsync() => app.DisposeAsync();
}
