namespace Aspire.Hosting.ApplicationModel;

/// <summary>A .NET project, run from its build output.</summary>
public class ProjectResource(string name)
    : Resource(name), IResourceWithEnvironment, IResourceWithArgs, IResourceWithServiceDiscovery, IResourceWithWaitSupport, IComputeResource
{
    /// <summary>Which endpoints the project is told of by ASPNETCORE_URLS and its like; all unless filtered.</summary>
    internal List<Func<EndpointAnnotation, bool>> EndpointFilters { get; } = [];

    /// <summary>Where each endpoint of Kestrel's own configuration came from, by the endpoint's name there.</summary>
    internal Dictionary<EndpointAnnotation, string> KestrelEndpointNames { get; } = [];
}
