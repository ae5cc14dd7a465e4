using Lakehouse.ServiceDefaults.Discovery;
using Lakehouse.ServiceDefaults.Health;
using Lakehouse.ServiceDefaults.Hosting;
using Lakehouse.ServiceDefaults.Resilience;
using Lakehouse.ServiceDefaults.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;

namespace Microsoft.Extensions.Hosting;

/// <summary>What every service adds in one line, named as in Aspire's own template.</summary>
public static class ServiceDefaultsExtensions
{
    /// <summary>The readiness endpoint: every check.</summary>
    public const string HealthPath = "/health";

    /// <summary>The liveness endpoint: only checks tagged <c>live</c>.</summary>
    public const string AlivePath = "/alive";

    private const string Live = "live";
    private const string HealthChecks = "Microsoft.Extensions.Diagnostics.HealthChecks";

    /// <summary>
    /// Adds telemetry over OTLP (when <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> is set), health checks, and for every
    /// <see cref="HttpClient"/> of the factory service discovery and resilience; ends the process within ten seconds when asked to stop.
    /// </summary>
    public static TBuilder AddServiceDefaults<TBuilder>(this TBuilder builder)
        where TBuilder : IHostApplicationBuilder
    {
        // A line a request would bury what a person looks for; requests are in the traces. Configuration may say otherwise.
        foreach (string chatty in new[] { "Microsoft.AspNetCore", "System.Net.Http.HttpClient", "Polly" })
        {
            if (!builder.Configuration.GetSection($"Logging:LogLevel:{chatty}").Exists()) builder.Logging.AddFilter(chatty, LogLevel.Warning);
        }
        // Whoever asks for the health is told it; as errors in the log, the answers of a service that is starting would be false alarms.
        if (!builder.Configuration.GetSection($"Logging:LogLevel:{HealthChecks}").Exists()) builder.Logging.AddFilter(HealthChecks, LogLevel.None);
        builder.AddTelemetry();
        builder.Services.AddHealthChecks().AddCheck("self", () => HealthCheckResult.Healthy(), [Live]);
        builder.Services.AddHttpClient();
        builder.Services.AddSingleton<ServiceEndpoints>();
        builder.Services.AddTransient<ServiceDiscoveryHandler>();
        builder.Services.AddSingleton<ResiliencePipelines>();
        builder.Services.AddTransient<ResilienceHandler>();
        builder.Services.ConfigureHttpClientDefaults(http =>
        {
            http.AddHttpMessageHandler<ResilienceHandler>();
            // Below the retries: each attempt may go to another replica.
            http.AddHttpMessageHandler<ServiceDiscoveryHandler>();
        });
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = StopDeadline.Graceful);
        builder.Services.AddHostedService<StopDeadline>();
        return builder;
    }

    /// <summary>Maps <c>/health</c> (readiness) and <c>/alive</c> (liveness).</summary>
    public static WebApplication MapDefaultEndpoints(this WebApplication app)
    {
        app.MapHealthChecks(HealthPath, new HealthCheckOptions { ResponseWriter = HealthResponse.WriteAsync });
        app.MapHealthChecks(AlivePath, new HealthCheckOptions { Predicate = check => check.Tags.Contains(Live), ResponseWriter = HealthResponse.WriteAsync });
        return app;
    }
}
