using Lakehouse.Testing;
using YamlDotNet.RepresentationModel;

namespace Lakehouse.AppHost.Tests;

/// <summary>The files of deploy/kubernetes, parsed.</summary>
internal static class KubernetesManifests
{
    public static string Folder { get; } = Path.Combine(Repository.Root, "deploy", "kubernetes");

    public static YamlMappingNode Kustomization { get; } = Parse(Path.Combine(Folder, "kustomization.yaml")).Single();

    /// <summary>Every object that <c>kustomization.yaml</c> lists the file of.</summary>
    public static IReadOnlyList<YamlMappingNode> Objects { get; } =
        [.. Kustomization.Items("resources").SelectMany(file => Parse(Path.Combine(Folder, file.Text())))];

    public static IReadOnlyList<YamlMappingNode> Parse(string path)
    {
        var stream = new YamlStream();
        using var reader = new StreamReader(path);
        stream.Load(reader);
        return [.. stream.Documents.Select(document => (YamlMappingNode)document.RootNode)];
    }

    /// <summary>A file of <c>NAME=value</c> lines.</summary>
    public static Dictionary<string, string> Variables(string file) =>
        File.ReadAllLines(Path.Combine(Folder, file))
            .Where(line => line.Length > 0 && line[0] != '#')
            .Select(line => line.Split('=', 2))
            .ToDictionary(parts => parts[0], parts => parts[1], StringComparer.Ordinal);

    public static YamlMappingNode Object(string kind, string name) =>
        Assert.Single(Objects, item => item.At("kind")!.Text() == kind && item.At("metadata", "name")!.Text() == name);

    /// <summary>The Deployment or StatefulSet of a name.</summary>
    public static YamlMappingNode Workload(string name) =>
        Assert.Single(Objects, item => item.At("kind")!.Text() is "Deployment" or "StatefulSet" && item.At("metadata", "name")!.Text() == name);

    public static YamlMappingNode Pod(YamlMappingNode workload) => (YamlMappingNode)workload.At("spec", "template", "spec")!;

    public static YamlMappingNode Container(YamlMappingNode workload) => (YamlMappingNode)Assert.Single(Pod(workload).Items("containers"));

    /// <summary>What a container's variables are: a text, or <c>secret:KEY</c>; those of its ConfigMaps and its own.</summary>
    public static Dictionary<string, string> Environment(YamlMappingNode container)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (YamlNode from in container.Items("envFrom"))
        {
            string map = from.At("configMapRef", "name")!.Text();
            YamlNode generator = Assert.Single(Kustomization.Items("configMapGenerator"), item => item.At("name")!.Text() == map);
            foreach ((string name, string value) in generator.Items("envs").SelectMany(file => Variables(file.Text()))) variables.Add(name, value);
        }
        foreach (YamlNode variable in container.Items("env"))
            variables.Add(variable.At("name")!.Text(), variable.At("value")?.Text() ?? $"secret:{variable.At("valueFrom", "secretKeyRef", "key")!.Text()}");
        return variables;
    }

    /// <summary>The node below; null when there is none.</summary>
    public static YamlNode? At(this YamlNode node, params string[] path) =>
        path.Aggregate<string, YamlNode?>(node, (at, key) => at is YamlMappingNode map && map.Children.TryGetValue(new YamlScalarNode(key), out YamlNode? next) ? next : null);

    public static IEnumerable<YamlNode> Items(this YamlNode node, params string[] path) => node.At(path) is YamlSequenceNode items ? items.Children : [];

    public static string Text(this YamlNode node) => ((YamlScalarNode)node).Value ?? "";
}
