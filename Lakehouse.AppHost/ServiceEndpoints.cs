using Aspire.Hosting.ApplicationModel;

namespace Lakehouse.AppHost;

/// <summary>Where our services listen.</summary>
internal static class ServiceEndpoints
{
    /// <summary>The port that .NET's container images listen on.</summary>
    private const int ContainerPort = 8080;

    /// <summary>Gives a service its endpoint <c>http</c>: any free port here, so that instances do not collide; a known one in what is published.</summary>
    public static IResourceBuilder<ProjectResource> WithServiceEndpoint(this IResourceBuilder<ProjectResource> service) =>
        service
            .WithHttpEndpoint(targetPort: service.ApplicationBuilder.ExecutionContext.IsPublishMode ? ContainerPort : null)
            .WithHttpHealthCheck("/health");
}
