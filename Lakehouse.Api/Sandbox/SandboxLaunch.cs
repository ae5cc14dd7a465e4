using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Lakehouse.Api.Sandbox;

/// <summary>How a sandbox process is started: this same program, told so by its first argument, with an empty environment.</summary>
public static class SandboxLaunch
{
    /// <summary>The argument that makes the program a sandbox; a <see cref="SandboxSetup"/> as JSON follows it.</summary>
    public const string Argument = "--sandbox-worker";

    public static ProcessStartInfo StartInfo(SandboxSetup setup)
    {
        ProcessStartInfo start = Program();
        start.ArgumentList.Add(Argument);
        start.ArgumentList.Add(JsonSerializer.Serialize(setup, SandboxJson.Default.SandboxSetup));
        start.UseShellExecute = false;
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        start.WorkingDirectory = Path.GetPathRoot(AppContext.BaseDirectory)!;
        ScrubEnvironment(start);
        return start;
    }

    /// <summary>The service's own executable, also when another host (a test) runs its assembly.</summary>
    private static ProcessStartInfo Program()
    {
        string assembly = typeof(SandboxLaunch).Assembly.Location;
        string executable = Path.ChangeExtension(assembly, OperatingSystem.IsWindows() ? ".exe" : null);
        if (File.Exists(executable))
            return new ProcessStartInfo(executable);
        ProcessStartInfo dotnet = new(Path.Combine(RuntimeRoot(), OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet"));
        dotnet.ArgumentList.Add("exec");
        dotnet.ArgumentList.Add(assembly);
        return dotnet;
    }

    /// <summary>Connection strings and tokens live in environment variables; a query's process gets none of them.</summary>
    private static void ScrubEnvironment(ProcessStartInfo start)
    {
        start.Environment.Clear();
        start.Environment["DOTNET_ROOT"] = RuntimeRoot();
        start.Environment["DOTNET_gcServer"] = "0";
        start.Environment["DOTNET_gcConcurrent"] = "0";
        start.Environment["DOTNET_TieredPGO"] = "0";
        start.Environment["DOTNET_EnableDiagnostics"] = "0"; // no debugger or profiler port, and no files for them
        start.Environment["DOTNET_EnableWriteXorExecute"] = "0"; // its shared memory would fall under RLIMIT_FSIZE
        if (OperatingSystem.IsWindows())
            start.Environment["SystemRoot"] = Environment.GetEnvironmentVariable("SystemRoot");
    }

    private static string RuntimeRoot() => Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));
}
