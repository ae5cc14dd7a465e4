using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using YamlDotNet.RepresentationModel;

namespace Lakehouse.AppHost.Tests;

/// <summary>
/// deploy/kubernetes says of every project and container what the manifest says: image, arguments, ports, volumes and variables,
/// with the manifest's expressions resolved as a cluster resolves them.
/// </summary>
public sealed partial class KubernetesFollowsManifestTests
{
    private const string Password = "{postgres-password.value}";

    /// <summary>The keys of the example's secrets, by the manifest's parameters that are nothing but a value.</summary>
    private static readonly Dictionary<string, string> Secrets = new()
    {
        [Password] = "secret:POSTGRES_PASSWORD",
        ["{source.connectionString}"] = "secret:SOURCE_CONNECTION_STRING",
    };

    private static readonly JsonObject Manifest = CommittedManifest.Read()["resources"]!.AsObject();

    public static TheoryData<string> Deployed => [.. Manifest.Where(resource => ((string)resource.Value!["type"]!).Split('.')[0] is "project" or "container").Select(resource => resource.Key)];

    [Fact]
    public void There_is_a_workload_for_each_and_no_other() => Assert.Equal(
        Deployed.Select(row => row.Data).Order(StringComparer.Ordinal),
        KubernetesTests.Workloads.Select(row => row.Data).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Deployed))]
    public void The_image_and_its_arguments_are_the_manifests(string name)
    {
        YamlMappingNode container = KubernetesManifests.Container(KubernetesManifests.Workload(name));
        string image = (string?)Manifest[name]!["image"] ?? System.IO.Path.GetFileNameWithoutExtension((string)Manifest[name]!["path"]!).ToLowerInvariant().Replace('.', '-');
        Assert.Equal(image, container.At("image")!.Text());
        Assert.Equal((Manifest[name]!["args"]?.AsArray() ?? []).Select(argument => (string)argument!), container.Items("args").Select(argument => argument.Text()));
        if (Manifest[name]!["path"] is not null)
            Assert.Contains(KubernetesManifests.Kustomization.Items("images"), item => item.At("name")!.Text() == image && item.At("newTag")!.Text() != "latest");
    }

    [Theory]
    [MemberData(nameof(Deployed))]
    public void The_ports_are_the_manifests(string name)
    {
        string[] expected = [.. Manifest[name]!["bindings"]!.AsObject().Select(binding => $"{binding.Key} {binding.Value!["targetPort"]}").Order(StringComparer.Ordinal)];
        YamlMappingNode container = KubernetesManifests.Container(KubernetesManifests.Workload(name));
        Assert.Equal(expected, container.Items("ports").Select(port => $"{port.At("name")} {port.At("containerPort")}").Order(StringComparer.Ordinal));
        Assert.Equal(expected, KubernetesManifests.Object("Service", name).Items("spec", "ports").Select(port => $"{port.At("name")} {port.At("targetPort")}").Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Deployed))]
    public void The_volumes_are_the_manifests(string name)
    {
        YamlMappingNode container = KubernetesManifests.Container(KubernetesManifests.Workload(name));
        foreach (JsonNode? volume in Manifest[name]!["volumes"]?.AsArray() ?? [])
            Assert.Contains(container.Items("volumeMounts"), mount => mount.At("name")!.Text() == (string)volume!["name"]! && mount.At("mountPath")!.Text() == (string)volume["target"]!);
    }

    [Theory]
    [MemberData(nameof(Deployed))]
    public void The_variables_are_the_manifests(string name)
    {
        Dictionary<string, string> actual = KubernetesManifests.Environment(KubernetesManifests.Container(KubernetesManifests.Workload(name)));
        JsonObject environment = Manifest[name]!["env"]!.AsObject();
        // Kubernetes composes variables of ones that come before: $(NAME).
        string? password = environment.Where(variable => (string)variable.Value! == Password).Select(variable => variable.Key).FirstOrDefault();
        string[] order = [.. actual.Keys];
        foreach ((string variable, JsonNode? value) in environment)
        {
            string manifest = (string)value!;
            string expected = Secrets.TryGetValue(manifest, out string? secret) ? secret : Resolve(manifest, password);
            Assert.True(actual.TryGetValue(variable, out string? text), $"{name} lacks {variable}={expected}");
            Assert.Equal($"{variable}={expected}", $"{variable}={text}");
            if (expected.Contains("$(", StringComparison.Ordinal)) Assert.True(Array.IndexOf(order, password) < Array.IndexOf(order, variable), $"{variable} stands before {password}.");
        }
    }

    private static string Resolve(string text, string? password) => Expression().Replace(text, match => match.Groups[1].Value.Split('.') switch
    {
        ["postgres-password" or "postgres-password-uri-encoded", "value"] => $"$({password})",
        ["lake", "connectionString"] => "/lake",
        [var resource, "connectionString"] => Resolve((string)Manifest[resource]!["connectionString"]!, password),
        [var resource, "bindings", _, "host"] => resource,
        [var resource, "bindings", var binding, "port" or "targetPort"] => Port(resource, binding),
        [var resource, "bindings", var binding, "url"] => $"{Manifest[resource]!["bindings"]![binding]!["scheme"]}://{resource}:{Port(resource, binding)}",
        _ => throw new InvalidOperationException($"'{match.Value}' has no counterpart in a cluster yet: add one here."),
    });

    private static string Port(string resource, string binding) => Manifest[resource]!["bindings"]![binding]!["targetPort"]!.ToString();

    [GeneratedRegex(@"\{([^{}]+)\}")]
    private static partial Regex Expression();
}
