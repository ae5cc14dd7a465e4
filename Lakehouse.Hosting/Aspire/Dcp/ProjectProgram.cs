using System.Runtime.InteropServices;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Dcp;

/// <summary>
/// How a project is run: what its build produced, with the dotnet that runs the AppHost. <c>dotnet run</c>, which Aspire
/// uses, evaluates the project again (about a second each) and stands between the orchestrator and the service as a process
/// of its own; it remains for projects whose output is not where the SDK puts it.
/// </summary>
internal static class ProjectProgram
{
    /// <exception cref="DistributedApplicationException">There is no such project.</exception>
    public static DcpExecutables.Program Of(ProjectResource project, string? configuration)
    {
        var metadata = project.Annotations.OfType<IProjectMetadata>().LastOrDefault()
            ?? throw new DistributedApplicationException($"Resource '{project.Name}' has no project.");
        var path = metadata.ProjectPath;
        if (!File.Exists(path))
            throw new DistributedApplicationException($"The project '{path}' of resource '{project.Name}' does not exist.");
        var folder = Path.GetDirectoryName(path)!;
        if (!metadata.IsFileBasedApp && OutputOf(path, configuration) is { } output)
            return new DcpExecutables.Program(Dotnet, folder, ["exec", output]);

        List<string> arguments = ["run", metadata.IsFileBasedApp ? "--file" : "--project", path, "--no-launch-profile"];
        if (metadata.SuppressBuild)
            arguments.Add("--no-build");
        if (configuration is not null && !metadata.IsFileBasedApp)
            arguments.AddRange(["--configuration", configuration]);
        return new DcpExecutables.Program(Dotnet, folder, arguments);
    }

    /// <summary>The newest program that was built in this configuration under the project's own name; null if there is none.</summary>
    private static string? OutputOf(string path, string? configuration)
    {
        var name = Path.GetFileNameWithoutExtension(path);
        var bin = Path.Combine(Path.GetDirectoryName(path)!, "bin", configuration ?? "Debug");
        if (!Directory.Exists(bin))
            return null;
        return Directory.EnumerateDirectories(bin)
            .Select(framework => Path.Combine(framework, name + ".dll"))
            .Where(dll => File.Exists(dll) && File.Exists(Path.ChangeExtension(dll, ".runtimeconfig.json")))
            .MaxBy(File.GetLastWriteTimeUtc);
    }

    /// <summary>The dotnet that runs this process, if it can be told; else the first on the path.</summary>
    private static string Dotnet { get; } = FindDotnet();

    private static string FindDotnet()
    {
        var name = OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet";
        // shared/Microsoft.NETCore.App/VERSION/ lies three folders below it.
        var besideRuntime = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", name));
        return new[] { Environment.GetEnvironmentVariable("DOTNET_HOST_PATH"), besideRuntime }.FirstOrDefault(File.Exists) ?? "dotnet";
    }
}
