using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Lakehouse.Testing;

namespace Lakehouse.Hosting.Tests.Compatibility;

/// <summary>
/// Aspire's own API listing (<c>shared/data/aspire-api</c>), built into one reference assembly per file. The build is kept in
/// obj/ for as long as listing and SDK stay the same.
/// </summary>
public sealed class AspireListing
{
    public const string SkipReason = "Aspire's API listing is not there: point LAKEHOUSE_SHARED to a folder that holds data/aspire-api.";

    private static readonly string[] Assemblies =
        ["Aspire.TypeSystem", "Aspire.Hosting", "Aspire.Hosting.AppHost", "Aspire.Hosting.Testing", "Aspire.Hosting.PostgreSQL", "Aspire.Hosting.Kafka"];

    // One build, however many test classes run side by side and want it.
    private static readonly Lazy<string?> Built = new(Build);

    /// <summary>The folder of the reference assemblies; null where the listing is absent.</summary>
    public string? Folder => Built.Value;

    public IEnumerable<string> Files => Assemblies.Select(name => Path.Combine(Folder!, name + ".dll"));

    private static string? Build()
    {
        string? listing = Repository.Shared is { } shared ? Path.Combine(shared, "data", "aspire-api") : null;
        if (listing is null || !Directory.Exists(listing))
            return null;
        string hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Concat(
            Assemblies.Select(name => File.ReadAllText(Path.Combine(listing, name + ".cs"))).Append(Environment.Version.ToString())))))[..16];
        string folder = Path.Combine(Repository.Root, "tests", "Lakehouse.Hosting.Tests", "obj", "aspire-api-" + hash);
        string done = Path.Combine(folder, "done");
        if (File.Exists(done))
            return folder;

        string work = Directory.CreateTempSubdirectory("aspire-api-").FullName;
        try
        {
            Write("Directory.Build.props", "<Project />");
            Write("Directory.Build.targets", "<Project />");
            Write("Directory.Packages.props", "<Project />");
            foreach (string name in Assemblies)
                Write(Path.Combine(name, name + ".csproj"), Project(name, Path.Combine(listing, name + ".cs")));
            Write(Path.Combine("All", "All.csproj"), $"""
                <Project Sdk="Microsoft.NET.Sdk">
                  <PropertyGroup><TargetFramework>net{Environment.Version.Major}.0</TargetFramework></PropertyGroup>
                  <ItemGroup>{string.Concat(Assemblies.Select(name => $"<ProjectReference Include=\"../{name}/{name}.csproj\" />"))}</ItemGroup>
                </Project>
                """);
            Dotnet.Run(work, "build", "All/All.csproj", "-nologo", "-v", "q");
            Directory.CreateDirectory(folder);
            string output = Path.Combine(work, "All", "bin", "Debug", $"net{Environment.Version.Major}.0");
            foreach (string name in Assemblies)
                File.Copy(Path.Combine(output, name + ".dll"), Path.Combine(folder, name + ".dll"), overwrite: true);
            File.WriteAllText(done, "");
            return folder;
        }
        finally
        {
            Directory.Delete(work, recursive: true);
        }

        void Write(string path, string text)
        {
            string file = Path.Combine(work, path);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllText(file, text);
        }
    }

    private static string Project(string name, string source)
    {
        string[] uses = name switch
        {
            "Aspire.TypeSystem" => [],
            "Aspire.Hosting" => ["Aspire.TypeSystem"],
            _ => ["Aspire.Hosting"],
        };
        return $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <TargetFramework>net{Environment.Version.Major}.0</TargetFramework>
                <LangVersion>latest</LangVersion>
                <NoWarn>$(NoWarn);CS8597;CS8618;CS0108;CS0114;CS0618;CS0612;CS0169;CS0649;CS8625;CS8765;CS8767;CS8769;CS9113;CS0067;CS8981;{Experimental}</NoWarn>
                <EnableDefaultCompileItems>false</EnableDefaultCompileItems>
              </PropertyGroup>
              <ItemGroup>
                <FrameworkReference Include="Microsoft.AspNetCore.App" />
                <Compile Include="{source}" />
                {string.Concat(uses.Select(used => $"<ProjectReference Include=\"../{used}/{used}.csproj\" />"))}
              </ItemGroup>
            </Project>
            """;
    }

    // The ids of Aspire's experimental APIs; the listing itself uses them.
    private const string Experimental =
        "ASPIRECERTIFICATES001;ASPIRECOMMAND001;ASPIRECOMPUTE001;ASPIRECOMPUTE002;ASPIRECOMPUTE003;ASPIRECONTAINERRUNTIME001;ASPIRECONTAINERSHELLEXECUTION001;" +
        "ASPIRECSHARPAPPS001;ASPIREDOCKERFILEBUILDER001;ASPIREDOTNETTOOL;ASPIREEXTENSION001;ASPIREFILESYSTEM001;ASPIREINTERACTION001;ASPIREMCP001;" +
        "ASPIREPERSISTENCE001;ASPIREPIPELINES001;ASPIREPIPELINES002;ASPIREPIPELINES003;ASPIREPIPELINES004;ASPIREPOSTGRES001;ASPIREPROBES001;ASPIREPROCESSCOMMAND001;ASPIREUSERSECRETS001;ASPIREATS001";
}

/// <summary>Runs the dotnet command line.</summary>
internal static class Dotnet
{
    /// <exception cref="InvalidOperationException">It failed; the message is what it said.</exception>
    public static string Run(string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        // The test host's own settings would change what is built.
        foreach (string variable in start.Environment.Keys.Where(name => name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)).ToArray())
            start.Environment.Remove(variable);
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"dotnet {string.Join(' ', arguments)} failed:\n{output}\n{errors.Result}");
    }
}
