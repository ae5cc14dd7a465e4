using System.Text.Json;
using System.Text.Json.Serialization;
using Lakehouse.Engine;
using Lakehouse.ServiceDefaults.Clients.Lake;
using Lakehouse.ServiceDefaults.Hosting;
using Lakehouse.Storage;

namespace Lakehouse.Transform.Service;

/// <summary>The transform service, composed.</summary>
internal static class TransformServiceExtensions
{
    private const string Section = "Lakehouse:Transform";
    private const string TenderSection = "Lakehouse:Tender";
    private const string SampleModels = "models";

    /// <summary>Adds the lake, the project and the scheduler of its runs.</summary>
    /// <exception cref="ServiceConfigurationException">A setting is missing, or the project cannot be loaded.</exception>
    public static void AddTransform(this WebApplicationBuilder builder)
    {
        string folder = builder.AddLakeFolder(place => StoreAddress.Parse(place));
        TransformServiceOptions options = builder.Configuration.GetSection(Section).Get<TransformServiceOptions>() ?? new TransformServiceOptions();
        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton<TableWarnings>();
        builder.Services.AddSingleton(services =>
        {
            TableWarnings warnings = services.GetRequiredService<TableWarnings>();
            return Lake.Open(folder, new LakeOptions
            {
                MemoryLimit = options.MemoryLimit,
                IcebergFailed = failure => warnings.Tell(failure.Table, "its Iceberg metadata was not written", failure.State, failure.Exception.Message),
                CheckpointFailed = failure => warnings.Tell(failure.Table, "a checkpoint could not be written or read", failure.Exception.GetType().Name, failure.Exception.Message),
                AutoCompactFailed = (table, failure) => warnings.Tell(table.ToString(), "its files were not compacted", failure.GetType().Name, failure.Message),
            });
        });
        builder.Services.AddSingleton(Project(options.Project ?? Path.Combine(AppContext.BaseDirectory, SampleModels)));
        builder.Services.AddSingleton(new RunHistory(options.History));
        builder.Services.AddSingleton<RunScheduler>();
        builder.Services.AddHostedService(services => services.GetRequiredService<RunScheduler>());
        builder.Services.AddSingleton(builder.Configuration.GetSection(TenderSection).Get<TenderServiceOptions>() ?? new TenderServiceOptions());
        builder.Services.AddHostedService<TenderService>();
        builder.Services.AddHealthChecks().AddCheck<RunsHealthCheck>("runs");
        builder.Services.AddProblemDetails();
        builder.Services.ConfigureHttpJsonOptions(json => json.SerializerOptions.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.CamelCase)));
    }

    private static DbtProject Project(string folder)
    {
        try
        {
            return DbtProject.Load(folder);
        }
        catch (Exception error) when (error is ProjectException or IOException or UnauthorizedAccessException)
        {
            throw new ServiceConfigurationException($"The dbt project '{folder}' cannot be loaded: {error.Message}", error);
        }
    }
}
