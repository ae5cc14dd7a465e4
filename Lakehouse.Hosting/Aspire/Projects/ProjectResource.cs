namespace Aspire.Hosting.ApplicationModel;

/// <summary>A .NET project, run from its build output.</summary>
public class ProjectResource(string name)
    : Resource(name), IResourceWithEnvironment, IResourceWithArgs, IResourceWithServiceDiscovery, IResourceWithWaitSupport, IComputeResource
{
    /// <summary>Whether the project is told to listen on an endpoint by ASPNETCORE_URLS and its like.</summary>
    internal bool IsToldOf(EndpointReference endpoint) =>
        endpoint.EndpointAnnotation.TargetPortEnvironmentVariable is null
        && Annotations.OfType<EndpointEnvironmentFilterAnnotation>().All(annotation => annotation.Filter(endpoint.EndpointAnnotation));

    /// <summary>The hosts that Kestrel's own configuration names; where there are any, it overrides ASPNETCORE_URLS.</summary>
    internal Dictionary<EndpointAnnotation, string> KestrelHosts { get; } = [];

    /// <summary>The https endpoint that was added for a manifest: whoever deploys it ends TLS before the process.</summary>
    internal EndpointAnnotation? DefaultHttpsEndpoint { get; set; }
}

/// <summary>Which endpoints a project is told to listen on.</summary>
internal sealed class EndpointEnvironmentFilterAnnotation(Func<EndpointAnnotation, bool> filter) : IResourceAnnotation
{
    public Func<EndpointAnnotation, bool> Filter { get; } = filter;
}
