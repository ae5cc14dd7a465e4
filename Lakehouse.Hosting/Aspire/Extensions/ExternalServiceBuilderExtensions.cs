using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting;

/// <summary>Adds services that run somewhere else.</summary>
public static class ExternalServiceBuilderExtensions
{
    /// <exception cref="ArgumentException">The URL is not one of a host alone.</exception>
    public static IResourceBuilder<ExternalServiceResource> AddExternalService(this IDistributedApplicationBuilder builder, [ResourceName] string name, string url) =>
        ExternalServiceResource.TryParse(url, out Uri? uri, out string? fault)
            ? builder.AddExternalService(name, uri)
            : throw new ArgumentException($"The external service URL '{url}' is invalid: {fault}", nameof(url));

    /// <exception cref="ArgumentException">The URL is not one of a host alone.</exception>
    public static IResourceBuilder<ExternalServiceResource> AddExternalService(this IDistributedApplicationBuilder builder, [ResourceName] string name, Uri uri) =>
        Add(builder, new ExternalServiceResource(name, uri)).WithUrl(uri.ToString());

    /// <summary>Adds a service whose URL a parameter gives.</summary>
    public static IResourceBuilder<ExternalServiceResource> AddExternalService(this IDistributedApplicationBuilder builder, [ResourceName] string name, IResourceBuilder<ParameterResource> urlParameter)
    {
        ArgumentNullException.ThrowIfNull(urlParameter);
        return Add(builder, new ExternalServiceResource(name, urlParameter.Resource)).WithUrl(ReferenceExpression.Create($"{urlParameter.Resource}"));
    }

    /// <summary>Asks the service over http whether it is well.</summary>
    /// <exception cref="ArgumentException">The path is not relative, or the service does not speak http.</exception>
    public static IResourceBuilder<ExternalServiceResource> WithHttpHealthCheck(this IResourceBuilder<ExternalServiceResource> builder, string? path = null, int? statusCode = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        if (path is not null && !Uri.IsWellFormedUriString(path, UriKind.Relative))
            throw new ArgumentException($"The path '{path}' is not a valid relative URL.", nameof(path));
        ExternalServiceResource service = builder.Resource;
        if (service.Uri is { Scheme: not ("http" or "https") })
            throw new ArgumentException($"The URL '{service.Uri}' for external service '{service.Name}' cannot be used for HTTP health checks because it has a non-HTTP scheme.", nameof(builder));
        int expected = statusCode ?? 200;
        string key = $"{service.Name}_external{(path is null ? "" : "_" + path)}_{expected}_check";
        builder.ApplicationBuilder.Services.AddHealthChecks().Add(new HealthCheckRegistration(
            key,
            services => new HttpHealthCheck(
                services.GetRequiredService<IHttpClientFactory>(),
                async cancellationToken => new Uri(await service.ResolveUriAsync(cancellationToken).ConfigureAwait(false), path ?? "/"),
                expected),
            failureStatus: null,
            tags: null));
        return builder.WithHealthCheck(key);
    }

    private static IResourceBuilder<ExternalServiceResource> Add(IDistributedApplicationBuilder builder, ExternalServiceResource service)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddResource(service)
            .WithInitialState(new() { ResourceType = "ExternalService", State = KnownResourceStates.Waiting, Properties = [] })
            .ExcludeFromManifest()
            .OnInitializeResource(StartAsync);
    }

    private static async Task StartAsync(ExternalServiceResource service, InitializeResourceEvent initialize, CancellationToken cancellationToken)
    {
        try
        {
            Uri uri = await service.ResolveUriAsync(cancellationToken).ConfigureAwait(false);
            await initialize.Eventing.PublishAsync(new BeforeResourceStartedEvent(service, initialize.Services), cancellationToken).ConfigureAwait(false);
            await initialize.Notifications.PublishUpdateAsync(service, snapshot => snapshot with
            {
                State = KnownResourceStates.Running,
                Properties = [.. snapshot.Properties.Where(property => property.Name != CustomResourceKnownProperties.Source), new(CustomResourceKnownProperties.Source, uri.Host)],
                Urls = snapshot.Urls.Any(url => url.Url == uri.ToString()) ? snapshot.Urls : snapshot.Urls.Add(new(null, uri.ToString(), IsInternal: false)),
            }).ConfigureAwait(false);
        }
        catch (DistributedApplicationException failure)
        {
            initialize.Logger.LogError("{Message}", failure.Message);
            await initialize.Notifications.PublishUpdateAsync(service, snapshot => snapshot with { State = KnownResourceStates.FailedToStart }).ConfigureAwait(false);
        }
    }
}
