using Lakehouse.Transform.Jinja;

namespace Lakehouse.Transform;

/// <summary>What <c>dbt_project.yml</c> says.</summary>
internal sealed class ProjectSettings
{
    public const string FileName = "dbt_project.yml";

    private static readonly HashSet<string> KnownKeys = new(StringComparer.Ordinal)
    {
        "name", "version", "config-version", "profile", "model-paths", "seed-paths", "test-paths", "macro-paths", "analysis-paths",
        "snapshot-paths", "docs-paths", "asset-paths", "function-paths", "target-path", "clean-targets", "log-path", "packages-install-path",
        "vars", "models", "seeds", "tests", "data_tests", "sources", "snapshots", "on-run-start", "on-run-end", "dispatch", "flags",
        "require-dbt-version", "quoting", "query-comment", "restrict-access", "dbt-cloud", "exposures", "metrics", "semantic-models",
        "saved-queries", "unit_tests", "functions",
    };

    public required string Folder { get; init; }

    public required string Name { get; init; }

    public required string Version { get; init; }

    public required IReadOnlyList<string> ModelPaths { get; init; }

    public required IReadOnlyList<string> SeedPaths { get; init; }

    public required IReadOnlyList<string> TestPaths { get; init; }

    public required IReadOnlyList<string> MacroPaths { get; init; }

    public required string TargetPath { get; init; }

    /// <summary>The project's variables under those that the caller gave.</summary>
    public required IReadOnlyDictionary<string, object?> Vars { get; init; }

    public required YamlValue Root { get; init; }

    public static ProjectSettings Read(string folder, IReadOnlyDictionary<string, object?> vars, List<string> warnings)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
            throw new ProjectException(new SourceLocation(FileName, 0, 0), $"there is no {FileName} in {folder}; name the folder of a dbt project");
        var root = YamlValue.Read(FileName, File.ReadAllText(path));
        foreach (var (key, value) in root.Entries)
        {
            if (!KnownKeys.Contains(key))
                warnings.Add($"{value.At}: unknown key '{key}'{NearNames.Suggest(key, KnownKeys)}");
            if (key is "on-run-start" or "on-run-end" && !value.IsNull && value.AsStrings().Count > 0)
                throw value.Error($"{key} is not supported: a run only builds its nodes");
        }
        var name = root.Require("name").AsString();
        return new ProjectSettings
        {
            Folder = folder,
            Name = name,
            Version = root.Find("version") is { IsNull: false } version ? version.AsString() : "",
            ModelPaths = Paths(root, "model-paths", "models"),
            SeedPaths = Paths(root, "seed-paths", "seeds"),
            TestPaths = Paths(root, "test-paths", "tests"),
            MacroPaths = Paths(root, "macro-paths", "macros"),
            TargetPath = root.Find("target-path") is { IsNull: false } target ? target.AsString() : "target",
            Vars = MergeVars(root.Find("vars"), name, vars),
            Root = root,
        };
    }

    private static IReadOnlyList<string> Paths(YamlValue root, string key, string fallback) =>
        root.Find(key) is { IsNull: false } paths ? [.. paths.AsStrings().Select(p => p.TrimEnd('/'))] : [fallback];

    private static Dictionary<string, object?> MergeVars(YamlValue? section, string project, IReadOnlyDictionary<string, object?> given)
    {
        var vars = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (var (key, value) in section?.Entries ?? new Dictionary<string, YamlValue>())
            if (key != project || !value.IsMap)
                vars[key] = value.ToJinja();
        if (section?.Find(project) is { IsMap: true } own)
            foreach (var (key, value) in own.Entries)
                vars[key] = value.ToJinja();
        foreach (var (key, value) in given)
            vars[key] = JinjaValue.From(value);
        return vars;
    }
}
