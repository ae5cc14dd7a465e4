using Lakehouse.Engine;
using Lakehouse.Transform.Jinja;

namespace Lakehouse.Transform;

/// <summary>Reads a project's files into nodes and links them.</summary>
internal sealed class ProjectLoader
{
    private readonly List<string> _warnings = [];
    private readonly ProjectSettings _settings;
    private readonly TemplateSettings _templates;
    private readonly MacroSet _macros = new();
    private readonly Properties _properties;
    private readonly Dictionary<string, ProjectNode> _nodes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<Reference>> _references = new(StringComparer.Ordinal);
    private readonly HashSet<string> _disabled = new(StringComparer.Ordinal);

    public ProjectLoader(string folder, IReadOnlyDictionary<string, object?> vars)
    {
        _settings = ProjectSettings.Read(folder, vars, _warnings);
        _templates = new TemplateSettings(_settings.Name, _settings.Vars, "", DateTimeOffset.UtcNow, FullRefresh: false, Execute: false, _ => { });
        _properties = new Properties(RenderValue, _warnings);
    }

    public DbtProject Load()
    {
        var paths = _settings.ModelPaths.Concat(_settings.SeedPaths).Concat(_settings.TestPaths).Concat(_settings.MacroPaths).ToList();
        foreach (var (name, path) in MacroFiles())
            _macros.Add(Template.Parse(name, File.ReadAllText(path)));
        foreach (var (name, path) in ProjectFiles.Below(_settings.Folder, paths, ".yml", ".yaml"))
            _properties.Read(name, File.ReadAllText(path));
        LoadSources();
        LoadSeeds();
        LoadModels();
        LoadSingularTests();
        new GenericTests(_settings, _macros, _templates, Tree("data_tests", "tests"), _nodes, _references, _disabled).Load(_properties);
        foreach (var unknown in _properties.Unclaimed.Where(p => !_disabled.Contains(p.Name)))
            _warnings.Add($"{unknown.At}: there is no {unknown.Kind} '{unknown.Name}'; its description and tests are not used");
        Link();
        return new DbtProject(_settings, _macros, _nodes, new ProjectGraph(_nodes), _warnings);
    }

    private IEnumerable<(string Name, string Path)> MacroFiles() =>
        ProjectFiles.Below(_settings.Folder, _settings.MacroPaths.Concat(_settings.TestPaths.Select(p => p + "/generic")), ".sql");

    private void LoadSources()
    {
        foreach (var source in _properties.Sources)
        {
            if (!source.Config.Enabled)
                continue;
            var node = new SourceNode(_settings.Name, source.Source, source.Table, Name(source.Schema, source.Identifier, source.At), source.At.File, source.Config)
            {
                Description = source.Description,
                SourceDescription = source.SourceDescription,
                Columns = source.Columns,
                PropertiesFile = source.At.File,
            };
            if (!_nodes.TryAdd(node.UniqueId, node))
                throw new ProjectException(source.At, $"the source '{source.Source}.{source.Table}' is declared twice");
        }
    }

    private void LoadSeeds()
    {
        var tree = Tree("seeds");
        foreach (var (file, path) in ProjectFiles.Below(_settings.Folder, _settings.SeedPaths, ".csv"))
        {
            var fqn = ProjectFiles.Fqn(_settings.Name, file, _settings.SeedPaths);
            var properties = _properties.Claim("seed", fqn[^1]);
            var values = tree.Resolve(fqn);
            if (properties is not null)
                NodeConfig.Merge(values, properties.Config);
            var config = new NodeConfig(values, new SourceLocation(file, 0, 0));
            if (!config.Enabled)
                _disabled.Add(fqn[^1]);
            else
                Add(new SeedNode(_settings.Name, fqn[^1], fqn, file, path, RelationOf(fqn, file, config, "seed"), config), properties);
        }
    }

    private void LoadModels()
    {
        var tree = Tree("models");
        foreach (var (file, path) in ProjectFiles.Below(_settings.Folder, _settings.ModelPaths, ".sql"))
        {
            var fqn = ProjectFiles.Fqn(_settings.Name, file, _settings.ModelPaths);
            var properties = _properties.Claim("model", fqn[^1]);
            var values = tree.Resolve(fqn);
            if (properties is not null)
                NodeConfig.Merge(values, properties.Config);
            var template = Template.Parse(file, File.ReadAllText(path));

            // dbt looks with is_incremental() false only, and asks for "-- depends_on" comments for the rest; looking both ways needs none.
            var full = Capture(template, values, incremental: false);
            var incremental = Capture(template, values, incremental: true);
            NodeConfig.Merge(values, full.Config);
            WarnOfUnknownKeys(full.Config, file);
            var config = new NodeConfig(values, new SourceLocation(file, 0, 0));
            if (!config.Enabled)
            {
                _disabled.Add(fqn[^1]);
                continue;
            }
            var node = new ModelNode(_settings.Name, fqn[^1], fqn, file, template, RelationOf(fqn, file, config, "model"), config);
            if (!node.IsStored && (full.ReadsChanges || incremental.ReadsChanges))
                throw new ProjectException(new SourceLocation(file, 0, 0), "changes() needs a model that is stored: materialize it as incremental or table");
            Add(node, properties);
            _references[node.UniqueId] = [.. full.References.Concat(incremental.References)];
        }
    }

    private void LoadSingularTests()
    {
        var tree = Tree("data_tests", "tests");
        foreach (var (file, path) in ProjectFiles.Below(_settings.Folder, _settings.TestPaths, ".sql"))
        {
            if (_settings.TestPaths.Any(p => file.StartsWith(p + "/generic/", StringComparison.Ordinal)))
                continue;
            var fqn = ProjectFiles.Fqn(_settings.Name, file, _settings.TestPaths);
            var properties = _properties.Claim("test", fqn[^1]);
            var values = tree.Resolve(fqn);
            if (properties is not null)
                NodeConfig.Merge(values, properties.Config);
            var template = Template.Parse(file, File.ReadAllText(path));
            var capture = Capture(template, values, incremental: false);
            NodeConfig.Merge(values, capture.Config);
            var place = new SourceLocation(file, 0, 0);
            var config = new NodeConfig(values, place);
            if (!config.Enabled)
                continue;
            var node = new TestNode($"test.{_settings.Name}.{fqn[^1]}", fqn[^1], fqn, file, place, config) { Template = template };
            Add(node, properties);
            _references[node.UniqueId] = capture.References;
        }
    }

    private ReferenceCapture Capture(Template template, JinjaDict inherited, bool incremental)
    {
        var capture = new ReferenceCapture(_templates, _macros, inherited, incremental);
        template.Render(capture.Globals);
        return capture;
    }

    private void WarnOfUnknownKeys(JinjaDict config, string file)
    {
        foreach (var key in config.Keys.Cast<string>().Where(k => !NodeConfig.KnownKeys.Contains(k)))
            _warnings.Add($"{file}: unknown configuration '{key}'{NearNames.Suggest(key, NodeConfig.KnownKeys)}");
    }

    private void Add(ProjectNode node, PropertiesEntry? properties)
    {
        if (properties is not null)
        {
            node.Description = properties.Description;
            node.Columns = properties.Columns;
            node.PropertiesFile = properties.At.File;
        }
        var other = node.ResourceType == "model" ? $"seed.{_settings.Name}.{node.Name}" : $"model.{_settings.Name}.{node.Name}";
        if (_nodes.TryGetValue(node.UniqueId, out var same) || (node is not TestNode && _nodes.TryGetValue(other, out same)))
            throw new ProjectException(new SourceLocation(node.File, 0, 0), $"the name '{node.Name}' is taken by {same.File}; ref('{node.Name}') would be ambiguous");
        if (Relations.Of(node) is { } relation && _nodes.Values.FirstOrDefault(n => n is not SourceNode && Relations.Of(n) is { } taken && taken.Equals(relation)) is { } rival)
            throw new ProjectException(new SourceLocation(node.File, 0, 0), $"the table {relation} is made by {rival.File} already; give one of them another schema or alias");
        _nodes.Add(node.UniqueId, node);
    }

    /// <summary>Turns references into ids, and checks that each leads somewhere.</summary>
    private void Link()
    {
        foreach (var (id, references) in _references)
        {
            _nodes[id].References = [.. references.DistinctBy(r => (r.IsSource, r.First, r.Second))];
            _nodes[id].DependsOn = [.. references.Select(r => Find(r).UniqueId).Distinct().Order(StringComparer.Ordinal)];
        }
        foreach (var model in _nodes.Values.OfType<ModelNode>())
        {
            // A rule on rows reads its other tables before the model's commit, so the model waits for them.
            var parents = model.Rules.SelectMany(r => r.DependsOn).Where(d => d != model.UniqueId);
            model.DependsOn = [.. model.DependsOn.Concat(parents).Distinct().Order(StringComparer.Ordinal)];
        }
    }

    private ProjectNode Find(Reference reference)
    {
        if (!reference.IsSource && _disabled.Contains(reference.Second))
            throw new ProjectException(reference.At, $"'{reference.Second}' is disabled (enabled: false)");
        return ReferenceResolver.Resolve(reference, _settings.Name, _nodes);
    }

    private TableName RelationOf(IReadOnlyList<string> fqn, string file, NodeConfig config, string kind)
    {
        var at = new SourceLocation(file, 0, 0);
        var schema = CallNaming("generate_schema_name", config.Schema, fqn, file, config, kind)
            ?? config.Schema ?? (fqn.Count > 2 ? fqn[1] : "main");
        var name = CallNaming("generate_alias_name", config.Alias, fqn, file, config, kind) ?? config.Alias ?? fqn[^1];
        return Name(schema, name, at);
    }

    private string? CallNaming(string macro, string? custom, IReadOnlyList<string> fqn, string file, NodeConfig config, string kind)
    {
        if (!_macros.IsOwn(macro))
            return null;
        var context = new TemplateContext(_templates, _macros);
        context.TryGetMacro(macro, out var callable);
        var node = new JinjaDict
        {
            { "name", fqn[^1] }, { "resource_type", kind }, { "package_name", _settings.Name }, { "fqn", fqn.Cast<object?>().ToList() },
            { "path", string.Join('/', fqn.Skip(1)) }, { "original_file_path", file }, { "config", config.Values },
        };
        return JinjaValue.ToText(callable!.Call(new CallArguments(macro, [custom, node], new SourceLocation(file, 0, 0)))).Trim();
    }

    private static TableName Name(string schema, string name, SourceLocation at) => TableName.IsValidPart(schema) && TableName.IsValidPart(name)
        ? new TableName(schema, name)
        : throw new ProjectException(at, $"'{schema}.{name}' cannot be a table's name: use letters, digits and '_', not a digit first");

    private ConfigTree Tree(params string[] keys) =>
        new(keys.Select(_settings.Root.Find).FirstOrDefault(s => s is { IsNull: false }), RenderValue, _warnings);

    private object? RenderValue(string text, SourceLocation at)
    {
        try
        {
            return NativeTemplate.Render(at.File, text, new TemplateContext(_templates, _macros).TryGet);
        }
        catch (JinjaException e)
        {
            throw new ProjectException(at, e.Problem, e);
        }
    }
}

/// <summary>The tables of nodes.</summary>
internal static class Relations
{
    public static TableName? Of(ProjectNode node) => node switch
    {
        ModelNode model => model.Relation,
        SeedNode seed => seed.Relation,
        SourceNode source => source.Relation,
        _ => null,
    };
}
