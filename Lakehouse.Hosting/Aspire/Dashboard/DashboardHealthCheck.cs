using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting.Dashboard;

/// <summary>Whether the dashboard answers a browser.</summary>
internal sealed class DashboardHealthCheck(DashboardResource dashboard) : IHealthCheck
{
    /// <summary>Its certificate, if it has one, is a developer's, and this is the loopback interface.</summary>
    private static readonly HttpClient Http = new(new HttpClientHandler
    {
        AllowAutoRedirect = false,
        UseProxy = false,
        ServerCertificateCustomValidationCallback = HttpClientHandler.DangerousAcceptAnyServerCertificateValidator,
    })
    {
        Timeout = TimeSpan.FromSeconds(5),
    };

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            using var response = await Http.GetAsync(dashboard.Frontends[0].Url + "/login", HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
            return (int)response.StatusCode < 500 ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy($"The dashboard answers {(int)response.StatusCode}.");
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return HealthCheckResult.Unhealthy("The dashboard does not answer yet.");
        }
    }
}
