using System.Globalization;
using Lakehouse.Testing;
using YamlDotNet.RepresentationModel;

namespace Lakehouse.AppHost.Tests;

/// <summary>deploy/kubernetes is well formed, complete, and as careful as it says.</summary>
public sealed class KubernetesTests
{
    // What the API server would refuse an object without (Kubernetes 1.32 API reference).
    private static readonly Dictionary<string, (string ApiVersion, string[][] Required)> Kinds = new()
    {
        ["Namespace"] = ("v1", []),
        ["Service"] = ("v1", [["spec", "selector"], ["spec", "ports"]]),
        ["PersistentVolumeClaim"] = ("v1", [["spec", "accessModes"], ["spec", "resources", "requests", "storage"]]),
        ["Deployment"] = ("apps/v1", [["spec", "selector", "matchLabels"], ["spec", "template", "metadata", "labels"], ["spec", "template", "spec", "containers"]]),
        ["StatefulSet"] = ("apps/v1", [["spec", "serviceName"], ["spec", "selector", "matchLabels"], ["spec", "template", "metadata", "labels"], ["spec", "template", "spec", "containers"]]),
        ["PodDisruptionBudget"] = ("policy/v1", [["spec", "selector", "matchLabels"]]),
        ["NetworkPolicy"] = ("networking.k8s.io/v1", [["spec", "podSelector"], ["spec", "policyTypes"]]),
    };

    public static TheoryData<string> Workloads => [.. KubernetesManifests.Objects.Where(item => item.At("kind")!.Text() is "Deployment" or "StatefulSet").Select(item => item.At("metadata", "name")!.Text())];

    [Fact]
    public void Every_file_is_listed_and_there()
    {
        YamlMappingNode kustomization = KubernetesManifests.Kustomization;
        Assert.Equal("kustomize.config.k8s.io/v1beta1", kustomization.At("apiVersion")!.Text());
        IEnumerable<string> listed = kustomization.Items("resources")
            .Concat(kustomization.Items("configMapGenerator").SelectMany(generator => generator.Items("envs").Concat(generator.Items("files"))))
            .Select(node => node.Text());
        IEnumerable<string> there = Directory.EnumerateFiles(KubernetesManifests.Folder).Select(file => Path.GetFileName(file)!)
            .Except(["kustomization.yaml", "secrets.env.example", "secrets.env"]);
        Assert.Equal(there.Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_object_has_what_its_kind_requires_and_a_name_of_its_own()
    {
        foreach (YamlMappingNode item in KubernetesManifests.Objects)
        {
            string kind = item.At("kind")!.Text(), name = item.At("metadata", "name")!.Text();
            (string apiVersion, string[][] required) = Kinds[kind];
            Assert.Equal(apiVersion, item.At("apiVersion")!.Text());
            Assert.Matches("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", name);
            Assert.All(required, path => Assert.True(item.At(path) is not null, $"{kind} {name} has no {string.Join('.', path)}."));
        }
        string[] names = [.. KubernetesManifests.Objects.Select(item => $"{item.At("kind")} {item.At("metadata", "name")}")];
        Assert.Equal(names.Distinct(), names);
    }

    [Theory]
    [MemberData(nameof(Workloads))]
    public void A_workload_is_reached_by_its_service_budget_and_policy(string name)
    {
        YamlMappingNode workload = KubernetesManifests.Workload(name);
        string label = workload.At("spec", "template", "metadata", "labels", "app.kubernetes.io/name")!.Text();
        Assert.Equal(name, label);
        Assert.Equal(label, workload.At("spec", "selector", "matchLabels", "app.kubernetes.io/name")!.Text());
        Assert.Equal(label, KubernetesManifests.Object("Service", name).At("spec", "selector", "app.kubernetes.io/name")!.Text());
        Assert.Equal(label, KubernetesManifests.Object("NetworkPolicy", name).At("spec", "podSelector", "matchLabels", "app.kubernetes.io/name")!.Text());
        YamlMappingNode budget = KubernetesManifests.Object("PodDisruptionBudget", name);
        Assert.Equal(label, budget.At("spec", "selector", "matchLabels", "app.kubernetes.io/name")!.Text());
        Assert.True(budget.At("spec", "minAvailable") is null ^ budget.At("spec", "maxUnavailable") is null);
        // A budget that no eviction can keep would stop every drain of a node.
        if (budget.At("spec", "minAvailable") is { } least)
            Assert.True(int.Parse(least.Text(), CultureInfo.InvariantCulture) < int.Parse(workload.At("spec", "replicas")!.Text(), CultureInfo.InvariantCulture));
    }

    [Theory]
    [MemberData(nameof(Workloads))]
    public void A_pod_runs_with_few_rights_bounded_memory_and_probes(string name)
    {
        YamlMappingNode pod = KubernetesManifests.Pod(KubernetesManifests.Workload(name));
        YamlMappingNode container = KubernetesManifests.Container(KubernetesManifests.Workload(name));
        Assert.Equal("true", pod.At("securityContext", "runAsNonRoot")!.Text());
        Assert.NotEqual("0", pod.At("securityContext", "runAsUser")!.Text());
        Assert.Equal("RuntimeDefault", pod.At("securityContext", "seccompProfile", "type")!.Text());
        Assert.Equal("false", pod.At("automountServiceAccountToken")!.Text());
        Assert.Equal("false", container.At("securityContext", "allowPrivilegeEscalation")!.Text());
        Assert.Equal("true", container.At("securityContext", "readOnlyRootFilesystem")!.Text());
        Assert.Equal(["ALL"], container.Items("securityContext", "capabilities", "drop").Select(item => item.Text()));
        Assert.NotNull(container.At("resources", "requests", "cpu"));
        Assert.NotNull(container.At("resources", "requests", "memory"));
        Assert.NotNull(container.At("resources", "limits", "memory"));
        foreach (string probe in new[] { "startupProbe", "livenessProbe", "readinessProbe" }) Assert.NotNull(container.At(probe));
        if (container.At("livenessProbe", "httpGet") is { } alive)
        {
            Assert.Equal("/alive", alive.At("path")!.Text());
            Assert.Equal("/health", container.At("readinessProbe", "httpGet", "path")!.Text());
        }
        IEnumerable<string> volumes = pod.Items("volumes").Concat(KubernetesManifests.Workload(name).Items("spec", "volumeClaimTemplates").Select(claim => claim.At("metadata")!)).Select(volume => volume.At("name")!.Text());
        Assert.Equal(volumes.Order(StringComparer.Ordinal), container.Items("volumeMounts").Select(mount => mount.At("name")!.Text()).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void All_services_mount_the_one_lake_where_its_connection_string_says()
    {
        string lake = KubernetesManifests.Variables("services.env")["ConnectionStrings__lake"];
        Assert.Equal(["ReadWriteMany"], KubernetesManifests.Object("PersistentVolumeClaim", "lake").Items("spec", "accessModes").Select(mode => mode.Text()));
        foreach (string name in new[] { "api", "catalog", "ingestion", "transform" })
        {
            YamlMappingNode workload = KubernetesManifests.Workload(name);
            YamlNode volume = Assert.Single(KubernetesManifests.Pod(workload).Items("volumes"), item => item.At("name")!.Text() == "lake");
            Assert.Equal("lake", volume.At("persistentVolumeClaim", "claimName")!.Text());
            Assert.Equal(lake, Assert.Single(KubernetesManifests.Container(workload).Items("volumeMounts"), item => item.At("name")!.Text() == "lake").At("mountPath")!.Text());
        }
    }

    [Fact]
    public void Secrets_have_names_here_and_no_values()
    {
        Dictionary<string, string> secrets = KubernetesManifests.Variables("secrets.env.example");
        Assert.All(secrets.Values, Assert.Empty);
        IEnumerable<string> used = KubernetesManifests.Objects.Where(item => item.At("kind")!.Text() is "Deployment" or "StatefulSet")
            .SelectMany(workload => KubernetesManifests.Container(workload).Items("env"))
            .Select(variable => variable.At("valueFrom", "secretKeyRef", "key")?.Text()).OfType<string>().Distinct();
        Assert.Equal(secrets.Keys.Order(StringComparer.Ordinal), used.Order(StringComparer.Ordinal));
        Assert.DoesNotContain(KubernetesManifests.Objects, item => item.At("kind")!.Text() == "Secret");
        Assert.Contains("deploy/kubernetes/secrets.env", File.ReadAllLines(Path.Combine(Repository.Root, ".gitignore")));
    }

    [Fact]
    public void The_sources_of_the_example_are_those_that_ingestion_has_without_any()
    {
        static string[] Body(string path) => [.. File.ReadAllLines(path).Where(line => !line.StartsWith('#'))];
        Assert.Equal(
            Body(Path.Combine(Repository.Root, "Lakehouse.Ingestion", "Service", "sample.lakehouse.yaml")),
            Body(Path.Combine(KubernetesManifests.Folder, "lakehouse.yaml")));
    }

    [Fact]
    public void Azd_finds_the_AppHost()
    {
        YamlMappingNode azure = Assert.Single(KubernetesManifests.Parse(Path.Combine(Repository.Root, "azure.yaml")));
        YamlNode app = Assert.Single(((YamlMappingNode)azure.At("services")!).Children).Value;
        Assert.Equal("dotnet", app.At("language")!.Text());
        Assert.Equal("containerapp", app.At("host")!.Text());
        Assert.True(File.Exists(Path.Combine(Repository.Root, app.At("project")!.Text())));
    }
}
