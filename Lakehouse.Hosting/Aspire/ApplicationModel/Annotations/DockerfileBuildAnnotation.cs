namespace Aspire.Hosting.ApplicationModel;

/// <summary>The image of a container is built from a Dockerfile before it starts or is deployed.</summary>
public class DockerfileBuildAnnotation(string contextPath, string dockerfilePath, string? stage) : IResourceAnnotation
{
    /// <summary>The folder that the build sees.</summary>
    public string ContextPath { get; } = contextPath;

    public string DockerfilePath { get; } = dockerfilePath;

    /// <summary>The stage to build; the last by default.</summary>
    public string? Stage { get; } = stage;

    /// <summary>Values, or parameters and expressions. Null takes the value from the builder's own environment.</summary>
    public Dictionary<string, object?> BuildArguments { get; } = [];

    /// <summary>Values that leave no trace in the image.</summary>
    public Dictionary<string, object> BuildSecrets { get; } = [];

    public string? ImageName { get; set; }

    public string? ImageTag { get; set; }

    /// <summary>Whether the Dockerfile itself says what to run.</summary>
    public bool HasEntrypoint { get; set; } = true;
}
