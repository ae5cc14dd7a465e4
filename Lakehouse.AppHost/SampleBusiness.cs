using Aspire.Hosting.ApplicationModel;

namespace Lakehouse.AppHost;

/// <summary>The sample business in the source database, and resources that change it when somebody asks.</summary>
internal static class SampleBusiness
{
    /// <summary>The configuration key of the size: 1 is about a million rows.</summary>
    private const string ScaleKey = "scale";

    /// <summary>
    /// Adds what creates the business once and ends; what changes it steadily, started by hand, so that an idle platform is idle;
    /// and a burst, started from the source's command in the dashboard. What is published has no sample: its source is a real one.
    /// </summary>
    /// <returns>The resource after whose completion the business is there.</returns>
    public static IResourceBuilder<ProjectResource> AddSample(this IDistributedApplicationBuilder builder, IResourceBuilder<IResourceWithConnectionString> source)
    {
        string scale = builder.Configuration[ScaleKey] ?? "0.1";
        IResourceBuilder<ProjectResource> sample = builder.AddSimulation("sample", source, "--seed-only", "--scale", scale).WaitFor(source);
        builder.AddSimulation("simulator", source, "--pattern", "trickle", "--rate", "50").WithExplicitStart();
        IResourceBuilder<ProjectResource> burst = builder.AddSimulation("burst", source, "--pattern", "burst", "--rate", "1000", "--duration", "10s").WithExplicitStart();
        source.WithStartCommand("simulate-burst", "Simulate a burst", burst, "Changes a thousand rows a second for ten seconds.", "Flash");
        return sample;
    }

    private static IResourceBuilder<ProjectResource> AddSimulation(
        this IDistributedApplicationBuilder builder, string name, IResourceBuilder<IResourceWithConnectionString> source, params string[] arguments) =>
        builder.AddProject<Projects.Lakehouse_Cli>(name)
            .WithArgs(["simulate", .. arguments])
            .WithReference(source)
            .WithParentRelationship(source)
            .ExcludeFromManifest();
}
