using System.Diagnostics;
using Lakehouse.Testing;

namespace Lakehouse.AppHost.Tests;

/// <summary>The AppHost publishes what is committed, however it is asked to.</summary>
public sealed class PublishTests
{
    [Theory]
    [InlineData("--publisher", "manifest")]
    [InlineData("--operation", "publish", "--step", "publish-manifest")]
    [InlineData("--publisher", "manifest", "--placement", "embedded", "--scale", "1")]
    public async Task Publishing_gives_the_committed_manifest(params string[] arguments)
    {
        // Paths are relative to the manifest, so it is written where the committed one lies.
        string path = Path.Combine(Repository.Root, $"aspire-manifest.{Guid.NewGuid():N}.json");
        try
        {
            await PublishAsync([.. arguments, "--output-path", path]);
            Assert.True(
                File.ReadAllBytes(path).AsSpan().SequenceEqual(File.ReadAllBytes(CommittedManifest.Path)),
                "aspire-manifest.json is not what the AppHost publishes. Make it anew: dotnet run --project Lakehouse.AppHost -- --publisher manifest --output-path ../aspire-manifest.json");
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static async Task PublishAsync(string[] arguments)
    {
        // Beside this one, built with the same configuration.
        string[] output = AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar).Split(Path.DirectorySeparatorChar)[^3..];
        string program = Path.Combine([Repository.Root, "Lakehouse.AppHost", .. output, "Lakehouse.AppHost.dll"]);
        var start = new ProcessStartInfo("dotnet", ["exec", program, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        try
        {
            Task<string> said = process.StandardOutput.ReadToEndAsync(deadline.Token);
            Task<string> complained = process.StandardError.ReadToEndAsync(deadline.Token);
            await process.WaitForExitAsync(deadline.Token);
            Assert.True(process.ExitCode == 0, $"The AppHost ended with {process.ExitCode}: {await said}{await complained}");
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }
}
