using Aspire.Npgsql;
using Lakehouse.ServiceDefaults.Clients.Npgsql;
using Lakehouse.ServiceDefaults.Telemetry;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace Microsoft.Extensions.Hosting;

/// <summary>Registers PostgreSQL clients with the signatures of the package Aspire.Npgsql.</summary>
public static class AspirePostgreSqlNpgsqlExtensions
{
    private const string Section = "Aspire:Npgsql";
    private const string Instrumentation = "Npgsql";
    private const string Example = "Host=…;Port=5432;Database=…;Username=…;Password=…";

    /// <summary>Registers a <see cref="NpgsqlDataSource"/> for a connection string, with a health check and telemetry.</summary>
    /// <exception cref="Lakehouse.ServiceDefaults.Hosting.ServiceConfigurationException">The connection string is not set.</exception>
    public static void AddNpgsqlDataSource(
        this IHostApplicationBuilder builder, string connectionName,
        Action<NpgsqlSettings>? configureSettings = null, Action<NpgsqlDataSourceBuilder>? configureDataSourceBuilder = null) =>
        Add(builder, connectionName, null, configureSettings, configureDataSourceBuilder);

    /// <summary>As <see cref="AddNpgsqlDataSource"/>, as a keyed service under the connection string's name.</summary>
    /// <exception cref="Lakehouse.ServiceDefaults.Hosting.ServiceConfigurationException">The connection string is not set.</exception>
    public static void AddKeyedNpgsqlDataSource(
        this IHostApplicationBuilder builder, string name,
        Action<NpgsqlSettings>? configureSettings = null, Action<NpgsqlDataSourceBuilder>? configureDataSourceBuilder = null) =>
        Add(builder, name, name, configureSettings, configureDataSourceBuilder);

    private static void Add(
        IHostApplicationBuilder builder, string name, string? key,
        Action<NpgsqlSettings>? configureSettings, Action<NpgsqlDataSourceBuilder>? configureDataSourceBuilder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(name);
        var settings = new NpgsqlSettings();
        IConfigurationSection section = builder.Configuration.GetSection(Section);
        section.Bind(settings);
        section.GetSection(name).Bind(settings);
        settings.ConnectionString = builder.Configuration.GetConnectionString(name) ?? settings.ConnectionString;
        configureSettings?.Invoke(settings);
        string connectionString = string.IsNullOrWhiteSpace(settings.ConnectionString)
            ? builder.Configuration.GetRequiredConnectionString(name, Example)
            : settings.ConnectionString;

        builder.Services.AddNpgsqlDataSourceServices(key, connectionString, configureDataSourceBuilder);
        if (!settings.DisableTracing) builder.Services.Configure<TelemetryOptions>(telemetry => telemetry.Sources.Add(Instrumentation));
        if (!settings.DisableMetrics) builder.Services.Configure<TelemetryOptions>(telemetry => telemetry.Meters.Add(Instrumentation));
        if (settings.DisableHealthChecks) return;
        builder.Services.AddHealthChecks().Add(new HealthCheckRegistration(
            key is null ? "PostgreSql" : $"PostgreSql_{name}",
            services => new NpgsqlHealthCheck(name, key is null ? services.GetRequiredService<NpgsqlDataSource>() : services.GetRequiredKeyedService<NpgsqlDataSource>(key)),
            failureStatus: null, tags: null));
    }

    private static void AddNpgsqlDataSourceServices(
        this IServiceCollection services, string? key, string connectionString, Action<NpgsqlDataSourceBuilder>? configure)
    {
        services.AddKeyedSingleton(key, (provider, _) =>
        {
            var source = new NpgsqlDataSourceBuilder(connectionString);
            source.UseLoggerFactory(provider.GetService<Logging.ILoggerFactory>());
            configure?.Invoke(source);
            return source.Build();
        });
    }
}
