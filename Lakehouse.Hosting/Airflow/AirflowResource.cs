using Aspire.Hosting.ApplicationModel;

namespace Lakehouse.Hosting;

/// <summary>Airflow's API server and web UI, of a local installation; its scheduler and DAG processor are its children.</summary>
public sealed class AirflowResource : ExecutableResource, IResourceWithConnectionString
{
    internal AirflowResource(string name, string program, string workingDirectory)
        : base(name, program, workingDirectory) => PrimaryEndpoint = new EndpointReference(this, "http");

    /// <summary>Where UI and REST API are served.</summary>
    public EndpointReference PrimaryEndpoint { get; }

    /// <summary>The server's URL.</summary>
    public ReferenceExpression ConnectionStringExpression => ReferenceExpression.Create($"{PrimaryEndpoint.Property(EndpointProperty.Url)}");
}

/// <summary>All of Airflow in one container, built with our DAGs.</summary>
public sealed class AirflowContainerResource : ContainerResource, IResourceWithConnectionString
{
    internal AirflowContainerResource(string name)
        : base(name) => PrimaryEndpoint = new EndpointReference(this, "http");

    /// <summary>Where UI and REST API are served.</summary>
    public EndpointReference PrimaryEndpoint { get; }

    /// <summary>The server's URL.</summary>
    public ReferenceExpression ConnectionStringExpression => ReferenceExpression.Create($"{PrimaryEndpoint.Property(EndpointProperty.Url)}");
}
