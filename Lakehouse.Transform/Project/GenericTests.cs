using System.Text.RegularExpressions;
using Lakehouse.Transform.Jinja;

namespace Lakehouse.Transform;

/// <summary>Makes nodes of the generic tests that properties files declare, under the names that dbt gives them.</summary>
internal sealed class GenericTests(
    ProjectSettings settings,
    MacroSet macros,
    TemplateSettings templates,
    ConfigTree tree,
    Dictionary<string, ProjectNode> nodes,
    Dictionary<string, List<Reference>> references,
    HashSet<string> disabled)
{
    private static readonly HashSet<string> RowRules = new(StringComparer.Ordinal) { "not_null", "accepted_values", "relationships", "expression_is_true" };

    public void Load(Properties properties)
    {
        foreach (var entry in properties.Entries.Where(e => e.Kind is "model" or "seed" && e.Tests.Count > 0))
        {
            if (!nodes.TryGetValue($"{entry.Kind}.{settings.Name}.{entry.Name}", out var node))
                continue;
            var reference = new Reference(false, "", entry.Name, entry.At);
            var tests = entry.Tests.Select(t => Make(t, node, entry.Name, reference)).OfType<TestNode>().ToList();
            if (node is ModelNode model)
                model.Rules = [.. tests.Where(t => IsRule(t, model))];
        }
        foreach (var source in properties.Sources)
            if (nodes.TryGetValue($"source.{settings.Name}.{source.Source}.{source.Table}", out var node))
                foreach (var test in source.Tests)
                    Make(test, node, $"{source.Source}_{source.Table}", new Reference(true, source.Source, source.Table, source.At));
    }

    /// <summary>Whether the test is checked on new rows before the commit: by its own setting, or by the model's.</summary>
    private static bool IsRule(TestNode test, ModelNode model)
    {
        if (!(test.Config.Quarantine ?? model.Config.Quarantine ?? false) || !model.IsStored)
            return false;
        if (test.Generic is { } name && RowRules.Contains(name))
            return true;
        return test.Config.Quarantine != true
            ? false
            : throw new ProjectException(test.At, $"'{test.Name}' cannot be quarantined: whether a row breaks it depends on other rows; only {string.Join(", ", RowRules)} can");
    }

    private TestNode? Make(TestDeclaration test, ProjectNode node, string owner, Reference reference)
    {
        if (!macros.TryGet("test_" + test.Test, out _))
        {
            var known = macros.Names.Where(n => n.StartsWith("test_", StringComparison.Ordinal)).Select(n => n[5..]);
            throw new ProjectException(test.At, $"there is no test '{test.Test}'{NearNames.Suggest(test.Test, known)}; a project's own tests stand in macros/ or tests/generic/");
        }
        var arguments = new JinjaDict();
        foreach (var (key, value) in test.Arguments)
            arguments[key] = value;
        if (test.Column is not null)
            arguments["column_name"] = test.Column;
        var kind = (node is SourceNode ? "source_" : "") + (test.Namespace is { } package ? package + "_" : "") + test.Test;
        var fullName = test.CustomName ?? TestIdentity.FullName(kind, owner, arguments);
        var keywords = TestIdentity.Keywords(arguments, node);
        var hash = TestIdentity.Hash(fullName, test.Namespace, test.Test, keywords);
        // Folders by the file that declares the test, as in dbt, not by the model's.
        IReadOnlyList<string> fqn = [.. ProjectFiles.Fqn(settings.Name, test.At.File, settings.ModelPaths.Concat(settings.SeedPaths).Concat(settings.TestPaths)).SkipLast(1), fullName];
        var values = tree.Resolve(fqn);
        NodeConfig.Merge(values, test.Config);
        var config = new NodeConfig(values, test.At);
        if (!config.Enabled)
            return null;
        var result = new TestNode($"test.{settings.Name}.{fullName}.{hash}", fullName, fqn, test.At.File, test.At, config)
        {
            Generic = test.Test,
            Namespace = test.Namespace,
            Arguments = arguments,
            Keywords = keywords,
            Alias = test.CustomName ?? TestIdentity.ShortName(kind, owner, fullName),
            ColumnName = test.Column,
            AttachedTo = node.UniqueId,
            Description = test.Description,
            PropertiesFile = test.At.File,
        };
        if (!nodes.TryAdd(result.UniqueId, result))
            throw new ProjectException(test.At, $"the test '{fullName}' is declared twice");
        references[result.UniqueId] = [.. ReferencesOf(arguments, test.At), reference];
        return result;
    }

    private List<Reference> ReferencesOf(JinjaDict arguments, SourceLocation at)
    {
        var capture = new ReferenceCapture(templates, macros, [], incremental: false);
        foreach (var value in arguments.Values)
            TestArguments.Evaluate(value, capture.Globals, at);
        // The text of an argument is a template of its own: what it refers to is reported at the test.
        return [.. capture.References.Where(r => r.IsSource || !disabled.Contains(r.Second)).Select(r => r with { At = at })];
    }
}

/// <summary>Arguments of generic tests: text that is a call such as <c>ref('x')</c>, or holds <c>{{ }}</c>, is evaluated, as in dbt.</summary>
internal static partial class TestArguments
{
    public static object? Evaluate(object? value, JinjaGlobals globals, SourceLocation at)
    {
        switch (value)
        {
            case string text:
                if (FunctionCall().IsMatch(text))
                    text = "{{ " + text + " }}";
                else if (!text.Contains("{{", StringComparison.Ordinal))
                    return text;
                try
                {
                    return NativeTemplate.Render(at.File, text, globals);
                }
                catch (JinjaException e)
                {
                    throw new ProjectException(at, e.Problem, e);
                }
            case IReadOnlyList<object?> list:
                return list.Select(i => Evaluate(i, globals, at)).ToList();
            case JinjaDict dict:
                var result = new JinjaDict();
                foreach (var (key, item) in dict)
                    result[key] = Evaluate(item, globals, at);
                return result;
            default:
                return value;
        }
    }

    [GeneratedRegex(@"^\s*(env_var|ref|var|source)\s*\(.+\)\s*$")]
    private static partial Regex FunctionCall();
}
