using System.Globalization;
using System.IO.Enumeration;
using System.Text.RegularExpressions;

namespace Lakehouse.Transform;

/// <summary>
/// dbt's node selection: names, paths, <c>tag:</c>, <c>path:</c>, <c>config.KEY:</c>, <c>source:</c>, <c>resource_type:</c>, with
/// <c>+</c> for ancestors and descendants (<c>2+x+1</c>); a space or another argument adds up, a comma intersects.
/// </summary>
internal sealed partial class Selector(DbtProject project)
{
    /// <summary>The ids selected; everything when nothing is asked for. Tests come with any node they test.</summary>
    /// <exception cref="SelectionException">A criterion cannot be understood.</exception>
    public HashSet<string> Select(IReadOnlyList<string> select, IReadOnlyList<string> exclude)
    {
        var selected = select.Count == 0 ? [.. project.Nodes.Keys] : Union(select);
        selected.ExceptWith(Union(exclude));
        return selected;
    }

    private HashSet<string> Union(IEnumerable<string> arguments)
    {
        var union = new HashSet<string>(StringComparer.Ordinal);
        foreach (var criterion in arguments.SelectMany(a => a.Split(' ', StringSplitOptions.RemoveEmptyEntries)))
        {
            HashSet<string>? intersection = null;
            foreach (var part in criterion.Split(',', StringSplitOptions.RemoveEmptyEntries))
            {
                var nodes = WithTests(One(part));
                if (intersection is null)
                    intersection = nodes;
                else
                    intersection.IntersectWith(nodes);
            }
            union.UnionWith(intersection ?? []);
        }
        return union;
    }

    private HashSet<string> One(string text)
    {
        var match = Criterion().Match(text);
        if (!match.Success || match.Groups["value"].Value.Length == 0)
            throw new SelectionException($"'{text}' selects nothing: write a name, path:…, tag:…, config.materialized:…, with + before or behind for ancestors or descendants");
        var matched = project.Nodes.Values.Where(Matching(match.Groups["method"].Value, match.Groups["value"].Value, text)).Select(n => n.UniqueId).ToList();
        var result = new HashSet<string>(matched, StringComparer.Ordinal);
        foreach (var id in matched)
        {
            if (match.Groups["up"].Success)
                result.UnionWith(project.Graph.Around(id, ancestors: true, Steps(match.Groups["upSteps"])));
            if (match.Groups["down"].Success)
                result.UnionWith(project.Graph.Around(id, ancestors: false, Steps(match.Groups["downSteps"])));
        }
        return result;
    }

    private static Func<ProjectNode, bool> Matching(string method, string value, string text)
    {
        switch (method)
        {
            case "tag":
                return n => n.Config.Tags.Any(t => Like(value, t));
            case "path":
                var path = value.TrimEnd('/');
                return n => n.File == path || n.File.StartsWith(path + "/", StringComparison.Ordinal) || Like(path, n.File);
            case "file":
                return n => Like(value, Path.GetFileName(n.File)) || Like(value, Path.GetFileNameWithoutExtension(n.File));
            case "source":
                return n => n is SourceNode s && (Like(value, s.SourceName) || Like(value, $"{s.SourceName}.{s.Name}"));
            case "resource_type":
                return n => n.ResourceType == value;
            case "test_type":
                return n => n is TestNode t && (t.Generic is null ? "singular" : "generic") == value;
            case "test_name":
                return n => n is TestNode t && t.Generic == value;
            case "fqn":
                return n => MatchesName(n, value);
            case "":
                return value.Contains('/', StringComparison.Ordinal) || value.EndsWith(".sql", StringComparison.Ordinal)
                    ? Matching("path", value, text)
                    : n => MatchesName(n, value);
            case var _ when method.StartsWith("config.", StringComparison.Ordinal):
                var key = method["config.".Length..];
                return n => ConfigText(n, key).Any(v => string.Equals(v, value, StringComparison.OrdinalIgnoreCase));
            default:
                throw new SelectionException($"'{text}': there is no selection method '{method}'; there are tag, path, file, source, resource_type, test_type, test_name, fqn and config.KEY");
        }
    }

    private static IEnumerable<string> ConfigText(ProjectNode node, string key)
    {
        if (key == "materialized" && node is ModelNode)
            return [node.Config.Materialized.ToString()];
        return node.Config.Get(key) switch
        {
            null => [],
            IReadOnlyList<object?> list => list.Select(i => Jinja.JinjaValue.ToText(i)),
            var value => [Jinja.JinjaValue.ToText(value)],
        };
    }

    /// <summary>A node's own name, or a dotted part of its path from the project or from the first folder.</summary>
    private static bool MatchesName(ProjectNode node, string value)
    {
        if (node is SourceNode)
            return false;
        var dotted = string.Join('.', node.Fqn);
        var inner = string.Join('.', node.Fqn.Skip(1));
        return Like(value, node.Name) || Like(value, dotted) || Like(value, inner)
            || dotted.StartsWith(value + ".", StringComparison.Ordinal) || inner.StartsWith(value + ".", StringComparison.Ordinal);
    }

    /// <summary>dbt tests what is selected: a test joins when any node it tests is there.</summary>
    private HashSet<string> WithTests(HashSet<string> nodes)
    {
        foreach (var test in project.Nodes.Values.OfType<TestNode>())
            if (test.DependsOn.Any(nodes.Contains))
                nodes.Add(test.UniqueId);
        return nodes;
    }

    private static bool Like(string pattern, string text) => pattern == text || (pattern.AsSpan().ContainsAny('*', '?') && FileSystemName.MatchesSimpleExpression(pattern, text, ignoreCase: false));

    private static int? Steps(Group group) => group.Success && group.Length > 0 ? int.Parse(group.ValueSpan, CultureInfo.InvariantCulture) : null;

    [GeneratedRegex(@"^(?<up>(?<upSteps>\d{0,4})\+)?((?<method>[a-z_.]+):)?(?<value>[^+]*?)(?<down>\+(?<downSteps>\d{0,4}))?$")]
    private static partial Regex Criterion();
}

/// <summary>A selection that cannot be understood.</summary>
public sealed class SelectionException(string message) : Exception(message);
