using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Lakehouse.Hosting.Tests.Orchestration;

/// <summary>The AppHost as a process of its own, with the dashboard.</summary>
public sealed partial class KilledAppHostTests
{
    [Fact]
    public async Task A_killed_AppHost_leaves_no_process_no_port_and_no_folder()
    {
        Playground.RequireDcp();
        var temporary = Directory.CreateTempSubdirectory("hosting-tests").FullName;
        using var host = Start(temporary);
        try
        {
            var login = await LoginUrlAsync(host);
            using var client = new HttpClient();
            Assert.True((await client.GetAsync(login, Playground.Deadline)).IsSuccessStatusCode);
            await Playground.UntilAsync(() => Descendants(temporary).Any(p => p.Arguments.Contains("Playground.Service", StringComparison.Ordinal)), "the service ran");

            host.Kill(entireProcessTree: false);
            await host.WaitForExitAsync(Playground.Deadline);
            await Playground.UntilAsync(() => Descendants(temporary).Count == 0, "all processes were gone");
            await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync(login, Playground.Deadline));
            await Playground.UntilAsync(() => Directory.GetFileSystemEntries(temporary).Length == 0, "the session's folder was gone");
        }
        finally
        {
            await EndAsync(host, temporary);
        }
    }

    [Fact]
    public async Task An_interrupted_AppHost_ends_in_time_and_leaves_nothing()
    {
        Playground.RequireDcp();
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no SIGINT to send.");
        var temporary = Directory.CreateTempSubdirectory("hosting-tests").FullName;
        using var host = Start(temporary);
        try
        {
            await LoginUrlAsync(host);
            using (var kill = Process.Start("kill", ["-INT", host.Id.ToString(CultureInfo.InvariantCulture)]))
                await kill.WaitForExitAsync(Playground.Deadline);
            await host.WaitForExitAsync(Playground.Deadline);
            Assert.Equal(0, host.ExitCode);
            await Playground.UntilAsync(() => Descendants(temporary).Count == 0, "all processes were gone");
            Assert.Empty(Directory.GetFileSystemEntries(temporary));
        }
        finally
        {
            await EndAsync(host, temporary);
        }
    }

    private static Process Start(string temporary)
    {
        string[] program = ["dotnet", "exec", typeof(Projects.Lakehouse_Hosting_Playground).Assembly.Location];
        // Under nohup, or in a shell's background, SIGINT is ignored, which a child inherits. A user's shell does not do that. env
        // becomes the program, so the process id is the AppHost's.
        string[] command = OperatingSystem.IsLinux() ? ["env", "--default-signal=INT", .. program] : program;
        var start = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true };
        start.Environment["ASPIRE_ALLOW_UNSECURED_TRANSPORT"] = "true";
        start.Environment.Remove("ASPNETCORE_URLS");
        // Everything it starts inherits the variable, and is known by it.
        start.Environment["TMPDIR"] = temporary;
        start.Environment["XDG_CACHE_HOME"] = temporary;
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        return Process.Start(start)!;
    }

    private static async Task<string> LoginUrlAsync(Process host)
    {
        while (await host.StandardOutput.ReadLineAsync(Playground.Deadline) is { } line)
        {
            TestContext.Current.TestOutputHelper?.WriteLine(line);
            if (Login().Match(line) is { Success: true } match)
            {
                _ = host.StandardOutput.ReadToEndAsync();
                return match.Groups["url"].Value;
            }
        }
        throw new InvalidOperationException("The AppHost ended without a dashboard.");
    }

    /// <summary>The processes, other than the AppHost itself, that keep their temporary files in the folder.</summary>
    private static List<(int Id, string Arguments)> Descendants(string temporary)
    {
        var found = new List<(int, string)>();
        foreach (var folder in Directory.EnumerateDirectories("/proc").Where(f => int.TryParse(Path.GetFileName(f), out _)))
        {
            try
            {
                var arguments = File.ReadAllText(folder + "/cmdline").Replace('\0', ' ');
                if (arguments.Length > 0 && File.ReadAllText(folder + "/environ").Contains("TMPDIR=" + temporary, StringComparison.Ordinal))
                    found.Add((int.Parse(Path.GetFileName(folder), CultureInfo.InvariantCulture), arguments));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It ended, or is somebody else's.
            }
        }
        return found;
    }

    private static async Task EndAsync(Process host, string temporary)
    {
        if (!host.HasExited)
            host.Kill();
        foreach (var (id, arguments) in Descendants(temporary))
        {
            TestContext.Current.TestOutputHelper?.WriteLine($"left over: {id} {arguments}");
            using var process = Process.GetProcessById(id);
            process.Kill();
        }
        await host.WaitForExitAsync(CancellationToken.None);
        Directory.Delete(temporary, recursive: true);
    }

    [GeneratedRegex(@"Login to the dashboard at (?<url>http://localhost:\d+/login\?t=[0-9a-f]+)", RegexOptions.CultureInvariant)]
    private static partial Regex Login();
}
