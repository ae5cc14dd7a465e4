using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Dashboard;

namespace Aspire.Hosting.Orchestration;

/// <summary>Tells resources where the dashboard takes their telemetry.</summary>
/// <param name="dashboard">The dashboard that takes it; null: there is none, and nothing is set.</param>
/// <param name="options">The dashboard's key.</param>
internal sealed class Telemetry(DashboardResource? dashboard, DashboardOptions? options)
{
    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";
    private const string Protocol = "OTEL_EXPORTER_OTLP_PROTOCOL";
    private const string Headers = "OTEL_EXPORTER_OTLP_HEADERS";

    /// <summary>
    /// Puts the dashboard's address where <c>WithOtlpExporter</c> put the one that is configured: the dashboard may have taken
    /// another port, or there may be none, and then nothing is sent. Addresses the model itself set stay.
    /// </summary>
    public void AddTo(IResource resource, IDictionary<string, object> variables)
    {
        if (resource.Annotations.OfType<OtlpExporterAnnotation>().LastOrDefault() is not { } exporter
            || (variables.TryGetValue(Endpoint, out var said) && said is not HostUrl))
            return;
        if (dashboard is null || options is null)
        {
            variables.Remove(Endpoint);
            variables.Remove(Protocol);
            variables.Remove(Headers);
            return;
        }
        var http = exporter.RequiredProtocol is OtlpProtocol.HttpProtobuf or OtlpProtocol.HttpJson && dashboard.OtlpHttp is not null;
        variables[Endpoint] = (http ? dashboard.OtlpHttp! : dashboard.OtlpGrpc).Property(EndpointProperty.Url);
        variables[Protocol] = !http ? "grpc" : exporter.RequiredProtocol == OtlpProtocol.HttpJson ? "http/json" : "http/protobuf";
        if (options.OtlpApiKey is { } key)
            variables[Headers] = $"x-otlp-api-key={key}";
    }
}
