using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;

namespace Lakehouse.AppHost;

/// <summary>Commands that the dashboard offers on our resources.</summary>
internal static class Commands
{
    /// <summary>Offers "Run models now" on the transform service.</summary>
    public static IResourceBuilder<ProjectResource> WithRunNowCommand(this IResourceBuilder<ProjectResource> transform) =>
        transform.WithHttpCommand(
            "/api/v1/runs",
            "Run models now",
            commandName: "run-models",
            commandOptions: new HttpCommandOptions { IconName = "PlayMultiple", IsHighlighted = true, Description = "Builds silver and gold from what has come since the last run." });

    /// <summary>Adds what compacts the lake's tables when somebody asks, and the command that does.</summary>
    public static void AddUpkeep(this IDistributedApplicationBuilder builder, IResourceBuilder<IResourceWithConnectionString> lake)
    {
        IResourceBuilder<ProjectResource> compact = builder.AddProject<Projects.Lakehouse_Cli>("compact")
            .WithArgs("optimize")
            .WithEnvironment("LAKEHOUSE_LAKE", lake)
            .WithParentRelationship(lake)
            .WithExplicitStart()
            .ExcludeFromManifest();
        lake.WithStartCommand("compact-tables", "Compact tables", compact, "Rewrites small files into few, and files with many deleted rows without them.", "ArrowMinimize");
    }

    /// <summary>Offers a command that starts another resource, which waits for being started.</summary>
    public static void WithStartCommand<T>(this IResourceBuilder<T> resource, string name, string displayName, IResourceBuilder<IResource> job, string description, string icon)
        where T : IResource =>
        resource.WithCommand(
            name,
            displayName,
            context => context.ServiceProvider.GetRequiredService<ResourceCommandService>()
                .ExecuteCommandAsync(job.Resource, KnownResourceCommands.StartCommand, context.CancellationToken),
            new CommandOptions { IconName = icon, IsHighlighted = true, Description = description });
}
