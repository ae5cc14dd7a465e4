namespace Aspire.Hosting.ApplicationModel;

/// <summary>All http endpoints of the resource speak HTTP/2.</summary>
internal sealed class Http2ServiceAnnotation : IResourceAnnotation;

/// <summary>Carries "this is an HTTP/2 service" over to the endpoints, whenever they were added.</summary>
internal static class Http2Transport
{
    public static void Apply(DistributedApplicationModel model)
    {
        foreach (IResource resource in model.Resources.Where(resource => resource.HasAnnotationOfType<Http2ServiceAnnotation>()))
        {
            foreach (EndpointAnnotation endpoint in resource.Annotations.OfType<EndpointAnnotation>().Where(endpoint => endpoint.IsHttpScheme))
                endpoint.Transport = "http2";
        }
    }
}
