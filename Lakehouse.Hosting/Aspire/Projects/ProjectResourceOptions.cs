namespace Aspire.Hosting;

/// <summary>What is read from a project's files when it is added.</summary>
public class ProjectResourceOptions
{
    /// <summary>The profile of launchSettings.json; by default the one the AppHost runs under, or else the first.</summary>
    public string? LaunchProfileName { get; set; }

    /// <summary>Reads no launchSettings.json.</summary>
    public bool ExcludeLaunchProfile { get; set; }

    /// <summary>Takes no endpoints from <c>Kestrel:Endpoints</c> in appsettings.json.</summary>
    public bool ExcludeKestrelEndpoints { get; set; }
}
