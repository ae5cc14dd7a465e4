using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Eventing;
using Aspire.Hosting.Orchestration;
using Aspire.Hosting.Publishing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting;

/// <summary>Collects what an application is made of and builds the host that runs or publishes it.</summary>
public class DistributedApplicationBuilder : IDistributedApplicationBuilder
{
    // What azd, the Aspire CLI and aspirate pass on an AppHost's command line.
    private static readonly Dictionary<string, string> Switches = new()
    {
        ["--operation"] = "AppHost:Operation",
        ["--publisher"] = "Publishing:Publisher",
        ["--step"] = "Pipeline:Step",
        ["--output-path"] = "Pipeline:OutputPath",
    };

    private readonly DistributedApplicationOptions _options;
    private readonly DistributedApplicationExecutionContextOptions _contextOptions;
    private readonly HostApplicationBuilder _host;
    private readonly IBuilderObserver? _observer = BuilderObserver.Current;

    public DistributedApplicationBuilder(string[] args)
        : this(new DistributedApplicationOptions { Args = args ?? throw new ArgumentNullException(nameof(args)) })
    {
    }

    /// <exception cref="DistributedApplicationException">The command line asks for something that is not known.</exception>
    public DistributedApplicationBuilder(DistributedApplicationOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        var settings = new HostApplicationBuilderSettings { Args = options.Args };
        _observer?.OnConstructing(options, settings);

        // Settings files lie beside the project, wherever the AppHost is started from.
        if (settings.ContentRootPath is null && Directory.Exists(options.Directory))
            settings.ContentRootPath = options.Directory;
        _host = new HostApplicationBuilder(settings);
        Configuration.AddCommandLine(options.Args ?? [], Switches);

        AppHostDirectory = Path.GetFullPath(options.Directory ?? Environment.ContentRootPath);
        AppHostPath = Path.Combine(AppHostDirectory, Path.GetFileNameWithoutExtension(options.ProjectName ?? Environment.ApplicationName));
        _contextOptions = ContextOptions(Configuration);
        ExecutionContext = new(_contextOptions);
        Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["AppHost:Directory"] = AppHostDirectory,
            ["AppHost:Path"] = AppHostPath,
            ["AppHost:DashboardApplicationName"] = options.DashboardApplicationName ?? Environment.ApplicationName,
            ["AppHost:PathSha256"] = Sha256(AppHostPath.ToLowerInvariant()),
            ["AppHost:ProjectNameSha256"] = Sha256(Path.GetFileName(AppHostPath)),

            // Names made from it are the same on every machine when published, and apart from other checkouts' when run.
            ["AppHost:Sha256"] = Sha256(ExecutionContext.IsPublishMode ? Path.GetFileName(AppHostPath) : AppHostPath.ToLowerInvariant()),
        });

        AddServices();
        _observer?.OnConstructed(this);
    }

    public ConfigurationManager Configuration => _host.Configuration;

    public IHostEnvironment Environment => _host.Environment;

    public IServiceCollection Services => _host.Services;

    public string AppHostDirectory { get; }

    /// <summary>The AppHost's folder and the name of its project, without ending.</summary>
    public string AppHostPath { get; }

    public Assembly? AppHostAssembly => _options.Assembly;

    public DistributedApplicationExecutionContext ExecutionContext { get; }

    public IResourceCollection Resources { get; } = new ResourceCollection();

    public IDistributedApplicationEventing Eventing { get; } = new DistributedApplicationEventing();

    public IResourceBuilder<T> AddResource<T>(T resource)
        where T : IResource
    {
        ArgumentNullException.ThrowIfNull(resource);
        if (Resources.TryGetByName(resource.Name, out IResource? other))
        {
            throw new DistributedApplicationException(
                $"Cannot add resource of type '{resource.GetType()}' with name '{resource.Name}' because resource of type '{other.GetType()}' with that name already exists. Resource names are case-insensitive.");
        }

        Resources.Add(resource);
        return CreateResourceBuilder(resource);
    }

    public IResourceBuilder<T> CreateResourceBuilder<T>(T resource)
        where T : IResource
    {
        ArgumentNullException.ThrowIfNull(resource);
        return new DistributedApplicationResourceBuilder<T>(this, resource);
    }

    /// <exception cref="DistributedApplicationException">Two resources have the same name.</exception>
    public DistributedApplication Build()
    {
        _observer?.OnBuilding(this);

        // AddResource has seen to it; but the collection itself is open.
        if (Resources.GroupBy(resource => resource.Name, StringComparer.OrdinalIgnoreCase).FirstOrDefault(same => same.Count() > 1) is { } twice)
            throw new DistributedApplicationException($"Multiple resources with the name '{twice.Key}'. Resource names are case-insensitive.");

        var application = new DistributedApplication(_host.Build());
        _contextOptions.ServiceProvider = application.Services;
        _observer?.OnBuilt(application);
        return application;
    }

    private void AddServices()
    {
        Services.AddSingleton(_options);
        Services.AddSingleton(ExecutionContext);
        Services.AddSingleton(Eventing);
        Services.AddSingleton(_ => new DistributedApplicationModel(Resources));
        Services.AddSingleton<ResourceLoggerService>();
        Services.AddSingleton<ResourceNotificationService>();
        Services.AddSingleton(services => new ResourceCommandService(
            services.GetRequiredService<ResourceNotificationService>(), services.GetRequiredService<ResourceLoggerService>(), services));

        // Without a dashboard nobody sees a failed dependency or could start it again.
        Services.Configure<ResourceNotificationServiceOptions>(waits => waits.DefaultWaitBehavior =
            _options.DisableDashboard ? WaitBehavior.StopOnResourceUnavailable : WaitBehavior.WaitOnResourceUnavailable);
        Services.AddHealthChecks();
        Services.AddHttpClient();
        _host.Logging.AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Warning);
        _host.Logging.AddFilter("System.Net.Http.HttpClient", LogLevel.Warning);

        // The dashboard shows the health of resources; the AppHost's log need not repeat every check that is not green yet.
        if (!_options.DisableDashboard)
            _host.Logging.AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks.DefaultHealthCheckService", LogLevel.None);
        _host.Logging.AddConfiguration(Configuration.GetSection("Logging"));

        Eventing.Subscribe<BeforeStartEvent>((starting, _) =>
        {
            Http2Transport.Apply(starting.Model);
            return Task.CompletedTask;
        });
        if (ExecutionContext.IsPublishMode)
            Services.AddHostedService<ManifestPublisher>();
        else
            Services.AddOrchestrator(this, _options);
    }

    private static DistributedApplicationExecutionContextOptions ContextOptions(IConfiguration configuration)
    {
        string? publisher = configuration["Publishing:Publisher"];
        return configuration["AppHost:Operation"]?.ToLowerInvariant() switch
        {
            null when publisher is null => new(DistributedApplicationOperation.Run),
            "run" => new(DistributedApplicationOperation.Run),
            null or "publish" => new(DistributedApplicationOperation.Publish, publisher ?? "manifest"),
            var other => throw new DistributedApplicationException($"--operation {other} is not known: an AppHost can 'run' or 'publish'."),
        };
    }

    private static string Sha256(string text) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
