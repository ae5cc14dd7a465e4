using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Eventing;
using Aspire.Hosting.Lifecycle;
using Aspire.Hosting.Publishing;

namespace Lakehouse.Hosting.Tests.Compatibility.Sources;

/// <summary>What <see cref="EveryMember"/> is called with where the API wants a type of the caller's own, and a use of every member that only deriving types reach.</summary>
public static class EveryMemberTypes
{
    public sealed class OwnProject : IProjectMetadata
    {
        public string ProjectPath => "own.csproj";
    }

    public sealed class OwnSubscriber : IDistributedApplicationEventingSubscriber
    {
        public Task SubscribeAsync(IDistributedApplicationEventing eventing, DistributedApplicationExecutionContext executionContext, CancellationToken cancellationToken) => Task.CompletedTask;
    }

    public sealed class OwnData : IExecutionConfigurationData;

    public sealed class OwnResource(string name) : Resource(name), IResourceWithConnectionString, IResourceWithServiceDiscovery, IResourceWithEnvironment, IResourceWithArgs, IResourceWithWaitSupport
    {
        public ReferenceExpression ConnectionStringExpression => ReferenceExpression.Create($"Endpoint={this.GetEndpoint("http")}");
    }

    public sealed class OwnChild(string name, OwnResource parent) : Resource(name), IResourceWithParent<OwnResource>, IResourceWithoutLifetime
    {
        public OwnResource Parent => parent;
    }

    public sealed class OwnDefault : ParameterDefault
    {
        public override string GetDefaultValue() => "";

        public override void WriteToManifest(ManifestPublishingContext context) => context.Writer.WriteString("value", "");
    }

    public sealed class OwnApplication(Microsoft.Extensions.Hosting.IHost host) : DistributedApplication(host)
    {
        public override Task StartAsync(CancellationToken cancellationToken = default) => base.StartAsync(cancellationToken);

        public override Task StopAsync(CancellationToken cancellationToken = default) => base.StopAsync(cancellationToken);

        public override Task RunAsync(CancellationToken cancellationToken = default) => base.RunAsync(cancellationToken);
    }
}
