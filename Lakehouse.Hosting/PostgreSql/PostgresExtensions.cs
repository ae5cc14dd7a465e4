using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Lakehouse.EmbeddedPostgres;

namespace Lakehouse.Hosting;

/// <summary>Adds PostgreSQL where it is placed.</summary>
public static class PostgresExtensions
{
    /// <summary>
    /// Adds a PostgreSQL server: the embedded one; a container, whose data a volume keeps; or, placed locally by name, none:
    /// each database then has a connection string.
    /// </summary>
    /// <param name="builder">The application.</param>
    /// <param name="name">The server's name.</param>
    public static PlacedPostgres AddPlacedPostgres(this IDistributedApplicationBuilder builder, string name)
    {
        ArgumentNullException.ThrowIfNull(builder);
        PlacementChoice choice = builder.PlacementOf(name);
        return choice.Placement switch
        {
            // Logical decoding is what the platform wants of it.
            Placement.Containers => new ContainerPostgres(AddContainer(builder, name)),
            Placement.Local when choice.IsDemanded => new ConnectedPostgres(builder),
            _ => new EmbeddedPostgresDatabases(AddEmbedded(builder, name)),
        };
    }

    private static IResourceBuilder<PostgresServerResource> AddContainer(IDistributedApplicationBuilder builder, string name) =>
        builder.AddPostgres(name)
            // On a developer's machine the volume's name tells this AppHost's from another's; a deployment has but one.
            .WithDataVolume(builder.ExecutionContext.IsPublishMode ? $"{name}-data" : null)
            .WithArgs("-c", "wal_level=logical");

    private static IResourceBuilder<EmbeddedPostgresResource> AddEmbedded(IDistributedApplicationBuilder builder, string name)
    {
        var resource = new EmbeddedPostgresResource(name, builder.DataFolderOf(name));
        IResourceBuilder<EmbeddedPostgresResource> server = builder.AddResource(resource)
            .WithEndpoint(scheme: "tcp", name: resource.PrimaryEndpoint.EndpointName)
            .WithArgs(async context =>
            {
                PostgresCommand launch = await resource.PrepareAsync().ConfigureAwait(false);
                foreach (string argument in launch.Arguments) context.Args.Add(argument);
                context.Args.Add("-p");
                context.Args.Add(resource.PrimaryEndpoint.Property(EndpointProperty.TargetPort));
            })
            .WithEnvironment(async context =>
            {
                PostgresCommand launch = await resource.PrepareAsync().ConfigureAwait(false);
                foreach ((string variable, string value) in launch.Environment) context.EnvironmentVariables[variable] = value;
            })
            .WithIconName("DatabaseMultiple")
            .ExcludeFromManifest()
            .WithVersionProbe(cancellationToken => EmbeddedPostgresDatabases.AskVersionAsync(resource.ConnectionStringExpression, cancellationToken));

        // The program's path, and as root that of setpriv before it, are known when the parts are in place; the orchestrator
        // takes them from the model before it starts anything.
        builder.Eventing.Subscribe<BeforeStartEvent>(async (_, cancellationToken) =>
        {
            PostgresCommand launch = await resource.PrepareAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
            server.WithCommand(launch.FileName).WithWorkingDirectory(launch.WorkingDirectory);
        });
        return server;
    }
}
