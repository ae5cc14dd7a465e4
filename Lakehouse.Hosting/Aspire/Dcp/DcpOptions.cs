using System.Reflection;
using Microsoft.Extensions.Configuration;

namespace Aspire.Hosting.Dcp;

/// <summary>Where the orchestrator and the dashboard are, and how the orchestrator is used. Names of settings are Aspire's.</summary>
internal sealed class DcpOptions
{
    /// <summary>The <c>dcp</c> program; null if no setting or build names one.</summary>
    public string? CliPath { get; init; }

    /// <summary>The dashboard's program; null if no setting or build names one.</summary>
    public string? DashboardPath { get; init; }

    /// <summary><c>docker</c> or <c>podman</c>; null: DCP looks for one itself.</summary>
    public string? ContainerRuntime { get; init; }

    /// <summary>Whether fixed ports of proxied endpoints give way to free ones, so that applications can run side by side.</summary>
    public bool RandomizePorts { get; init; }

    /// <summary>How long DCP may take to answer; two seconds are usual, a busy machine needs more.</summary>
    public TimeSpan StartLimit { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// The settings of an application: <c>DcpPublisher:*</c> in its configuration, then the variables that the Aspire CLI
    /// sets, then what <c>eng/Aspire.targets</c> wrote into the AppHost's assembly (or, in tests, into the test's).
    /// </summary>
    public static DcpOptions From(IConfiguration configuration, params IEnumerable<Assembly?> assemblies)
    {
        var settings = configuration.GetSection("DcpPublisher");
        var built = assemblies.OfType<Assembly>().SelectMany(a => a.GetCustomAttributes<AssemblyMetadataAttribute>()).ToArray();
        string? Built(string key) => built.FirstOrDefault(a => string.Equals(a.Key, key, StringComparison.OrdinalIgnoreCase))?.Value;
        return new DcpOptions
        {
            CliPath = settings["CliPath"] ?? InFolder(configuration["ASPIRE_DCP_PATH"], Executable("dcp")) ?? Built("dcpclipath"),
            DashboardPath = settings["DashboardPath"] ?? InFolder(configuration["ASPIRE_DASHBOARD_PATH"], Executable("aspire-managed")) ?? Built("aspiredashboardpath"),
            ContainerRuntime = settings["ContainerRuntime"] ?? configuration["ASPIRE_CONTAINER_RUNTIME"] ?? configuration["DOTNET_ASPIRE_CONTAINER_RUNTIME"],
            RandomizePorts = settings.GetValue("RandomizePorts", false),
        };
    }

    /// <exception cref="DcpException">There is no DCP there; the message says how to get it.</exception>
    public string RequireCliPath() => Require(CliPath, "orchestrator (DCP)", "DcpPublisher__CliPath");

    /// <exception cref="DcpException">There is no dashboard there; the message says how to get it.</exception>
    public string RequireDashboardPath() => Require(DashboardPath, "Aspire dashboard", "DcpPublisher__DashboardPath");

    private static string Require(string? path, string what, string setting)
    {
        var remedy = $"Build the AppHost again (its build fetches the {what} with npm, which needs Node.js 20 or newer, https://nodejs.org), or install the Aspire CLI and set {setting} to the program.";
        if (path is null)
            throw new DcpException($"No {what} is known. {remedy}");
        if (!File.Exists(path))
            throw new DcpException($"The {what} is not installed at '{path}'. {remedy}");
        return path;
    }

    private static string Executable(string name) => OperatingSystem.IsWindows() ? name + ".exe" : name;

    private static string? InFolder(string? folder, string program)
        => folder is null ? null : Directory.Exists(folder) ? Path.Combine(folder, program) : folder;
}
