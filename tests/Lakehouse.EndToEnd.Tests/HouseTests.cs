using System.Xml.Linq;
using Lakehouse.Testing;

namespace Lakehouse.EndToEnd.Tests;

/// <summary>The walls of the house: which project may use which, as docs/decisions/001 and the design's table say.</summary>
public sealed class HouseTests
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Lakehouse.Storage"] = [],
        ["Lakehouse.ServiceDefaults"] = [],
        ["Lakehouse.DuckDb"] = [],
        ["Lakehouse.EmbeddedPostgres"] = [],
        ["Lakehouse.Delta"] = ["Lakehouse.Storage"],
        ["Lakehouse.Engine"] = ["Lakehouse.Delta", "Lakehouse.DuckDb"],
        ["Lakehouse.Ingestion"] = ["Lakehouse.Engine", "Lakehouse.ServiceDefaults"],
        ["Lakehouse.Transform"] = ["Lakehouse.Engine", "Lakehouse.ServiceDefaults"],
        ["Lakehouse.Api"] = ["Lakehouse.Engine", "Lakehouse.ServiceDefaults"],
        ["Lakehouse.Catalog"] = ["Lakehouse.Engine", "Lakehouse.ServiceDefaults"],
        ["Lakehouse.Hosting"] = ["Lakehouse.EmbeddedPostgres"],
        ["Lakehouse.AppHost"] = ["Lakehouse.Hosting", "Lakehouse.Api", "Lakehouse.Catalog", "Lakehouse.Cli", "Lakehouse.Ingestion", "Lakehouse.Transform"],
        ["Lakehouse.Cli"] = ["Lakehouse.EmbeddedPostgres", "Lakehouse.Engine", "Lakehouse.Ingestion", "Lakehouse.Transform", "Lakehouse.Api"],
    };

    public static TheoryData<string> Projects => [.. Directory.GetDirectories(Repository.Root, "Lakehouse.*").Select(folder => Path.GetFileName(folder)!)];

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_uses_only_what_the_design_lets_it_use(string project)
    {
        Assert.True(Allowed.TryGetValue(project, out string[]? allowed), $"{project} has no row in the design's table of projects.");
        string[] used = [.. References(project)];
        Assert.True(!used.Except(allowed).Any(), $"{project} uses {string.Join(", ", used.Except(allowed))}; it may use {string.Join(", ", allowed)}.");
    }

    [Fact]
    public void Every_project_is_in_the_solution()
    {
        string solution = File.ReadAllText(Path.Combine(Repository.Root, "Lakehouse.sln")).Replace('\\', '/');
        IEnumerable<string> missing = Sources("*.csproj").Where(file => !solution.Contains(file, StringComparison.Ordinal));
        Assert.Empty(missing);
    }

    [Fact]
    public void The_product_never_refers_to_the_folder_beside_the_checkout()
    {
        IEnumerable<string> offenders = new[] { "*.cs", "*.csproj", "*.props", "*.targets", "*.json", "*.yml", "*.sql" }
            .SelectMany(Sources)
            .Where(file => !file.StartsWith("tests/", StringComparison.Ordinal) && !file.StartsWith("bench/", StringComparison.Ordinal))
            .Where(file => File.ReadAllText(Path.Combine(Repository.Root, file)).Contains("../shared", StringComparison.Ordinal));
        Assert.Empty(offenders);
    }

    private static IEnumerable<string> References(string project) =>
        XDocument.Load(Path.Combine(Repository.Root, project, project + ".csproj"))
            .Descendants("ProjectReference")
            .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value.Replace('\\', '/')));

    // Paths relative to the root with '/', without what a build leaves behind.
    private static IEnumerable<string> Sources(string pattern) =>
        Directory.EnumerateFiles(Repository.Root, pattern, SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Repository.Root, file).Replace('\\', '/'))
            .Where(file => !file.Split('/').Any(part => part is "bin" or "obj" or "node_modules" or ".git"));
}
