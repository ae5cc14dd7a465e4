using System.Text.Json;
using System.Text.Json.Serialization;
using Lakehouse.Catalog.Migrations;
using Lakehouse.Catalog.Tables;
using Lakehouse.Engine;
using Lakehouse.Storage;
using Npgsql;

namespace Lakehouse.Catalog;

/// <summary>The catalog service, composed.</summary>
internal static class CatalogServiceExtensions
{
    private const string Section = "Lakehouse:Catalog";

    /// <summary>Adds the registry over the registered <see cref="NpgsqlDataSource"/>, and what keeps it true to the lake.</summary>
    public static void AddCatalog(this WebApplicationBuilder builder)
    {
        string folder = builder.AddLakeFolder(place => StoreAddress.Parse(place));
        // Only logs are read: one thread and little memory do.
        builder.Services.AddSingleton(_ => Lake.Open(folder, new LakeOptions { MemoryLimit = "64MB", Threads = 1 }));
        builder.Services.AddSingleton(builder.Configuration.GetSection(Section).Get<ReconcileOptions>() ?? new ReconcileOptions());
        builder.Services.AddSingleton(services => new Migrator(services.GetRequiredService<NpgsqlDataSource>()));
        builder.Services.AddSingleton<TableStore>();
        builder.Services.AddSingleton<TableMeasures>();
        builder.Services.AddSingleton<TableRegistry>();
        builder.Services.AddSingleton<Reconciler>();
        builder.Services.AddHostedService(services => services.GetRequiredService<Reconciler>());
        builder.Services.AddHealthChecks().AddCheck<Reconciler>("reconciled");
        builder.Services.AddProblemDetails();
        builder.Services.AddExceptionHandler<DatabaseProblems>();
        builder.Services.ConfigureHttpJsonOptions(json => json.SerializerOptions.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.CamelCase)));
    }
}
