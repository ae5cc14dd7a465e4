using System.Globalization;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting;

/// <summary>A resource is well when a GET answers with the expected status.</summary>
internal sealed class HttpHealthCheck(IHttpClientFactory clients, Func<CancellationToken, ValueTask<Uri?>> locate, int expectedStatus) : IHealthCheck
{
    public HttpHealthCheck(IHttpClientFactory clients, EndpointReference endpoint, string path, int expectedStatus)
        : this(clients, _ => new(endpoint.IsAllocated ? new Uri(new Uri(endpoint.Url), path) : null), expectedStatus)
    {
    }

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        Uri? uri = null;
        try
        {
            uri = await locate(cancellationToken).ConfigureAwait(false);
            if (uri is null)
                return new(context.Registration.FailureStatus, "The endpoint is not allocated yet.");
            using HttpClient client = clients.CreateClient(context.Registration.Name);
            using HttpResponseMessage response = await client.GetAsync(uri, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
            int status = (int)response.StatusCode;
            return status == expectedStatus
                ? HealthCheckResult.Healthy()
                : new(context.Registration.FailureStatus, string.Create(CultureInfo.InvariantCulture, $"GET {uri} answered {status}, expected {expectedStatus}."));
        }
        catch (Exception failure) when (failure is HttpRequestException or DistributedApplicationException || (failure is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return new(context.Registration.FailureStatus, uri is null ? failure.Message : $"GET {uri} failed: {failure.Message}", failure);
        }
    }
}
