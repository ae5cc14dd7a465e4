using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http;

namespace Aspire.Hosting.Testing;

/// <summary>
/// Repeats requests of a test's clients while a service is not there yet: the orchestrator's proxy takes connections before
/// it, and drops them. Aspire uses its standard resilience handler for this.
/// </summary>
internal sealed class HttpClientRetries : DelegatingHandler
{
    private const int Attempts = 8;
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);

    public static void AddTo(IServiceCollection services) => services.ConfigureAll<HttpClientFactoryOptions>(o =>
        o.HttpMessageHandlerBuilderActions.Add(b => b.AdditionalHandlers.Add(new HttpClientRetries())));

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        // A body may be readable once only; it is kept.
        if (request.Content is not null)
            await request.Content.LoadIntoBufferAsync(cancellationToken).ConfigureAwait(false);
        var pause = FirstPause;
        for (var attempt = 1; ; attempt++, pause *= 2)
        {
            try
            {
                var response = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
                if (response.StatusCode != HttpStatusCode.ServiceUnavailable || attempt == Attempts)
                    return response;
                response.Dispose();
            }
            catch (HttpRequestException e) when (e.StatusCode is null && attempt < Attempts)
            {
                // Nobody answered.
            }
            await Task.Delay(pause, cancellationToken).ConfigureAwait(false);
        }
    }
}
