using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Aspire.Hosting.Dcp;

/// <summary>Whether containers can be run here, as DCP sees it.</summary>
internal static class ContainerRuntime
{
    /// <summary>Why containers cannot be run; null: they can.</summary>
    public static async Task<string?> FindFaultAsync(DcpOptions options, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(options.RequireCliPath()) { ArgumentList = { "info" }, RedirectStandardOutput = true, RedirectStandardError = true };
        if (options.ContainerRuntime is { } runtime)
        {
            start.ArgumentList.Add("--container-runtime");
            start.ArgumentList.Add(runtime);
        }
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync(cancellationToken);
        var text = await process.StandardOutput.ReadToEndAsync(cancellationToken).ConfigureAwait(false);
        await process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
        await error.ConfigureAwait(false);

        JsonNode? found;
        try
        {
            found = JsonNode.Parse(text)?["containers"];
        }
        catch (JsonException)
        {
            return $"The orchestrator could not say whether containers can be run: {text.Trim()}";
        }
        var name = (string?)found?["runtime"] is { Length: > 0 } known ? known : options.ContainerRuntime ?? "Docker or Podman";
        if ((bool?)found?["installed"] != true)
            return $"Containers need a container runtime, and {name} is not installed. Install Docker or Podman, or run this resource without a container.";
        if ((bool?)found?["running"] != true)
            return $"The container runtime '{name}' is installed but does not answer. Start it (for Docker: the Docker daemon or Docker Desktop), or run this resource without a container. It says: {Last((string?)found?["error"])}";
        return null;
    }

    private static string Last(string? error)
        => (error ?? "nothing").Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault() ?? "nothing";
}
