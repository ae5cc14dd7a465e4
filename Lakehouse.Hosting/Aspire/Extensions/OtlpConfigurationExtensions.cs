using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting;

/// <summary>Lets resources send their telemetry to the dashboard.</summary>
public static class OtlpConfigurationExtensions
{
    // DCP replaces these by what it knows of the process. The annotations are set by whoever hands it over.
    internal const string ServiceNameAnnotation = "otel-service-name";
    internal const string ServiceInstanceIdAnnotation = "otel-service-instance-id";

    private const string DefaultEndpoint = "http://localhost:18889";

    /// <summary>Lets a resource send its telemetry to the dashboard, by whichever protocol it offers.</summary>
    public static IResourceBuilder<T> WithOtlpExporter<T>(this IResourceBuilder<T> builder)
        where T : IResourceWithEnvironment
    {
        ArgumentNullException.ThrowIfNull(builder);
        AddOtlpEnvironment(builder.Resource, builder.ApplicationBuilder.Configuration, builder.ApplicationBuilder.Environment);
        return builder;
    }

    /// <summary>Lets a resource send its telemetry to the dashboard by the protocol it speaks.</summary>
    public static IResourceBuilder<T> WithOtlpExporter<T>(this IResourceBuilder<T> builder, OtlpProtocol protocol)
        where T : IResourceWithEnvironment
    {
        ArgumentNullException.ThrowIfNull(builder);
        AddOtlpEnvironment(builder.Resource, builder.ApplicationBuilder.Configuration, builder.ApplicationBuilder.Environment, protocol);
        return builder;
    }

    public static void AddOtlpEnvironment(IResource resource, IConfiguration configuration, IHostEnvironment environment) =>
        Add(resource, configuration, environment, new OtlpExporterAnnotation());

    public static void AddOtlpEnvironment(IResource resource, IConfiguration configuration, IHostEnvironment environment, OtlpProtocol protocol) =>
        Add(resource, configuration, environment, new OtlpExporterAnnotation { RequiredProtocol = protocol });

    private static void Add(IResource resource, IConfiguration configuration, IHostEnvironment environment, OtlpExporterAnnotation exporter)
    {
        ArgumentNullException.ThrowIfNull(resource);
        ArgumentNullException.ThrowIfNull(configuration);
        ArgumentNullException.ThrowIfNull(environment);
        resource.Annotations.Add(exporter);
        resource.Annotations.Add(new EnvironmentCallbackAnnotation((EnvironmentCallbackContext context) =>
        {
            if (context.ExecutionContext.IsPublishMode || !resource.TryGetLastAnnotation(out OtlpExporterAnnotation? last))
                return;
            (string endpoint, string protocol) = Endpoint(configuration, last.RequiredProtocol);
            Dictionary<string, object> variables = context.EnvironmentVariables;
            variables["OTEL_EXPORTER_OTLP_ENDPOINT"] = new HostUrl(endpoint);
            variables["OTEL_EXPORTER_OTLP_PROTOCOL"] = protocol;
            variables["OTEL_RESOURCE_ATTRIBUTES"] = $$$"""service.instance.id={{- index .Annotations "{{{ServiceInstanceIdAnnotation}}}" -}}""";
            variables["OTEL_SERVICE_NAME"] = $$$"""{{- index .Annotations "{{{ServiceNameAnnotation}}}" -}}""";
            if (configuration["AppHost:OtlpApiKey"] is { } key)
                variables["OTEL_EXPORTER_OTLP_HEADERS"] = $"x-otlp-api-key={key}";
            if (!environment.IsDevelopment())
                return;

            // While developing one looks at the dashboard and does not want to wait; nor miss a trace.
            variables["OTEL_BLRP_SCHEDULE_DELAY"] = "1000";
            variables["OTEL_BSP_SCHEDULE_DELAY"] = "1000";
            variables["OTEL_METRIC_EXPORT_INTERVAL"] = "1000";
            variables["OTEL_TRACES_SAMPLER"] = "always_on";
            variables["OTEL_METRICS_EXEMPLAR_FILTER"] = "trace_based";
        }));
    }

    private static (string Endpoint, string Protocol) Endpoint(IConfiguration configuration, OtlpProtocol? required)
    {
        string? grpc = configuration["ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL"] ?? configuration["DOTNET_DASHBOARD_OTLP_ENDPOINT_URL"];
        string? http = configuration["ASPIRE_DASHBOARD_OTLP_HTTP_ENDPOINT_URL"] ?? configuration["DOTNET_DASHBOARD_OTLP_HTTP_ENDPOINT_URL"];
        return required switch
        {
            OtlpProtocol.Grpc => (grpc ?? throw Missing("ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL"), "grpc"),
            OtlpProtocol.HttpProtobuf => (http ?? throw Missing("ASPIRE_DASHBOARD_OTLP_HTTP_ENDPOINT_URL"), "http/protobuf"),
            OtlpProtocol.HttpJson => (http ?? throw Missing("ASPIRE_DASHBOARD_OTLP_HTTP_ENDPOINT_URL"), "http/json"),
            _ => grpc is null && http is not null ? (http, "http/protobuf") : (grpc ?? DefaultEndpoint, "grpc"),
        };

        InvalidOperationException Missing(string variable) =>
            new($"A resource sends its telemetry by {required}, which the dashboard does not offer: set {variable}.");
    }
}
