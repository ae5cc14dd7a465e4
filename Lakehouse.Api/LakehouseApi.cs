using System.Text.Json;
using System.Text.Json.Serialization;
using Lakehouse.Api.Health;
using Lakehouse.Api.Problems;
using Lakehouse.Api.Sandbox;
using Lakehouse.Api.Sql;
using Lakehouse.Api.Tables;
using Lakehouse.Engine;
using Lakehouse.Storage;

namespace Lakehouse.Api;

/// <summary>The service, composed: configuration, what it needs, what it serves.</summary>
public static class LakehouseApi
{
    /// <summary>
    /// Builds the service. The connection string <c>lake</c> names the lake's folder (else <c>Lakehouse:Lake</c>, else
    /// <c>LAKEHOUSE_LAKE</c>), <c>Lakehouse:Sql</c> holds <see cref="SandboxOptions"/>.
    /// </summary>
    /// <exception cref="ServiceDefaults.Hosting.ServiceConfigurationException">The lake is not named, or its folder cannot be made.</exception>
    public static WebApplication Create(string[] args, Action<WebApplicationBuilder>? configure = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(args);
        configure?.Invoke(builder);
        builder.AddServiceDefaults();
        builder.Services.AddProblems();
        builder.AddLake();
        builder.Services.AddSqlSandbox(builder.Configuration);
        WebApplication app = builder.Build();
        app.UseExceptionHandler();
        app.UseStatusCodePages();
        app.MapSql();
        app.MapTables();
        app.MapDefaultEndpoints();
        return app;
    }

    private static void AddProblems(this IServiceCollection services)
    {
        services.AddProblemDetails();
        services.AddExceptionHandler<ProblemHandler>();
        services.Configure<RouteHandlerOptions>(options => options.ThrowOnBadRequest = true);
        services.ConfigureHttpJsonOptions(options =>
        {
            options.SerializerOptions.PropertyNamingPolicy = JsonNamingPolicy.CamelCase;
            options.SerializerOptions.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.CamelCase));
        });
    }

    private static void AddLake(this WebApplicationBuilder builder)
    {
        string folder = builder.AddLakeFolder(place => StoreAddress.Parse(place), builder.Configuration["Lakehouse:Lake"] ?? builder.Configuration["LAKEHOUSE_LAKE"]);
        // Queries run in sandboxes; the service itself reads logs alone.
        builder.Services.AddSingleton(_ => Lake.Open(folder, new LakeOptions { MemoryLimit = "64MB", Threads = 1 }));
        builder.Services.AddSingleton<LakeCatalog>();
        builder.Services.AddHealthChecks().AddCheck<ReadinessCheck>("sql");
    }

    private static void AddSqlSandbox(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(configuration.GetSection("Lakehouse:Sql").Get<SandboxOptions>() ?? new SandboxOptions());
        services.AddSingleton(provider => SandboxSetup.From(provider.GetRequiredService<Lake>(), provider.GetRequiredService<SandboxOptions>()));
        services.AddSingleton<SandboxPool>();
        services.AddHostedService(provider => provider.GetRequiredService<SandboxPool>());
        services.AddSingleton<OpenResults>();
        services.AddSingleton<SqlService>();
    }
}
