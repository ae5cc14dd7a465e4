using System.Collections.Immutable;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Orchestration;

/// <summary>The links of a resource: one per endpoint, those it was given, and what its callbacks make of them.</summary>
internal static class ResourceUrls
{
    /// <summary>Works the links out, keeps them as annotations, and returns them as they are shown, inactive until the resource runs.</summary>
    public static async Task<ImmutableArray<UrlSnapshot>> ProcessAsync(
        IResource resource, DistributedApplicationExecutionContext execution, ILogger logger, CancellationToken cancellationToken)
    {
        var urls = new List<ResourceUrlAnnotation>();
        if (resource is IResourceWithEndpoints owner)
        {
            urls.AddRange(resource.Annotations.OfType<EndpointAnnotation>().Where(e => e.AllocatedEndpoint is not null)
                .Select(e => new ResourceUrlAnnotation { Url = e.AllocatedEndpoint!.UriString, Endpoint = new EndpointReference(owner, e, e.DefaultNetworkID) }));
        }
        foreach (var said in resource.Annotations.OfType<ResourceUrlAnnotation>().ToArray())
        {
            urls.Add(said);
            resource.Annotations.Remove(said);
        }
        var context = new ResourceUrlsCallbackContext(execution, resource, urls, cancellationToken) { Logger = logger };
        try
        {
            foreach (var callback in resource.Annotations.OfType<ResourceUrlsCallbackAnnotation>().ToArray())
                await callback.Callback(context).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // A link that fails is no reason not to start.
            logger.LogError(e, "The links of resource '{Resource}' could not be worked out: {Reason}", resource.Name, e.Message);
        }
        foreach (var url in urls)
        {
            if (url.Url.StartsWith('/') && url.Endpoint is { IsAllocated: true } endpoint)
                url.Url = endpoint.Url.TrimEnd('/') + url.Url;
            resource.Annotations.Add(url);
        }
        return Snapshots(resource);
    }

    /// <summary>The links that a resource has now.</summary>
    public static ImmutableArray<UrlSnapshot> Snapshots(IResource resource) =>
    [
        .. resource.Annotations.OfType<ResourceUrlAnnotation>().Select(u => new UrlSnapshot(u.Endpoint?.EndpointName, u.Url, u.DisplayLocation == UrlDisplayLocation.DetailsOnly)
        {
            IsInactive = u.Endpoint is not null,
            DisplayProperties = new(u.DisplayText ?? "", u.DisplayOrder ?? 0),
        }),
    ];
}
