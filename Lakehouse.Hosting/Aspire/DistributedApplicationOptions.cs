using System.Reflection;

namespace Aspire.Hosting;

/// <summary>How an AppHost is set up before its configuration is read.</summary>
public sealed class DistributedApplicationOptions
{
    /// <summary>The command line.</summary>
    public string[]? Args { get; set; }

    /// <summary>The AppHost's assembly, where it is not the program's.</summary>
    public string? AssemblyName { get; set; }

    /// <summary>The AppHost's folder; from the assembly's metadata by default.</summary>
    public string? ProjectDirectory { get; set; }

    /// <summary>The name in the dashboard's title; the AppHost's by default.</summary>
    public string? DashboardApplicationName { get; set; }

    public bool DisableDashboard { get; set; }

    /// <summary>Lets the dashboard be served over plain http.</summary>
    public bool AllowUnsecuredTransport { get; set; }

    /// <summary>Writes the console logs of resources into the AppHost's log as well.</summary>
    public bool EnableResourceLogging { get; set; }

    /// <summary>The registry that all images come from.</summary>
    public string? ContainerRegistryOverride { get; set; }

    public bool? TrustDeveloperCertificate { get; set; }

    internal Assembly? Assembly => AssemblyName is null ? Assembly.GetEntryAssembly() : Assembly.Load(AssemblyName);

    /// <summary>The AppHost's folder: said, or written into its assembly by the build.</summary>
    internal string? Directory => ProjectDirectory ?? Metadata("apphostprojectpath");

    /// <summary>The AppHost's obj/ folder, where what must outlive a run is kept; null where the build did not say.</summary>
    internal string? StoreDirectory => Metadata("apphostprojectbaseintermediateoutputpath");

    /// <summary>The name of the AppHost's project, with its ending.</summary>
    internal string? ProjectName => Metadata("apphostprojectname");

    private string? Metadata(string key) => Assembly?.GetCustomAttributes<AssemblyMetadataAttribute>()
        .FirstOrDefault(attribute => string.Equals(attribute.Key, key, StringComparison.OrdinalIgnoreCase))?.Value;
}
