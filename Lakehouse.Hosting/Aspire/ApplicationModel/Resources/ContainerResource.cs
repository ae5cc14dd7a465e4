namespace Aspire.Hosting.ApplicationModel;

/// <summary>A container from an image or a Dockerfile.</summary>
public class ContainerResource(string name, string? entrypoint = null)
    : Resource(name), IResourceWithEnvironment, IResourceWithArgs, IResourceWithEndpoints, IResourceWithWaitSupport, IComputeResource
{
    /// <summary>Runs in place of the image's own entry point.</summary>
    public string? Entrypoint { get; set; } = entrypoint;
}
