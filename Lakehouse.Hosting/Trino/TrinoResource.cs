using Aspire.Hosting.ApplicationModel;

namespace Lakehouse.Hosting;

/// <summary>A Trino server of a local installation.</summary>
public sealed class TrinoResource : ExecutableResource, IResourceWithConnectionString
{
    internal TrinoResource(string name, string java, string workingDirectory)
        : base(name, java, workingDirectory) => PrimaryEndpoint = new EndpointReference(this, "http");

    /// <summary>Where Trino's REST protocol is served.</summary>
    public EndpointReference PrimaryEndpoint { get; }

    /// <summary>The server's URL.</summary>
    public ReferenceExpression ConnectionStringExpression => ReferenceExpression.Create($"{PrimaryEndpoint.Property(EndpointProperty.Url)}");
}

/// <summary>A Trino server as a container.</summary>
public sealed class TrinoContainerResource : ContainerResource, IResourceWithConnectionString
{
    internal TrinoContainerResource(string name)
        : base(name) => PrimaryEndpoint = new EndpointReference(this, "http");

    /// <summary>Where Trino's REST protocol is served.</summary>
    public EndpointReference PrimaryEndpoint { get; }

    /// <summary>The server's URL.</summary>
    public ReferenceExpression ConnectionStringExpression => ReferenceExpression.Create($"{PrimaryEndpoint.Property(EndpointProperty.Url)}");
}
