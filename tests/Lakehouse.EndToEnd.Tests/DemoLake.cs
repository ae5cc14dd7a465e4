using System.Diagnostics;

namespace Lakehouse.EndToEnd.Tests;

/// <summary>A lake that <c>lakehouse demo</c> left behind, made once for the tests that look at it with other engines.</summary>
public sealed class DemoLake : IAsyncLifetime
{
    private readonly string data = Directory.CreateTempSubdirectory("lakehouse-demo-").FullName;

    /// <summary>The lake's folder.</summary>
    public string Folder => Path.Combine(data, "lake");

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        (int exitCode, string output) = await RunAsync(
            ["demo", "--scale", "0.01", "--duration", "3s", "--rate", "200", "--seed", "7", "--data", data], TestContext.Current.CancellationToken);
        Assert.True(exitCode == 0, $"lakehouse demo ended with exit code {exitCode}:\n{output}");
    }

    /// <summary>Runs the built <c>lakehouse</c> command to its end.</summary>
    public static async Task<(int ExitCode, string Output)> RunAsync(IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "lakehouse.dll"));
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        Task<string> errors = process.StandardError.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        return (process.ExitCode, await output + await errors);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        Directory.Delete(data, recursive: true);
        return ValueTask.CompletedTask;
    }
}
