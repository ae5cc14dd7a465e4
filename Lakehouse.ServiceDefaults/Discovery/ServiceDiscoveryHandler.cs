namespace Lakehouse.ServiceDefaults.Discovery;

/// <summary>Sends requests to where the named service is; the request itself is left as the caller wrote it.</summary>
internal sealed class ServiceDiscoveryHandler(ServiceEndpoints endpoints) : DelegatingHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Uri? asked = request.RequestUri;
        if (asked is null) return await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        request.RequestUri = endpoints.Resolve(asked);
        try
        {
            return await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            request.RequestUri = asked;
        }
    }
}
