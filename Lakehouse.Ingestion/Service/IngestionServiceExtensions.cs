using System.Text.Json;
using System.Text.Json.Serialization;
using Lakehouse.Engine;
using Lakehouse.Ingestion.Config;
using Lakehouse.Ingestion.Postgres;
using Lakehouse.ServiceDefaults.Clients.Catalog;
using Lakehouse.ServiceDefaults.Clients.Lake;
using Lakehouse.ServiceDefaults.Hosting;
using Lakehouse.Storage;

namespace Lakehouse.Ingestion.Service;

/// <summary>The ingestion service, composed.</summary>
internal static class IngestionServiceExtensions
{
    private const string ConfigVariable = "LAKEHOUSE_CONFIG";
    private const string OwnConfig = "lakehouse.yaml";
    private const string SampleConfig = "sample.lakehouse.yaml";
    private const string MemoryLimit = "256MB";

    /// <summary>Adds the lake, and a runner for the sources of <c>LAKEHOUSE_CONFIG</c>, else of <c>./lakehouse.yaml</c>, else of the sample business.</summary>
    /// <exception cref="ServiceConfigurationException">The file or a connection string is missing or wrong.</exception>
    public static void AddIngestion(this WebApplicationBuilder builder)
    {
        (IngestionConfig config, IReadOnlyList<PostgresSourceOptions> sources) = Load(builder);
        string folder = builder.AddLakeFolder(place => StoreAddress.Parse(place), config.Lake);
        builder.Services.AddSingleton<TableWarnings>();
        builder.Services.AddSingleton(services =>
        {
            TableWarnings warnings = services.GetRequiredService<TableWarnings>();
            return Lake.Open(folder, new LakeOptions
            {
                MemoryLimit = builder.Configuration["Lakehouse:MemoryLimit"] ?? MemoryLimit,
                IcebergFailed = failure => warnings.Tell(failure.Table, "its Iceberg metadata was not written", failure.State, failure.Exception.Message),
                CheckpointFailed = failure => warnings.Tell(failure.Table, "a checkpoint could not be written or read", failure.Exception.GetType().Name, failure.Exception.Message),
                AutoCompactFailed = (table, failure) => warnings.Tell(table.ToString(), "its files were not compacted", failure.GetType().Name, failure.Message),
            });
        });
        builder.Services.AddSingleton(services => new SourceStates(
            [.. sources.Select(source => new SourceState(source.Name, services.GetService<TableAnnouncements>(), services.GetRequiredService<ILogger<SourceState>>()))]));
        builder.Services.AddSingleton(sources);
        builder.Services.AddHostedService<SourceRunner>();
        builder.Services.AddHealthChecks().AddCheck<SourcesHealthCheck>("sources");
        builder.Services.AddProblemDetails();
        builder.Services.ConfigureHttpJsonOptions(json => json.SerializerOptions.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.CamelCase)));
    }

    private static (IngestionConfig Config, IReadOnlyList<PostgresSourceOptions> Sources) Load(WebApplicationBuilder builder)
    {
        try
        {
            IngestionConfig config = IngestionConfig.Load(ConfigFile(builder));
            return (config, [.. config.Sources.Select(source => source.Resolve(name => Connection(builder.Configuration, name)))]);
        }
        catch (ConfigException error)
        {
            throw new ServiceConfigurationException(error.Message, error);
        }
    }

    private static string ConfigFile(WebApplicationBuilder builder)
    {
        if (builder.Configuration[ConfigVariable] is { Length: > 0 } chosen) return chosen;
        string own = Path.Combine(builder.Environment.ContentRootPath, OwnConfig);
        return File.Exists(own) ? own : Path.Combine(AppContext.BaseDirectory, SampleConfig);
    }

    // lakehouse.yaml speaks of variables; the service's configuration holds them, and other sources besides.
    private static string? Connection(ConfigurationManager configuration, string variable) => configuration[variable.Replace("__", ":", StringComparison.Ordinal)];
}
