using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Lakehouse.Hosting;

/// <summary>Adds Trino where it is placed.</summary>
public static class TrinoExtensions
{
    /// <summary>
    /// Adds a Trino server with a catalog <c>delta</c> over the lake and one for each database: of the installation that
    /// <c>TRINO_HOME</c> names (with the Java of <c>TRINO_JRE</c>); as a container, built with its catalogs from
    /// <paramref name="imageFolder"/>; or at a connection string of its name. In an embedded platform there is none: the API
    /// answers SQL.
    /// </summary>
    /// <param name="builder">The application.</param>
    /// <param name="name">The resource's name, and the connection string's (a URL).</param>
    /// <param name="lake">The lake.</param>
    /// <param name="imageFolder">A Dockerfile's folder, relative to the AppHost.</param>
    /// <param name="databases">PostgreSQL databases; each gets a catalog of its name.</param>
    /// <returns>The server; null where there is none.</returns>
    public static IResourceBuilder<IResourceWithConnectionString>? AddTrino(
        this IDistributedApplicationBuilder builder, string name, IResourceBuilder<IResourceWithConnectionString> lake, string imageFolder,
        params IResourceBuilder<IResourceWithConnectionString>[] databases)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(lake);
        if (!string.IsNullOrEmpty(builder.Configuration[$"ConnectionStrings:{name}"])) return builder.AddConnectionString(name);
        PlacementChoice choice = builder.PlacementOf(name);
        if (builder.IsLeftOut(choice)) return null;
        return choice.Placement switch
        {
            Placement.Containers => AddContainer(builder, name, lake, imageFolder, databases),
            Placement.Local when LocalInstallation.Find(builder, choice, name, "TRINO_HOME", "plugin") is { } home => AddServer(builder, name, home, lake, databases),
            _ => null,
        };
    }

    private static IResourceBuilder<TrinoResource> AddServer(
        IDistributedApplicationBuilder builder, string name, string home, IResourceBuilder<IResourceWithConnectionString> lake, IResourceBuilder<IResourceWithConnectionString>[] databases)
    {
        string folder = builder.DataFolderOf(name);
        Directory.CreateDirectory(folder);
        var files = new TrinoFiles(home, folder);
        var trino = new TrinoResource(name, LocalInstallation.Java(builder, "TRINO_JRE"), folder);
        IResourceBuilder<TrinoResource> server = builder.AddResource(trino)
            .WithHttpEndpoint(name: trino.PrimaryEndpoint.EndpointName)
            .WithArgs([.. files.Command])
            .WithEnvironment(TrinoFiles.PortVariable, ReferenceExpression.Create($"{trino.PrimaryEndpoint.Property(EndpointProperty.TargetPort)}"))
            .WithEnvironment(TrinoFiles.LakeVariable, lake.Resource.ConnectionStringExpression)
            .OnBeforeResourceStarted(async (_, _, cancellationToken) =>
            {
                // Trino ends at once over a folder that is not there.
                if (await lake.Resource.GetConnectionStringAsync(cancellationToken).ConfigureAwait(false) is { } path) Directory.CreateDirectory(path);
                files.Write();
                foreach (IResourceBuilder<IResourceWithConnectionString> database in databases) files.WriteDatabase(database.Resource.Name, Prefix(database.Resource));
            })
            .WithUrlForEndpoint(trino.PrimaryEndpoint.EndpointName, url => url.DisplayText = "Trino UI")
            .WithIconName("BranchFork")
            .ExcludeFromManifest()
            .WithVersionProbe(cancellationToken => TrinoClient.AskVersionAsync(new Uri(trino.PrimaryEndpoint.Url), cancellationToken));
        foreach (IResourceBuilder<IResourceWithConnectionString> database in databases)
            server.WithEnvironment(context => DescribeAsync(context, database.Resource)).WithReferenceRelationship(database);
        return server.WithReferenceRelationship(lake).WithCommand(
            "register-tables",
            "Register the lake's tables",
            async context =>
            {
                string? path = await lake.Resource.GetConnectionStringAsync(context.CancellationToken).ConfigureAwait(false);
                int registered = await TrinoTables.RegisterAsync(new Uri(trino.PrimaryEndpoint.Url), path!, context.Logger, context.CancellationToken).ConfigureAwait(false);
                context.Logger.LogInformation("{Registered} tables registered.", registered);
                return CommandResults.Success();
            },
            new CommandOptions { IconName = "TableAdd", IsHighlighted = true, Description = "Makes tables that are new in the lake visible in the catalog 'delta'." });
    }

    private static IResourceBuilder<TrinoContainerResource> AddContainer(
        IDistributedApplicationBuilder builder, string name, IResourceBuilder<IResourceWithConnectionString> lake, string imageFolder, IResourceBuilder<IResourceWithConnectionString>[] databases)
    {
        var trino = new TrinoContainerResource(name);
        IResourceBuilder<TrinoContainerResource> server = builder.AddResource(trino)
            .WithImage(name)
            .WithDockerfile(imageFolder)
            .WithHttpEndpoint(targetPort: 8080, name: trino.PrimaryEndpoint.EndpointName)
            .WithUrlForEndpoint(trino.PrimaryEndpoint.EndpointName, url => url.DisplayText = "Trino UI")
            .WithIconName("BranchFork")
            .WithVersionProbe(cancellationToken => TrinoClient.AskVersionAsync(new Uri(trino.PrimaryEndpoint.Url), cancellationToken));
        if (lake.Resource is ObjectStoreResource { Server: { } s3 })
        {
            server.WithEnvironment(context =>
            {
                context.EnvironmentVariables["LAKEHOUSE_S3_ENDPOINT"] = s3.Endpoint;
                context.EnvironmentVariables["LAKEHOUSE_S3_ACCESS_KEY"] = s3.AccessKey;
                context.EnvironmentVariables["LAKEHOUSE_S3_SECRET_KEY"] = s3.SecretKey;
            });
        }
        foreach (IResourceBuilder<IResourceWithConnectionString> database in databases) server.WithReference(database);
        return server.WithReferenceRelationship(lake);
    }

    private static string Prefix(IResource database) => $"LAKEHOUSE_{database.Name.Replace('-', '_').ToUpperInvariant()}";

    // Java's driver wants a URL of its own.
    private static async Task DescribeAsync(EnvironmentCallbackContext context, IResourceWithConnectionString database)
    {
        var parts = new NpgsqlConnectionStringBuilder(await database.GetConnectionStringAsync(context.CancellationToken).ConfigureAwait(false));
        string prefix = Prefix(database);
        context.EnvironmentVariables[$"{prefix}_URL"] = $"jdbc:postgresql://{parts.Host}:{parts.Port}/{parts.Database}";
        context.EnvironmentVariables[$"{prefix}_USER"] = parts.Username ?? "";
        context.EnvironmentVariables[$"{prefix}_PASSWORD"] = parts.Password ?? "";
    }
}
