using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using OpenTelemetry;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Lakehouse.ServiceDefaults.Telemetry;

/// <summary>
/// Holds the trace and metric pipelines for as long as the service runs. The SDK's builders are used directly:
/// OpenTelemetry.Extensions.Hosting would register the same providers.
/// </summary>
/// <remarks>What is still to be sent when the service ends is waited for two seconds at most, also where the collector is gone.</remarks>
internal sealed class TelemetryExport(IOptions<TelemetryOptions> options, ResourceBuilder resource, LoggerProvider logs) : IHostedService, IDisposable
{
    private const int FlushMilliseconds = 1_000;

    private TracerProvider? traces;
    private MeterProvider? metrics;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        traces = Sdk.CreateTracerProviderBuilder().SetResourceBuilder(resource).AddSource([.. options.Value.Sources]).AddOtlpExporter().Build();
        metrics = Sdk.CreateMeterProviderBuilder().SetResourceBuilder(resource).AddMeter([.. options.Value.Meters]).AddOtlpExporter().Build();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) =>
        AtOnceAsync(() => traces?.ForceFlush(FlushMilliseconds), () => metrics?.ForceFlush(FlushMilliseconds));

    public void Dispose()
    {
        // Disposing of a provider that was not shut down would wait for five seconds, one after the other.
        AtOnceAsync(() => traces?.Shutdown(FlushMilliseconds), () => metrics?.Shutdown(FlushMilliseconds), () => logs.Shutdown(FlushMilliseconds)).Wait();
        traces?.Dispose();
        metrics?.Dispose();
    }

    /// <summary>Each blocks its thread until the collector has answered.</summary>
    private static Task AtOnceAsync(params Action[] sends) => Task.WhenAll(sends.Select(send => Task.Run(send)));
}
