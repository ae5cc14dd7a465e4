using System.Diagnostics;
using Lakehouse.Testing;

namespace Lakehouse.Cli.Tests;

/// <summary>The program as others get it: packed, installed by <c>dotnet tool install</c>, with its native parts and models.</summary>
public sealed class ToolTests
{
    [Fact]
    public async Task The_packed_tool_installs_and_runs_the_demo()
    {
        using TemporaryFolder folder = new();
        await DotnetAsync("pack", Path.Combine(Repository.Root, "Lakehouse.Cli"), "--no-build", "--configuration", Configuration, "--output", folder.File("packages"));
        await File.WriteAllTextAsync(
            folder.File("nuget.config"),
            $"<configuration><packageSources><clear/><add key=\"packed\" value=\"{folder.File("packages")}\"/></packageSources></configuration>",
            TestContext.Current.CancellationToken);
        await DotnetAsync("tool", "install", "lakehouse", "--tool-path", folder.File("tool"), "--configfile", folder.File("nuget.config"));
        (int exitCode, string output) = await RunAsync(
            folder.File(OperatingSystem.IsWindows() ? "tool/lakehouse.exe" : "tool/lakehouse"), "demo", "--scale", "0.003", "--rate", "100", "--duration", "1s");
        Assert.True(exitCode == 0, output);
        Assert.Contains("answers of gold equal PostgreSQL's own", output, StringComparison.Ordinal);
    }

    /// <summary>Debug or Release, as these tests were built: bin/CONFIGURATION/net10.0.</summary>
    private static string Configuration { get; } = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;

    private static async Task DotnetAsync(params string[] arguments)
    {
        (int exitCode, string output) = await RunAsync("dotnet", arguments);
        Assert.True(exitCode == 0, $"dotnet {string.Join(' ', arguments)} ended with exit code {exitCode}:\n{output}");
    }

    private static async Task<(int ExitCode, string Output)> RunAsync(string program, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        CancellationToken cancel = TestContext.Current.CancellationToken;
        Task<string> errors = process.StandardError.ReadToEndAsync(cancel);
        string output = await process.StandardOutput.ReadToEndAsync(cancel);
        await process.WaitForExitAsync(cancel);
        return (process.ExitCode, output + await errors);
    }
}
