using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Logs;
using OpenTelemetry.Resources;

namespace Lakehouse.ServiceDefaults.Telemetry;

/// <summary>Logs, traces and metrics over OTLP, by the standard <c>OTEL_*</c> variables; nothing where no endpoint is set.</summary>
internal static class TelemetryExtensions
{
    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";
    private const string ServiceName = "OTEL_SERVICE_NAME";

    public static void AddTelemetry(this IHostApplicationBuilder builder)
    {
        builder.Services.AddSingleton<IStartupFilter, RequestActivities>();
        if (string.IsNullOrWhiteSpace(builder.Configuration[Endpoint])) return;
        string application = builder.Environment.ApplicationName;
        builder.Logging.AddOpenTelemetry(logs =>
        {
            logs.IncludeFormattedMessage = true;
            logs.IncludeScopes = true;
            logs.SetResourceBuilder(Resource(application));
            logs.AddOtlpExporter();
        });
        builder.Services.AddOptions<TelemetryOptions>();
        // First among the hosted services, so that it hears the others start, and stops after them.
        builder.Services.Insert(0, ServiceDescriptor.Singleton<IHostedService>(services =>
            ActivatorUtilities.CreateInstance<TelemetryExport>(services, Resource(application))));
    }

    private static ResourceBuilder Resource(string application)
    {
        var resource = ResourceBuilder.CreateEmpty();
        if (string.IsNullOrEmpty(Environment.GetEnvironmentVariable(ServiceName))) resource.AddService(application);
        return resource.AddTelemetrySdk().AddEnvironmentVariableDetector();
    }
}
