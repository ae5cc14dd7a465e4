using Lakehouse.Transform.Jinja;

namespace Lakehouse.Transform;

/// <summary>A section <c>models:</c>, <c>seeds:</c> or <c>data_tests:</c> of the project file: configuration by folder.</summary>
internal sealed class ConfigTree(YamlValue? section, Func<string, SourceLocation, object?> render, List<string> warnings)
{
    private readonly HashSet<SourceLocation> _warned = [];

    /// <summary>The configuration for a node, outer folders first.</summary>
    /// <param name="fqn">Project, folders, name.</param>
    public JinjaDict Resolve(IReadOnlyList<string> fqn)
    {
        var config = new JinjaDict();
        var level = section;
        for (var depth = 0; level is { IsMap: true }; depth++)
        {
            var own = new JinjaDict();
            foreach (var (key, value) in level.Entries)
            {
                if (IsConfig(key, value))
                    own[key.TrimStart('+')] = value.ToJinja(render);
                if (key.StartsWith('+') && !NodeConfig.KnownKeys.Contains(key[1..]) && _warned.Add(value.At))
                    warnings.Add($"{value.At}: unknown configuration '{key}'{NearNames.Suggest(key[1..], NodeConfig.KnownKeys)}");
            }
            NodeConfig.Merge(config, own);
            level = depth < fqn.Count && level.Find(fqn[depth]) is { IsMap: true } inner && !IsConfig(fqn[depth], inner) ? inner : null;
        }
        return config;
    }

    /// <summary>A '+' marks configuration; without it a known key is configuration, unless it holds a mapping, which is a folder.</summary>
    private static bool IsConfig(string key, YamlValue value) =>
        key.StartsWith('+') || (NodeConfig.KnownKeys.Contains(key) && (!value.IsMap || key is "meta" or "column_types"));
}
