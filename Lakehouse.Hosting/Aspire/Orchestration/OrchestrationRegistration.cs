using System.Reflection;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Dashboard;
using Aspire.Hosting.Dcp;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.Orchestration;

/// <summary>Registers what runs the model on this machine.</summary>
internal static class OrchestrationRegistration
{
    public static void AddOrchestrator(this IServiceCollection services, DistributedApplicationBuilder builder, DistributedApplicationOptions options)
    {
        services.AddSingleton(p => DcpOptions.From(p.GetRequiredService<IConfiguration>(), options.Assembly, Assembly.GetEntryAssembly()));
        services.AddSingleton<SecretMask>();
        services.AddSingleton<ApplicationOrchestrator>();
        services.AddHostedService<OrchestratorHostService>();
        services.AddHostedService<ResourceHealthMonitor>();
        if (options.EnableResourceLogging)
            services.AddHostedService<ResourceLogForwarder>();

        // Decided when the application is built: tests turn the dashboard off after the builder was made.
        services.AddSingleton(p => new Telemetry(p.GetService<DashboardResource>(), p.GetService<DashboardOptions>()));
        if (options.DisableDashboard)
            return;
        services.AddSingleton(p => DashboardOptions.From(
            p.GetRequiredService<IConfiguration>(),
            options.DashboardApplicationName ?? TitleOf(p.GetRequiredService<IHostEnvironment>().ApplicationName),
            options.AllowUnsecuredTransport));
        services.AddSingleton<DashboardServiceHost>();
        services.AddSingleton(p => new DashboardResource(
            p.GetRequiredService<DcpOptions>().RequireDashboardPath(), p.GetRequiredService<DashboardOptions>(), p.GetRequiredService<DashboardServiceHost>()));
        services.AddHealthChecks().Add(new HealthCheckRegistration(
            DashboardResource.HealthCheck, p => new DashboardHealthCheck(p.GetRequiredService<DashboardResource>()), HealthStatus.Unhealthy, tags: null));
    }

    /// <summary>The application is not its AppHost.</summary>
    private static string TitleOf(string applicationName)
        => applicationName.EndsWith(".AppHost", StringComparison.OrdinalIgnoreCase) ? applicationName[..^".AppHost".Length] : applicationName;
}
