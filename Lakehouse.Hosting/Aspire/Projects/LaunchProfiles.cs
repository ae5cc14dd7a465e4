using System.Text.Json;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting;

/// <summary>Reads a project's launchSettings.json and chooses the profile: the one that was named, the AppHost's, or the first that starts the project.</summary>
internal static class LaunchProfiles
{
    private static readonly JsonSerializerOptions Options = new() { ReadCommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    /// <summary>The profile the project is started with; null where it has none.</summary>
    /// <exception cref="DistributedApplicationException">The profile that was named does not exist, or the file is not valid.</exception>
    public static (string Name, LaunchProfile Profile)? Effective(ProjectResource project)
    {
        if (project.HasAnnotationOfType<ExcludeLaunchProfileAnnotation>())
            return null;
        Dictionary<string, LaunchProfile>? profiles = Settings(project)?.Profiles;
        if (project.TryGetLastAnnotation(out LaunchProfileAnnotation? named))
        {
            if (profiles is null)
                return null;
            return profiles.TryGetValue(named.LaunchProfileName, out LaunchProfile? profile)
                ? (named.LaunchProfileName, profile)
                : throw new DistributedApplicationException($"The launch settings of '{project.Name}' have no profile '{named.LaunchProfileName}'; they have {string.Join(", ", profiles.Keys.Select(name => $"'{name}'"))}.");
        }

        if (profiles is null)
            return null;
        if (project.TryGetLastAnnotation(out DefaultLaunchProfileAnnotation? common) && profiles.TryGetValue(common.LaunchProfileName, out LaunchProfile? shared))
            return (common.LaunchProfileName, shared);
        foreach ((string name, LaunchProfile profile) in profiles)
        {
            if (string.IsNullOrEmpty(profile.CommandName) || profile.CommandName.ToLowerInvariant() is "project" or "executable")
                return (name, profile);
        }

        return null;
    }

    private static LaunchSettings? Settings(ProjectResource project)
    {
        IProjectMetadata metadata = project.GetProjectMetadata();
        if (metadata.LaunchSettings is { } given)
            return given;
        if (!File.Exists(metadata.ProjectPath))
            throw new DistributedApplicationException($"Project file '{metadata.ProjectPath}' of '{project.Name}' was not found.");
        string path = Path.Combine(Path.GetDirectoryName(metadata.ProjectPath)!, "Properties", "launchSettings.json");
        if (!File.Exists(path))
            return null;
        try
        {
            return JsonSerializer.Deserialize<LaunchSettings>(File.ReadAllText(path), Options);
        }
        catch (JsonException malformed)
        {
            throw new DistributedApplicationException($"Failed to get the launch profile of '{project.Name}': the JSON in '{path}' is malformed. {malformed.Message}", malformed);
        }
    }
}
