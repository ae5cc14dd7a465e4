using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.Testing;

/// <summary>How builders of tests differ from those of programs.</summary>
internal static class TestingDefaults
{
    /// <summary>The defaults, and after them what the test wants.</summary>
    public static Action<DistributedApplicationOptions, HostApplicationBuilderSettings> Before(Action<DistributedApplicationOptions, HostApplicationBuilderSettings> configure) => (options, settings) =>
    {
        options.DisableDashboard = true;
        options.EnableResourceLogging = true;
        options.AllowUnsecuredTransport = true;
        settings.EnvironmentName ??= Environments.Development;
        configure(options, settings);
    };

    /// <summary>Fixed ports of proxied endpoints would keep applications from running beside each other.</summary>
    public static void RandomizePorts(IConfigurationManager configuration)
    {
        if (configuration["DcpPublisher:RandomizePorts"] is null)
            configuration.AddInMemoryCollection([new("DcpPublisher:RandomizePorts", "true")]);
        // What this process listens on is not for the dashboard, should a test turn it on.
        configuration.AddInMemoryCollection([new("ASPNETCORE_URLS", null)]);
    }

    /// <summary>Applies the defaults to a builder that the test makes itself.</summary>
    public sealed class Observer(Action<DistributedApplicationOptions, HostApplicationBuilderSettings> configure) : IBuilderObserver
    {
        public void OnConstructing(DistributedApplicationOptions options, HostApplicationBuilderSettings settings) => configure(options, settings);

        public void OnConstructed(DistributedApplicationBuilder builder) => RandomizePorts(builder.Configuration);

        public void OnBuilding(DistributedApplicationBuilder builder)
        {
        }

        public void OnBuilt(DistributedApplication application)
        {
        }
    }
}
