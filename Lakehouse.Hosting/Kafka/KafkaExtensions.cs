using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;

namespace Lakehouse.Hosting;

/// <summary>Adds a Kafka broker where it is placed.</summary>
public static class KafkaExtensions
{
    /// <summary>
    /// Adds a broker: of the installation that <c>KAFKA_HOME</c> names; as a container; or at a connection string of its name. In
    /// an embedded platform there is none: changes go straight to bronze.
    /// </summary>
    /// <param name="builder">The application.</param>
    /// <param name="name">The resource's name, and the connection string's (the bootstrap servers).</param>
    /// <returns>The broker; null where there is none.</returns>
    public static IResourceBuilder<IResourceWithConnectionString>? AddPlacedKafka(this IDistributedApplicationBuilder builder, string name)
    {
        ArgumentNullException.ThrowIfNull(builder);
        if (!string.IsNullOrEmpty(builder.Configuration[$"ConnectionStrings:{name}"])) return builder.AddConnectionString(name);
        PlacementChoice choice = builder.PlacementOf(name);
        if (builder.IsLeftOut(choice)) return null;
        return choice.Placement switch
        {
            Placement.Containers => builder.AddKafka(name).WithDataVolume(),
            Placement.Local when LocalInstallation.Find(builder, choice, name, "KAFKA_HOME", "libs") is { } home => AddBroker(builder, name, home),
            _ => null,
        };
    }

    private static IResourceBuilder<KafkaBrokerResource> AddBroker(IDistributedApplicationBuilder builder, string name, string home)
    {
        string java = LocalInstallation.Java(builder);
        var files = new KafkaFiles(home, java, builder.DataFolderOf(name));
        var broker = new KafkaBrokerResource(name, java, home);
        return builder.AddResource(broker)
            .WithEndpoint(scheme: "tcp", name: broker.PrimaryEndpoint.EndpointName)
            .WithEndpoint(scheme: "tcp", name: broker.Controller.EndpointName)
            .WithArgs(context =>
            {
                foreach (string argument in files.BrokerCommand) context.Args.Add(argument);
                context.Args.Add("--override");
                context.Args.Add(ReferenceExpression.Create(
                    $"listeners=PLAINTEXT://127.0.0.1:{broker.PrimaryEndpoint.Property(EndpointProperty.TargetPort)},CONTROLLER://127.0.0.1:{broker.Controller.Property(EndpointProperty.TargetPort)}"));
                context.Args.Add("--override");
                context.Args.Add(ReferenceExpression.Create($"advertised.listeners=PLAINTEXT://127.0.0.1:{broker.PrimaryEndpoint.Property(EndpointProperty.Port)}"));
                context.Args.Add("--override");
                context.Args.Add(ReferenceExpression.Create($"controller.quorum.voters=1@127.0.0.1:{broker.Controller.Property(EndpointProperty.TargetPort)}"));
            })
            .OnBeforeResourceStarted((_, _, cancellationToken) => files.PrepareAsync(cancellationToken))
            .WithIconName("Pipeline")
            .ExcludeFromManifest()
            .WithVersionProbe(async cancellationToken =>
            {
                await KafkaProbe.AskAsync("127.0.0.1", broker.PrimaryEndpoint.Port, cancellationToken).ConfigureAwait(false);
                return $"Apache Kafka {files.Version}";
            });
    }
}
