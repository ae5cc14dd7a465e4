using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;

namespace Lakehouse.Hosting;

/// <summary>Adds Airflow where it is placed.</summary>
public static class AirflowExtensions
{
    private const int ContainerPort = 8080;

    /// <summary>
    /// Adds Airflow with our DAGs: of the virtual environment that <c>AIRFLOW_VENV</c> names, as an API server, a scheduler and a
    /// DAG processor; as a container, built from <paramref name="folder"/>; or at a connection string of its name. In an embedded
    /// platform there is none: the built-in scheduler runs the models.
    /// </summary>
    /// <param name="builder">The application.</param>
    /// <param name="name">The resource's name, and the connection string's (a URL).</param>
    /// <param name="folder">A folder with a Dockerfile and a folder <c>dags</c>, relative to the AppHost.</param>
    /// <param name="configure">Adds references to what the DAGs call; null for none. It is called for each of Airflow's processes.</param>
    /// <returns>The API server; null where there is none.</returns>
    public static IResourceBuilder<IResourceWithConnectionString>? AddAirflow(
        this IDistributedApplicationBuilder builder, string name, string folder, Action<IResourceBuilder<IResourceWithEnvironment>>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        if (!string.IsNullOrEmpty(builder.Configuration[$"ConnectionStrings:{name}"])) return builder.AddConnectionString(name);
        PlacementChoice choice = builder.PlacementOf(name);
        if (builder.IsLeftOut(choice)) return null;
        return choice.Placement switch
        {
            Placement.Containers => AddContainer(builder, name, folder, configure),
            Placement.Local when LocalInstallation.Find(builder, choice, name, "AIRFLOW_VENV", Path.Combine("bin", "airflow")) is { } environment =>
                AddProcesses(builder, name, environment, Path.Combine(Path.GetFullPath(folder, builder.AppHostDirectory), "dags"), configure),
            _ => null,
        };
    }

    private static IResourceBuilder<AirflowResource> AddProcesses(
        IDistributedApplicationBuilder builder, string name, string environment, string dags, Action<IResourceBuilder<IResourceWithEnvironment>>? configure)
    {
        string program = Path.Combine(environment, "bin", "airflow");
        string home = builder.DataFolderOf(name);
        Directory.CreateDirectory(home);
        ParameterResource password = ParameterResourceBuilderExtensions.CreateDefaultPasswordParameter(builder, $"{name}-password", special: false);
        ParameterResource secret = ParameterResourceBuilderExtensions.CreateDefaultPasswordParameter(builder, $"{name}-secret", special: false, minLower: 64);
        var airflow = new AirflowResource(name, program, home);
        var settings = new AirflowSettings(environment, home, dags, airflow.PrimaryEndpoint, secret);
        IResourceBuilder<AirflowResource> server = builder.AddResource(airflow)
            .WithHttpEndpoint(name: airflow.PrimaryEndpoint.EndpointName)
            .WithArgs("api-server")
            .WithEnvironment(settings.Apply)
            .WithEnvironment(context => context.EnvironmentVariables["AIRFLOW__API__PORT"] = airflow.PrimaryEndpoint.Property(EndpointProperty.TargetPort))
            .OnBeforeResourceStarted(async (_, _, cancellationToken) =>
                await settings.PrepareAsync(program, await password.GetValueAsync(cancellationToken).ConfigureAwait(false) ?? "", cancellationToken).ConfigureAwait(false))
            .WithUrlForEndpoint(airflow.PrimaryEndpoint.EndpointName, url => url.DisplayText = "Airflow UI")
            .WithIconName("CalendarClock")
            .ExcludeFromManifest()
            .WithVersionProbe(cancellationToken => AirflowProbe.AskVersionAsync(new Uri(airflow.PrimaryEndpoint.Url), cancellationToken));
        configure?.Invoke(server);
        foreach ((string role, string[] arguments) in AirflowSettings.Workers)
        {
            IResourceBuilder<ExecutableResource> worker = builder.AddExecutable($"{name}-{role}", program, home, arguments)
                .WithEnvironment(settings.Apply)
                .WithParentRelationship(server)
                // The server's first start makes the database that all of them share.
                .WaitFor(server)
                .ExcludeFromManifest();
            configure?.Invoke(worker);
        }
        return server;
    }

    private static IResourceBuilder<AirflowContainerResource> AddContainer(
        IDistributedApplicationBuilder builder, string name, string folder, Action<IResourceBuilder<IResourceWithEnvironment>>? configure)
    {
        var airflow = new AirflowContainerResource(name);
        IResourceBuilder<AirflowContainerResource> server = builder.AddResource(airflow)
            .WithImage(name)
            .WithDockerfile(folder)
            .WithHttpEndpoint(targetPort: ContainerPort, name: airflow.PrimaryEndpoint.EndpointName)
            .WithVolume($"{name}-data", "/opt/airflow/state")
            .WithUrlForEndpoint(airflow.PrimaryEndpoint.EndpointName, url => url.DisplayText = "Airflow UI")
            .WithIconName("CalendarClock")
            .WithVersionProbe(cancellationToken => AirflowProbe.AskVersionAsync(new Uri(airflow.PrimaryEndpoint.Url), cancellationToken));
        configure?.Invoke(server);
        return server;
    }
}
