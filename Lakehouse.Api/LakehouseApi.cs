using System.Text.Json;
using System.Text.Json.Serialization;
using Lakehouse.Api.Health;
using Lakehouse.Api.Problems;
using Lakehouse.Api.Sandbox;
using Lakehouse.Api.Sql;
using Lakehouse.Api.Tables;
using Lakehouse.Engine;

namespace Lakehouse.Api;

/// <summary>The service, composed: configuration, what it needs, what it serves.</summary>
public static class LakehouseApi
{
    /// <summary>
    /// Builds the service. <c>Lakehouse:Lake</c> names the lake's folder (else <c>LAKEHOUSE_LAKE</c>, else <c>lake</c>),
    /// <c>Lakehouse:Sql</c> holds <see cref="SandboxOptions"/>.
    /// </summary>
    public static WebApplication Create(string[] args, Action<WebApplicationBuilder>? configure = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
        configure?.Invoke(builder);
        builder.Services.AddProblems();
        builder.Services.AddLake(builder.Configuration);
        builder.Services.AddSqlSandbox(builder.Configuration);
        WebApplication app = builder.Build();
        app.UseExceptionHandler();
        app.UseStatusCodePages();
        app.MapSql();
        app.MapTables();
        app.MapHealth();
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

    private static void AddLake(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton(new LakeLocation(Path.GetFullPath(configuration["Lakehouse:Lake"] ?? configuration["LAKEHOUSE_LAKE"] ?? "lake")));
        services.AddSingleton(provider => Lake.Open(provider.GetRequiredService<LakeLocation>().Folder));
        services.AddSingleton<LakeCatalog>();
    }

    private static void AddSqlSandbox(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(configuration.GetSection("Lakehouse:Sql").Get<SandboxOptions>() ?? new SandboxOptions());
        services.AddSingleton(provider => SandboxSetup.From(provider.GetRequiredService<LakeLocation>().Folder, provider.GetRequiredService<SandboxOptions>()));
        services.AddSingleton<SandboxPool>();
        services.AddHostedService(provider => provider.GetRequiredService<SandboxPool>());
        services.AddSingleton<OpenResults>();
        services.AddSingleton<SqlService>();
    }
}

/// <summary>Where the lake is.</summary>
public sealed record LakeLocation(string Folder);
