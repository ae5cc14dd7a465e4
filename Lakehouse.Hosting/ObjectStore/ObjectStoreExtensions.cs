using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;

namespace Lakehouse.Hosting;

/// <summary>Adds the store of the lake.</summary>
public static class ObjectStoreExtensions
{
    private const string Image = "minio/minio";
    private const string Tag = "RELEASE.2025-09-07T16-13-09Z";
    private const string Endpoint = "http";

    /// <summary>
    /// Adds an object store: whatever a connection string of its name says; a folder below the data folder; or, where it is placed
    /// in containers by name, an S3 server as a container. What is published asks whoever deploys it for the connection string
    /// (docs/decisions/106).
    /// </summary>
    /// <remarks>
    /// A placement of everything in containers leaves the lake in its folder when run: our services open folders, and containers
    /// of Spark and Trino reach it as a mount. Another S3 image is set by <c>WithImage</c> on the child <c>NAME-server</c>.
    /// </remarks>
    /// <param name="builder">The application.</param>
    /// <param name="name">The resource's name, and the connection string's.</param>
    public static IResourceBuilder<IResourceWithConnectionString> AddObjectStore(this IDistributedApplicationBuilder builder, string name)
    {
        ArgumentNullException.ThrowIfNull(builder);
        if (!string.IsNullOrEmpty(builder.Configuration[$"ConnectionStrings:{name}"])) return builder.AddConnectionString(name);
        PlacementChoice choice = builder.PlacementOf(name);
        if (choice is { Placement: Placement.Containers, IsDemanded: true }) return AddServer(builder, name);
        return builder.ExecutionContext.IsPublishMode ? builder.AddConnectionString(name) : AddFolder(builder, name);
    }

    private static IResourceBuilder<ObjectStoreResource> AddFolder(IDistributedApplicationBuilder builder, string name)
    {
        string folder = builder.DataFolderOf(name);
        return builder
            .AddResource(new ObjectStoreResource(name, ReferenceExpression.Create($"{folder}")))
            .WithInitialState(new CustomResourceSnapshot
            {
                ResourceType = "ObjectStore",
                State = KnownResourceStates.Running,
                CreationTimeStamp = DateTime.UtcNow,
                StartTimeStamp = DateTime.UtcNow,
                Properties = [new ResourcePropertySnapshot("Folder", folder)],
            })
            .WithIconName("Database")
            .ExcludeFromManifest()
            .WithVersionProbe(cancellationToken => Task.Run(() => TryWrite(folder), cancellationToken));
    }

    private static IResourceBuilder<ObjectStoreResource> AddServer(IDistributedApplicationBuilder builder, string name)
    {
        IResourceBuilder<ParameterResource> user = builder.AddParameter($"{name}-access-key", "lakehouse", publishValueAsDefault: true);
        ParameterResource password = ParameterResourceBuilderExtensions.CreateDefaultPasswordParameter(builder, $"{name}-secret-key", special: false);
        IResourceBuilder<ContainerResource> server = builder.AddContainer($"{name}-server", Image, Tag)
            // A folder in the server's own is a bucket. It is made before the server starts, so that whoever waits for the server finds it.
            .WithEntrypoint("sh")
            .WithArgs("-c", $"mkdir -p /data/{name} && exec minio server /data --console-address :9001")
            .WithHttpEndpoint(targetPort: 9000, name: Endpoint)
            .WithHttpEndpoint(targetPort: 9001, name: "console")
            .WithEnvironment("MINIO_ROOT_USER", user)
            .WithEnvironment(context => context.EnvironmentVariables["MINIO_ROOT_PASSWORD"] = password)
            .WithVolume($"{name}-data", "/data")
            .WithHttpHealthCheck("/minio/health/ready", endpointName: Endpoint);
        EndpointReference endpoint = server.GetEndpoint(Endpoint);
        var store = new ObjectStoreResource(
            name,
            ReferenceExpression.Create($"s3://{name};Endpoint={endpoint.Property(EndpointProperty.Url)};Region=us-east-1;AccessKey={user};SecretKey={password}"))
        {
            Server = new S3Server(endpoint, user.Resource, password),
        };
        return builder.AddResource(store)
            .WithInitialState(new CustomResourceSnapshot { ResourceType = "ObjectStore", State = KnownResourceStates.Running, Properties = [] })
            .WithIconName("Database")
            .WithReferenceRelationship(server);
    }

    // Writing is what the store is for; a folder that can only be read, or a full disk, shows here first.
    private static string TryWrite(string folder)
    {
        Directory.CreateDirectory(folder);
        string probe = Path.Combine(folder, $".probe-{Guid.NewGuid():N}");
        File.WriteAllText(probe, "written to see whether it can be");
        File.Delete(probe);
        var drive = new DriveInfo(folder);
        return FormattableString.Invariant($"{drive.DriveFormat}, {drive.AvailableFreeSpace >> 30} GB free");
    }
}
