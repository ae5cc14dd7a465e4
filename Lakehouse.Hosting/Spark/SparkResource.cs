using Aspire.Hosting.ApplicationModel;

namespace Lakehouse.Hosting;

/// <summary>A Spark Connect server of a local installation, with Delta Lake.</summary>
public sealed class SparkResource : ExecutableResource, IResourceWithConnectionString
{
    internal SparkResource(string name, string java, string workingDirectory)
        : base(name, java, workingDirectory) => PrimaryEndpoint = new EndpointReference(this, "grpc");

    /// <summary>Where Spark Connect listens.</summary>
    public EndpointReference PrimaryEndpoint { get; }

    /// <summary>A Spark Connect URL: <c>sc://HOST:PORT</c>.</summary>
    public ReferenceExpression ConnectionStringExpression => ReferenceExpression.Create($"sc://127.0.0.1:{PrimaryEndpoint.Property(EndpointProperty.Port)}");
}

/// <summary>A Spark Connect server as a container.</summary>
public sealed class SparkContainerResource : ContainerResource, IResourceWithConnectionString
{
    internal SparkContainerResource(string name)
        : base(name) => PrimaryEndpoint = new EndpointReference(this, "grpc");

    /// <summary>Where Spark Connect listens.</summary>
    public EndpointReference PrimaryEndpoint { get; }

    /// <summary>A Spark Connect URL: <c>sc://HOST:PORT</c>.</summary>
    public ReferenceExpression ConnectionStringExpression =>
        ReferenceExpression.Create($"sc://{PrimaryEndpoint.Property(EndpointProperty.Host)}:{PrimaryEndpoint.Property(EndpointProperty.Port)}");
}
