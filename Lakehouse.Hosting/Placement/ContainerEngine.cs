using System.ComponentModel;
using System.Diagnostics;
using Microsoft.Extensions.Configuration;

namespace Lakehouse.Hosting;

/// <summary>The container engine that Aspire would use: Docker, unless <c>ASPIRE_CONTAINER_RUNTIME</c> names another.</summary>
internal static class ContainerEngine
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <summary>Whether an engine is installed and its daemon answers. One that is installed and down counts as none.</summary>
    public static bool Answers(IConfiguration configuration)
    {
        string? chosen = configuration["ASPIRE_CONTAINER_RUNTIME"] ?? configuration["DOTNET_ASPIRE_CONTAINER_RUNTIME"];
        string[] candidates = chosen is null ? ["docker", "podman"] : [chosen];
        return candidates.Any(Answers);
    }

    private static bool Answers(string engine)
    {
        // `version` asks the daemon for its own, so a client without one fails.
        var start = new ProcessStartInfo(engine, ["version", "--format", "{{.Server.Version}}"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        try
        {
            using Process? process = Process.Start(start);
            if (process is null) return false;
            if (process.WaitForExit(Patience)) return process.ExitCode == 0;
            process.Kill(entireProcessTree: true);
            return false;
        }
        catch (Win32Exception)
        {
            return false;   // not installed
        }
    }
}
