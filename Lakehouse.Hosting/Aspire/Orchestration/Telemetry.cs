using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Dashboard;

namespace Aspire.Hosting.Orchestration;

/// <summary>Tells resources where and how to send their telemetry: OpenTelemetry's standard variables, with Aspire's values.</summary>
/// <param name="dashboard">The dashboard that takes it; null: there is none, and nothing is set.</param>
/// <param name="options">The dashboard's key.</param>
internal sealed class Telemetry(DashboardResource? dashboard, DashboardOptions? options)
{
    /// <summary>Adds what is not set already.</summary>
    public void AddTo(IResource resource, IDictionary<string, object> variables)
    {
        if (resource.Annotations.OfType<OtlpExporterAnnotation>().LastOrDefault() is not { } exporter)
            return;
        // DCP fills these from the annotations of the instance, so that replicas can be told apart.
        variables.TryAdd("OTEL_SERVICE_NAME", """{{- index .Annotations "otel-service-name" -}}""");
        variables.TryAdd("OTEL_RESOURCE_ATTRIBUTES", """service.instance.id={{- index .Annotations "otel-service-instance-id" -}}""");
        if (dashboard is null || options is null)
            return;
        var http = exporter.RequiredProtocol is OtlpProtocol.HttpProtobuf or OtlpProtocol.HttpJson && dashboard.OtlpHttp is not null;
        variables.TryAdd("OTEL_EXPORTER_OTLP_ENDPOINT", (http ? dashboard.OtlpHttp! : dashboard.OtlpGrpc).Property(EndpointProperty.Url));
        variables.TryAdd("OTEL_EXPORTER_OTLP_PROTOCOL", !http ? "grpc" : exporter.RequiredProtocol == OtlpProtocol.HttpJson ? "http/json" : "http/protobuf");
        if (options.OtlpApiKey is { } key)
            variables.TryAdd("OTEL_EXPORTER_OTLP_HEADERS", $"x-otlp-api-key={key}");
        // What a developer looks at should be there at once and whole.
        variables.TryAdd("OTEL_BLRP_SCHEDULE_DELAY", "1000");
        variables.TryAdd("OTEL_BSP_SCHEDULE_DELAY", "1000");
        variables.TryAdd("OTEL_METRIC_EXPORT_INTERVAL", "1000");
        variables.TryAdd("OTEL_TRACES_SAMPLER", "always_on");
        variables.TryAdd("OTEL_METRICS_EXEMPLAR_FILTER", "trace_based");
    }
}
