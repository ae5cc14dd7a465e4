using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting;

public static partial class ResourceBuilderExtensions
{
    /// <summary>Lets a health check, registered in the AppHost's services under the key, speak for a resource.</summary>
    /// <exception cref="DistributedApplicationException">It does already.</exception>
    public static IResourceBuilder<T> WithHealthCheck<T>(this IResourceBuilder<T> builder, string key)
        where T : IResource
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(key);
        if (builder.Resource.Annotations.OfType<HealthCheckAnnotation>().Any(check => check.Key == key))
            throw new DistributedApplicationException($"Resource '{builder.Resource.Name}' already has a health check with key '{key}'.");
        return builder.WithAnnotation(new HealthCheckAnnotation(key));
    }

    /// <summary>Asks a resource over http whether it is well.</summary>
    /// <param name="builder">Who is asked.</param>
    /// <param name="path"><c>/</c> by default.</param>
    /// <param name="statusCode">The status of the well; 200 by default.</param>
    /// <param name="endpointName">The endpoint; <c>https</c> or else <c>http</c> by default.</param>
    /// <exception cref="DistributedApplicationException">There is no such endpoint, or it does not speak http.</exception>
    public static IResourceBuilder<T> WithHttpHealthCheck<T>(this IResourceBuilder<T> builder, string? path = null, int? statusCode = null, string? endpointName = null)
        where T : IResourceWithEndpoints => builder.WithHttpHealthCheck(endpointName is null ? null : () => builder.GetEndpoint(endpointName), path, statusCode);

    /// <inheritdoc cref="WithHttpHealthCheck{T}(IResourceBuilder{T}, string?, int?, string?)"/>
    public static IResourceBuilder<T> WithHttpHealthCheck<T>(this IResourceBuilder<T> builder, Func<EndpointReference>? endpointSelector, string? path = null, int? statusCode = null)
        where T : IResourceWithEndpoints
    {
        ArgumentNullException.ThrowIfNull(builder);
        EndpointReference endpoint = builder.SelectHttpEndpoint(endpointSelector, "HTTP health check");
        string target = path ?? "/";
        int expected = statusCode ?? 200;
        string key = $"{builder.Resource.Name}_{endpoint.EndpointName}_{target}_{expected}_check";
        builder.ApplicationBuilder.Services.AddHealthChecks().Add(new HealthCheckRegistration(
            key, services => new HttpHealthCheck(services.GetRequiredService<IHttpClientFactory>(), endpoint, target, expected), failureStatus: null, tags: null));
        return builder.WithHealthCheck(key);
    }

    private static EndpointReference SelectHttpEndpoint<T>(this IResourceBuilder<T> builder, Func<EndpointReference>? selector, string use)
        where T : IResourceWithEndpoints
    {
        EndpointReference? endpoint = selector is not null
            ? selector()
            : new[] { "https", "http" }.Select(name => builder.GetEndpoint(name)).FirstOrDefault(candidate => candidate.Exists);
        if (endpoint is null)
            throw new DistributedApplicationException($"Could not create {use} for resource '{builder.Resource.Name}' as it has neither an 'https' nor an 'http' endpoint.");
        if (!endpoint.Exists)
            throw new DistributedApplicationException($"Could not create {use} for resource '{builder.Resource.Name}' as it has no endpoint '{endpoint.EndpointName}'.");
        return endpoint.IsHttp || endpoint.IsHttps
            ? endpoint
            : throw new DistributedApplicationException($"Could not create {use} for resource '{builder.Resource.Name}' as the endpoint '{endpoint.EndpointName}' speaks '{endpoint.Scheme}'.");
    }
}
