using Aspire.Hosting.ApplicationModel;

namespace Lakehouse.Hosting;

/// <summary>A KRaft broker, its own controller, of a local installation.</summary>
public sealed class KafkaBrokerResource : ExecutableResource, IResourceWithConnectionString
{
    internal KafkaBrokerResource(string name, string java, string home)
        : base(name, java, home)
    {
        PrimaryEndpoint = new EndpointReference(this, "tcp");
        Controller = new EndpointReference(this, "controller");
    }

    /// <summary>Where clients connect.</summary>
    public EndpointReference PrimaryEndpoint { get; }

    /// <summary>Where the broker speaks with its controller.</summary>
    internal EndpointReference Controller { get; }

    /// <summary>The bootstrap servers.</summary>
    public ReferenceExpression ConnectionStringExpression => ReferenceExpression.Create($"127.0.0.1:{PrimaryEndpoint.Property(EndpointProperty.Port)}");
}
