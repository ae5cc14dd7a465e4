using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Lakehouse.AppHost.Tests;

/// <summary>
/// What Aspire's manifest schema (aspire-manifest.schema.json of Aspire 8 and later) and its readers ask of a manifest: types and
/// their required members, bindings, expressions that lead somewhere, secrets that are asked for or generated; and what azd
/// refuses: bind mounts.
/// </summary>
internal static partial class ManifestRules
{
    private static readonly Dictionary<string, string[]> Required = new()
    {
        ["project.v0"] = ["path"],
        ["container.v0"] = ["image"],
        ["container.v1"] = [],
        ["executable.v0"] = ["workingDirectory", "command"],
        ["parameter.v0"] = ["value", "inputs"],
        ["value.v0"] = ["connectionString"],
        ["annotated.string"] = ["value", "filter"],
    };

    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["project.v0"] = ["args", "env", "bindings"],
        ["container.v0"] = ["connectionString", "entrypoint", "args", "volumes", "env", "bindings"],
        ["container.v1"] = ["connectionString", "image", "build", "entrypoint", "args", "volumes", "env", "bindings"],
        ["executable.v0"] = ["connectionString", "args", "env", "bindings"],
        ["parameter.v0"] = ["connectionString"],
        ["value.v0"] = [],
        ["annotated.string"] = [],
    };

    /// <summary>All that is wrong, each with the place.</summary>
    /// <param name="manifest">The manifest.</param>
    /// <param name="folder">The manifest's folder, from which its paths lead.</param>
    public static IReadOnlyList<string> Violations(JsonObject manifest, string folder)
    {
        var found = new List<string>();
        if (manifest["resources"] is not JsonObject resources) return ["The manifest has no resources."];
        foreach ((string name, JsonNode? node) in resources)
        {
            if (!Name().IsMatch(name)) found.Add($"{name}: no name of a resource");
            if (node is not JsonObject resource) { found.Add($"{name}: no object"); continue; }
            string type = (string?)resource["type"] ?? "";
            if (!Required.TryGetValue(type, out string[]? required)) { found.Add($"{name}: unknown type '{type}'"); continue; }
            found.AddRange(required.Where(member => !resource.ContainsKey(member)).Select(member => $"{name}: {type} needs '{member}'"));
            found.AddRange(resource.Select(member => member.Key).Except([.. required, .. Allowed[type], "type"]).Select(member => $"{name}: {type} has no '{member}'"));
            if (type == "container.v1" && resource.ContainsKey("image") == resource.ContainsKey("build")) found.Add($"{name}: container.v1 needs either 'image' or 'build'");
            found.AddRange(Bindings(resource).Select(what => $"{name}: {what}"));
            found.AddRange(Paths(resource, folder).Select(what => $"{name}: {what}"));
            found.AddRange(Inputs(resource).Select(what => $"{name}: {what}"));
            foreach (JsonNode? volume in resource["volumes"]?.AsArray() ?? [])
            {
                if (volume?["target"] is null || volume["readOnly"] is null) found.Add($"{name}: a volume needs 'target' and 'readOnly'");
                if (volume?["name"] is null) found.Add($"{name}: a volume without a name is lost with its container");
            }
        }
        foreach ((string place, string text) in Strings(resources, ""))
        {
            foreach (Match expression in Expression().Matches(text))
                if (!LeadsSomewhere(resources, expression.Groups[1].Value)) found.Add($"{place}: '{expression.Value}' leads nowhere");
            // Within an image there are such paths; members that name files of this machine are looked at above.
            if (MachinePath().IsMatch(text)) found.Add($"{place}: '{text}' is a path of a machine");
            if (LiteralSecret().IsMatch(text)) found.Add($"{place}: a secret is written out");
        }
        return found;
    }

    private static IEnumerable<string> Bindings(JsonObject resource)
    {
        foreach ((string name, JsonNode? binding) in resource["bindings"]?.AsObject() ?? [])
        {
            string scheme = (string?)binding?["scheme"] ?? "", protocol = (string?)binding?["protocol"] ?? "", transport = (string?)binding?["transport"] ?? "";
            if (scheme is not ("http" or "https" or "tcp" or "udp")) yield return $"binding {name} has the scheme '{scheme}'";
            if (protocol is not ("tcp" or "udp")) yield return $"binding {name} has the protocol '{protocol}'";
            if (transport is not ("http" or "http2" or "tcp")) yield return $"binding {name} has the transport '{transport}'";
            if (scheme is "http" or "https" && transport is "tcp") yield return $"binding {name} speaks {scheme} over the transport tcp";
            if (binding?["targetPort"] is not JsonValue port || !port.TryGetValue(out int number) || number is < 1 or > 65535) yield return $"binding {name} has no target port";
        }
    }

    private static IEnumerable<string> Paths(JsonObject resource, string folder)
    {
        string?[] paths = [(string?)resource["path"], (string?)resource["build"]?["context"], (string?)resource["build"]?["dockerfile"]];
        foreach (string path in paths.OfType<string>())
        {
            if (Path.IsPathRooted(path) || path.Contains('\\') || path.Contains(':') || path.Split('/').Contains("..")) yield return $"'{path}' leads out of the repository";
            else if (!Path.Exists(Path.Combine(folder, path))) yield return $"'{path}' is not there";
        }
    }

    private static IEnumerable<string> Inputs(JsonObject resource)
    {
        foreach ((string name, JsonNode? input) in resource["inputs"]?.AsObject() ?? [])
        {
            if ((string?)input?["type"] != "string") yield return $"input {name} is no string";
            JsonObject? standard = input?["default"]?.AsObject();
            if (standard is not null && standard.ContainsKey("value") == standard.ContainsKey("generate")) yield return $"input {name} needs either a value or a rule to generate one";
            if ((bool?)input?["secret"] == true && standard?.ContainsKey("value") == true) yield return $"input {name} is a secret with its value";
            if (standard?["generate"] is JsonObject generate && (int?)generate["minLength"] is not >= 16) yield return $"input {name} generates less than 16 characters";
        }
    }

    private static bool LeadsSomewhere(JsonObject resources, string expression)
    {
        string[] parts = expression.Split('.');
        if (resources[parts[0]] is not JsonObject resource) return false;
        return parts[1..] switch
        {
            ["connectionString"] => resource.ContainsKey("connectionString"),
            ["value"] => (string?)resource["type"] is "parameter.v0" or "annotated.string",
            ["inputs", var input] => resource["inputs"]?[input] is not null,
            ["bindings", var binding, "url" or "host" or "port" or "targetPort" or "scheme"] => resource["bindings"]?[binding] is not null,
            _ => false,
        };
    }

    private static IEnumerable<(string Place, string Text)> Strings(JsonNode? node, string place) => node switch
    {
        JsonObject members => members.SelectMany(member => Strings(member.Value, $"{place}/{member.Key}")),
        JsonArray items => items.SelectMany(item => Strings(item, place)),
        JsonValue value when value.TryGetValue(out string? text) => [(place, text)],
        _ => [],
    };

    [GeneratedRegex(@"^[a-zA-Z](?:[a-zA-Z0-9]|-(?=[a-zA-Z0-9])){0,63}$")]
    private static partial Regex Name();

    [GeneratedRegex(@"\{([^{}]*)\}")]
    private static partial Regex Expression();

    [GeneratedRegex(@"(^|[=\s])(/(home|Users|root|work|mnt)/|[A-Za-z]:\\)")]
    private static partial Regex MachinePath();

    [GeneratedRegex("(?i)(password|secret|secretkey|pwd)=(?!\\{)[^;]")]
    private static partial Regex LiteralSecret();
}
