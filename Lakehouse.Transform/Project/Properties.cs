using Lakehouse.Transform.Jinja;

namespace Lakehouse.Transform;

/// <summary>What a properties file says about a model, seed or singular test.</summary>
internal sealed record PropertiesEntry(string Kind, string Name, SourceLocation At, string Description, JinjaDict Config, IReadOnlyList<ColumnInfo> Columns, IReadOnlyList<TestDeclaration> Tests);

/// <summary>A table of a source as declared.</summary>
internal sealed record SourceDeclaration(
    string Source, string Table, string Schema, string Identifier, SourceLocation At, string Description, string SourceDescription,
    NodeConfig Config, IReadOnlyList<ColumnInfo> Columns, IReadOnlyList<TestDeclaration> Tests);

/// <summary>A generic test as declared.</summary>
internal sealed record TestDeclaration(string? Namespace, string Test, string? CustomName, string? Column, JinjaDict Arguments, JinjaDict Config, string Description, SourceLocation At);

/// <summary>All properties files of a project.</summary>
internal sealed class Properties(Func<string, SourceLocation, object?> render, List<string> warnings)
{
    private static readonly HashSet<string> Sections = new(StringComparer.Ordinal)
    {
        "version", "models", "seeds", "sources", "data_tests", "tests", "macros", "snapshots", "analyses", "exposures", "metrics", "groups",
        "semantic_models", "saved_queries", "unit_tests", "anchors",
    };

    // Configuration that older projects write beside a test's arguments instead of below config:.
    private static readonly HashSet<string> TestConfigKeys = new(StringComparer.Ordinal)
    {
        "severity", "where", "limit", "warn_if", "error_if", "fail_calc", "enabled", "tags", "meta", "store_failures", "quarantine",
    };

    private readonly Dictionary<(string Kind, string Name), PropertiesEntry> _entries = [];
    private readonly HashSet<(string Kind, string Name)> _claimed = [];

    public List<SourceDeclaration> Sources { get; } = [];

    public IEnumerable<PropertiesEntry> Unclaimed => _entries.Values.Where(e => !_claimed.Contains((e.Kind, e.Name)));

    public IEnumerable<PropertiesEntry> Entries => _entries.Values;

    public PropertiesEntry? Claim(string kind, string name)
    {
        _claimed.Add((kind, name));
        return _entries.GetValueOrDefault((kind, name));
    }

    public void Read(string file, string text)
    {
        var root = YamlValue.Read(file, text);
        foreach (var (section, value) in root.Entries)
        {
            switch (section)
            {
                case "models":
                    ReadEntries("model", value);
                    break;
                case "seeds":
                    ReadEntries("seed", value);
                    break;
                case "data_tests" or "tests":
                    ReadEntries("test", value);
                    break;
                case "sources":
                    foreach (var source in value.Items)
                        ReadSource(source);
                    break;
                case "snapshots" or "unit_tests" or "exposures" or "metrics" or "semantic_models" or "saved_queries":
                    warnings.Add($"{value.At}: '{section}' is not supported and not used");
                    break;
                case var other when !Sections.Contains(other):
                    warnings.Add($"{value.At}: unknown section '{other}'{NearNames.Suggest(other, Sections)}");
                    break;
            }
        }
    }

    private void ReadEntries(string kind, YamlValue list)
    {
        foreach (var item in list.Items)
        {
            var name = item.Require("name").AsString();
            var (columns, tests) = ReadColumnsAndTests(item);
            var entry = new PropertiesEntry(kind, name, item.At, Text(item, "description"), ReadConfig(item, "config"), columns, tests);
            if (!_entries.TryAdd((kind, name), entry))
                throw item.Error($"the {kind} '{name}' is described twice; the other place is {_entries[(kind, name)].At}");
        }
    }

    private void ReadSource(YamlValue item)
    {
        var source = item.Require("name").AsString();
        var schema = item.Find("schema") is { IsNull: false } named ? RenderText(named) : source;
        var shared = ReadConfig(item, "config");
        foreach (var table in item.Find("tables")?.Items ?? [])
        {
            var name = table.Require("name").AsString();
            var identifier = table.Find("identifier") is { IsNull: false } other ? RenderText(other) : name;
            var values = new JinjaDict();
            NodeConfig.Merge(values, shared);
            NodeConfig.Merge(values, ReadConfig(table, "config"));
            var (columns, tests) = ReadColumnsAndTests(table);
            Sources.Add(new SourceDeclaration(
                source, name, schema, identifier, table.At, Text(table, "description"), Text(item, "description"), new NodeConfig(values, table.At), columns, tests));
        }
    }

    private (List<ColumnInfo> Columns, List<TestDeclaration> Tests) ReadColumnsAndTests(YamlValue item)
    {
        var columns = new List<ColumnInfo>();
        var tests = new List<TestDeclaration>();
        foreach (var column in item.Find("columns")?.Items ?? [])
        {
            var name = column.Require("name").AsString();
            var config = ReadConfig(column, "config");
            var tags = config.TryGetValue("tags", out var own) ? JinjaValue.ToList(own is string one ? new List<object?> { one } : own ?? new List<object?>(), column.At) : [];
            columns.Add(new ColumnInfo(
                name,
                Text(column, "description"),
                column.Find("data_type") is { IsNull: false } type ? type.AsString() : null,
                config.TryGetValue("meta", out var meta) && meta is JinjaDict dict ? dict : [],
                [.. tags.Select(JinjaValue.ToText)]));
            ReadTests(column, name, tests);
        }
        ReadTests(item, null, tests);
        return (columns, tests);
    }

    private void ReadTests(YamlValue owner, string? column, List<TestDeclaration> tests)
    {
        foreach (var section in new[] { "data_tests", "tests" })
            foreach (var test in owner.Find(section)?.Items ?? [])
                tests.Add(ReadTest(test, column));
    }

    private TestDeclaration ReadTest(YamlValue item, string? column)
    {
        var name = "";
        YamlValue? body = null;
        if (!item.IsMap)
            name = item.AsString();
        else if (item.Find("test_name") is { } named)
            (name, body) = (named.AsString(), item);
        else if (item.Entries.FirstOrDefault(e => e.Key is not ("name" or "description" or "config")) is { Key: { } key } entry)
            (name, body) = (key, entry.Value);
        if (name.Length == 0)
            throw item.Error("a test is a name, or a name with its arguments");

        var arguments = new JinjaDict();
        var config = new JinjaDict();
        string? customName = null;
        var description = "";
        foreach (var (key, value) in (body?.Entries ?? new Dictionary<string, YamlValue>()).Concat(body == item ? [] : SiblingsOf(item, name)))
        {
            switch (key)
            {
                case "test_name":
                    break;
                case "name":
                    customName = value.AsString();
                    break;
                case "description":
                    description = value.AsString();
                    break;
                case "config":
                    NodeConfig.Merge(config, AsDict(value, value.ToJinja(render)));
                    break;
                case "arguments":
                    foreach (var (argument, given) in value.Entries)
                        arguments[argument] = given.ToJinja();
                    break;
                case var _ when TestConfigKeys.Contains(key):
                    NodeConfig.Merge(config, new JinjaDict { { key, value.ToJinja(render) } });
                    break;
                default:
                    arguments[key] = value.ToJinja();
                    break;
            }
        }
        var dot = name.LastIndexOf('.');
        return new TestDeclaration(dot < 0 ? null : name[..dot], name[(dot + 1)..], customName, column, arguments, config, description, item.At);
    }

    private static IEnumerable<KeyValuePair<string, YamlValue>> SiblingsOf(YamlValue item, string name) =>
        item.IsMap ? item.Entries.Where(e => e.Key != name) : [];

    /// <summary>The block <c>config:</c> with <c>tags</c> and <c>meta</c>, which may also stand beside it.</summary>
    private JinjaDict ReadConfig(YamlValue item, string key)
    {
        var config = new JinjaDict();
        foreach (var beside in new[] { "tags", "meta" })
            if (item.Find(beside) is { IsNull: false } value)
                config[beside] = value.ToJinja(render);
        if (item.Find(key) is { IsNull: false } block)
        {
            foreach (var (name, value) in block.Entries)
                if (!NodeConfig.KnownKeys.Contains(name))
                    warnings.Add($"{value.At}: unknown configuration '{name}'{NearNames.Suggest(name, NodeConfig.KnownKeys)}");
            NodeConfig.Merge(config, AsDict(block, block.ToJinja(render)));
        }
        return config;
    }

    private static JinjaDict AsDict(YamlValue at, object? value) => value as JinjaDict ?? throw at.Error("expected a mapping");

    private string RenderText(YamlValue value) => JinjaValue.ToText(value.ToJinja(render));

    private static string Text(YamlValue item, string key) => item.Find(key) is { IsNull: false } value ? value.AsString() : "";
}
