using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Lakehouse.ServiceDefaults.Telemetry;

/// <summary>
/// Holds the trace and metric pipelines for as long as the service runs. The SDK's builders are used directly:
/// OpenTelemetry.Extensions.Hosting would register the same providers.
/// </summary>
internal sealed class TelemetryExport(IOptions<TelemetryOptions> options, ResourceBuilder resource) : IHostedService, IDisposable
{
    // A collector that is gone must not hold up the end of the service.
    private const int FlushMilliseconds = 1_000;

    private TracerProvider? traces;
    private MeterProvider? metrics;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        traces = Sdk.CreateTracerProviderBuilder().SetResourceBuilder(resource).AddSource([.. options.Value.Sources]).AddOtlpExporter().Build();
        metrics = Sdk.CreateMeterProviderBuilder().SetResourceBuilder(resource).AddMeter([.. options.Value.Meters]).AddOtlpExporter().Build();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.Run(
        () =>
        {
            traces?.ForceFlush(FlushMilliseconds);
            metrics?.ForceFlush(FlushMilliseconds);
        },
        CancellationToken.None);

    public void Dispose()
    {
        traces?.Shutdown(FlushMilliseconds);
        metrics?.Shutdown(FlushMilliseconds);
        traces?.Dispose();
        metrics?.Dispose();
    }
}
