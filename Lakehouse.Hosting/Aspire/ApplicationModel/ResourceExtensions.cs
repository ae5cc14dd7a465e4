using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging.Abstractions;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>Reads what was said about a resource.</summary>
public static class ResourceExtensions
{
    /// <summary>The annotation of a type that was added last.</summary>
    public static bool TryGetLastAnnotation<T>(this IResource resource, [NotNullWhen(true)] out T? annotation)
        where T : IResourceAnnotation
    {
        ArgumentNullException.ThrowIfNull(resource);
        annotation = resource.Annotations.OfType<T>().LastOrDefault();
        return annotation is not null;
    }

    /// <summary>All annotations of a type, if there are any.</summary>
    public static bool TryGetAnnotationsOfType<T>(this IResource resource, [NotNullWhen(true)] out IEnumerable<T>? result)
        where T : IResourceAnnotation
    {
        ArgumentNullException.ThrowIfNull(resource);
        T[] found = [.. resource.Annotations.OfType<T>()];
        result = found.Length > 0 ? found : null;
        return result is not null;
    }

    public static bool HasAnnotationOfType<T>(this IResource resource)
        where T : IResourceAnnotation
    {
        ArgumentNullException.ThrowIfNull(resource);
        return resource.Annotations.OfType<T>().Any();
    }

    /// <summary>Annotations of the resource, its parent, its parent's parent…, nearest first.</summary>
    public static bool TryGetAnnotationsIncludingAncestorsOfType<T>(this IResource resource, [NotNullWhen(true)] out IEnumerable<T>? result)
        where T : IResourceAnnotation
    {
        ArgumentNullException.ThrowIfNull(resource);
        var found = new List<T>();
        for (IResource? next = resource; next is not null; next = (next as IResourceWithParent)?.Parent)
            found.AddRange(next.Annotations.OfType<T>());
        result = found.Count > 0 ? found : null;
        return result is not null;
    }

    public static bool HasAnnotationIncludingAncestorsOfType<T>(this IResource resource)
        where T : IResourceAnnotation => resource.TryGetAnnotationsIncludingAncestorsOfType<T>(out _);

    public static bool TryGetEnvironmentVariables(this IResource resource, [NotNullWhen(true)] out IEnumerable<EnvironmentCallbackAnnotation>? environmentVariables) =>
        resource.TryGetAnnotationsOfType(out environmentVariables);

    public static bool TryGetContainerMounts(this IResource resource, [NotNullWhen(true)] out IEnumerable<ContainerMountAnnotation>? volumeMounts) =>
        resource.TryGetAnnotationsOfType(out volumeMounts);

    public static bool TryGetEndpoints(this IResource resource, [NotNullWhen(true)] out IEnumerable<EndpointAnnotation>? endpoints) =>
        resource.TryGetAnnotationsOfType(out endpoints);

    public static bool TryGetUrls(this IResource resource, [NotNullWhen(true)] out IEnumerable<ResourceUrlAnnotation>? urls) =>
        resource.TryGetAnnotationsOfType(out urls);

    /// <summary>The image a container starts from: the one that is built from its Dockerfile, or the one that was named.</summary>
    public static bool TryGetContainerImageName(this IResource resource, [NotNullWhen(true)] out string? imageName) =>
        resource.TryGetContainerImageName(useBuiltImage: true, out imageName);

    /// <inheritdoc cref="TryGetContainerImageName(IResource, out string?)"/>
    public static bool TryGetContainerImageName(this IResource resource, bool useBuiltImage, [NotNullWhen(true)] out string? imageName)
    {
        imageName = useBuiltImage && resource.TryGetLastAnnotation(out DockerfileBuildAnnotation? build) && build.ImageName is { } built
            ? built + (string.IsNullOrEmpty(build.ImageTag) ? "" : ":" + build.ImageTag)
            : resource.TryGetLastAnnotation(out ContainerImageAnnotation? image) ? image.Reference : null;
        return imageName is not null;
    }

    public static int GetReplicaCount(this IResource resource) => resource.TryGetLastAnnotation(out ReplicaAnnotation? replicas) ? replicas.Replicas : 1;

    /// <summary>A reference to an endpoint, which may be added later.</summary>
    public static EndpointReference GetEndpoint(this IResourceWithEndpoints resource, string endpointName) => new(resource, endpointName);

    /// <inheritdoc cref="GetEndpoint(IResourceWithEndpoints, string)"/>
    public static EndpointReference GetEndpoint(this IResourceWithEndpoints resource, string endpointName, NetworkIdentifier contextNetworkId) =>
        new(resource, endpointName, contextNetworkId);

    /// <summary>References to all endpoints there are by now.</summary>
    public static IEnumerable<EndpointReference> GetEndpoints(this IResourceWithEndpoints resource) =>
        resource.Annotations.OfType<EndpointAnnotation>().Select(endpoint => new EndpointReference(resource, endpoint));

    /// <inheritdoc cref="GetEndpoints(IResourceWithEndpoints)"/>
    public static IEnumerable<EndpointReference> GetEndpoints(this IResourceWithEndpoints resource, NetworkIdentifier contextNetworkId) =>
        resource.Annotations.OfType<EndpointAnnotation>().Select(endpoint => new EndpointReference(resource, endpoint, contextNetworkId));

    /// <summary>Whether the resource does not appear in the manifest.</summary>
    public static bool IsExcludedFromPublish(this IResource resource) =>
        resource.TryGetLastAnnotation(out ManifestPublishingCallbackAnnotation? publishing) && publishing.Callback is null;

    /// <summary>Whether an image must be built before the resource can be deployed.</summary>
    public static bool RequiresImageBuild(this IResource resource) =>
        !resource.IsExcludedFromPublish() && (resource is ProjectResource || resource.HasAnnotationOfType<DockerfileBuildAnnotation>());

    /// <summary>Whether that image is deployed too, and not only part of others.</summary>
    public static bool RequiresImageBuildAndPush(this IResource resource) =>
        resource.RequiresImageBuild() && (!resource.TryGetLastAnnotation(out DockerfileBuildAnnotation? build) || build.HasEntrypoint);

    /// <summary>
    /// The ports the endpoints are deployed with. A port that was named is used; a project's first http and https endpoints
    /// are left to whoever deploys; other ports are given out by the allocator.
    /// </summary>
    public static IReadOnlyList<ResolvedEndpoint> ResolveEndpoints(this IResource resource, IPortAllocator? portAllocator = null)
    {
        ArgumentNullException.ThrowIfNull(resource);
        portAllocator ??= new PortAllocator();
        var defaultSchemes = new HashSet<string>();
        var resolved = new List<ResolvedEndpoint>();
        foreach (EndpointAnnotation endpoint in resource.Annotations.OfType<EndpointAnnotation>())
        {
            bool isHttp = endpoint.UriScheme is "http" or "https";
            ResolvedPort target =
                endpoint.TargetPort is { } named ? ResolvedPort.Explicit(named)
                : resource is ContainerResource && endpoint.Port is { } published ? ResolvedPort.Implicit(published)
                : resource is ProjectResource && isHttp && !defaultSchemes.Contains(endpoint.UriScheme) ? ResolvedPort.None()
                : ResolvedPort.Allocated(portAllocator.AllocatePort());
            if (isHttp)
                defaultSchemes.Add(endpoint.UriScheme);
            ResolvedPort exposed =
                endpoint.Port is { } port ? ResolvedPort.Explicit(port)
                : target.Value is { } same ? ResolvedPort.Implicit(same)
                : isHttp ? ResolvedPort.None()
                : ResolvedPort.Allocated(portAllocator.AllocatePort());
            foreach (ResolvedPort used in new[] { target, exposed })
            {
                if (used.Value is { } value)
                    portAllocator.AddUsedPort(value);
            }

            resolved.Add(new() { Endpoint = endpoint, TargetPort = target, ExposedPort = exposed });
        }

        return resolved;
    }

    /// <summary>What the resource needs, directly or through others; never itself.</summary>
    public static Task<IReadOnlySet<IResource>> GetResourceDependenciesAsync(this IResource resource, DistributedApplicationExecutionContext executionContext, ResourceDependencyDiscoveryMode mode = ResourceDependencyDiscoveryMode.Recursive, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(resource);
        ArgumentNullException.ThrowIfNull(executionContext);
        return ResourceDependencies.OfAsync(resource, executionContext, mode, cancellationToken);
    }

    /// <summary>The environment with all values resolved, for tests of a model.</summary>
    [Obsolete("Use ExecutionConfigurationBuilder instead.")]
    public static async ValueTask<Dictionary<string, string>> GetEnvironmentVariableValuesAsync(this IResourceWithEnvironment resource, DistributedApplicationOperation applicationOperation = DistributedApplicationOperation.Run)
    {
        IExecutionConfigurationResult result = await ExecutionConfigurationBuilder.Create(resource).WithEnvironmentVariablesConfig()
            .BuildAsync(new(applicationOperation), NullLogger.Instance).ConfigureAwait(false);
        return result.Exception is null ? new(result.EnvironmentVariables) : throw result.Exception;
    }

    /// <summary>The arguments with all values resolved, for tests of a model.</summary>
    [Obsolete("Use ExecutionConfigurationBuilder instead.")]
    public static async ValueTask<string[]> GetArgumentValuesAsync(this IResourceWithArgs resource, DistributedApplicationOperation applicationOperation = DistributedApplicationOperation.Run)
    {
        IExecutionConfigurationResult result = await ExecutionConfigurationBuilder.Create(resource).WithArgumentsConfig()
            .BuildAsync(new(applicationOperation), NullLogger.Instance).ConfigureAwait(false);
        return result.Exception is null ? [.. result.Arguments.Select(argument => argument.Value)] : throw result.Exception;
    }
}
