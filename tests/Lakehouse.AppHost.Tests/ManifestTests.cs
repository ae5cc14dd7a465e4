using System.Text.Json.Nodes;
using Lakehouse.Testing;

namespace Lakehouse.AppHost.Tests;

/// <summary>What is committed is a manifest, of a platform that can be deployed.</summary>
public sealed class ManifestTests
{
    [Fact]
    public void It_keeps_the_schemas_rules() => Assert.Empty(ManifestRules.Violations(CommittedManifest.Read(), Repository.Root));

    [Fact]
    public void It_has_the_services_and_what_they_need_and_nothing_of_the_developers_loop() => Assert.Equal(
        ["api", "catalog", "ingestion", "lake", "metadata", "postgres", "postgres-password", "postgres-password-uri-encoded", "source", "transform"],
        CommittedManifest.Read()["resources"]!.AsObject().Select(resource => resource.Key).Order(StringComparer.Ordinal));

    [Theory]
    [InlineData("catalog", "type", "\"project.v9\"", "unknown type")]
    [InlineData("catalog", "path", "\"/home/me/Lakehouse.Catalog.csproj\"", "leads out")]
    [InlineData("catalog", "path", "\"Lakehouse.Gone/Lakehouse.Gone.csproj\"", "is not there")]
    [InlineData("catalog", "env", """{"A":"{nobody.connectionString}"}""", "leads nowhere")]
    [InlineData("catalog", "env", """{"A":"{api.bindings.grpc.url}"}""", "leads nowhere")]
    [InlineData("catalog", "env", """{"A":"Host=x;Password=hunter2"}""", "a secret is written out")]
    [InlineData("catalog", "env", """{"A":"/home/me/lake"}""", "path of a machine")]
    [InlineData("catalog", "bindings", """{"http":{"scheme":"http","protocol":"tcp","transport":"http"}}""", "no target port")]
    [InlineData("catalog", "bindings", """{"http":{"scheme":"http","protocol":"tcp","transport":"tcp","targetPort":80}}""", "over the transport tcp")]
    [InlineData("catalog", "volumes", "[]", "has no 'volumes'")]
    [InlineData("postgres", "bindMounts", "[]", "has no 'bindMounts'")]
    [InlineData("postgres", "image", null, "needs 'image'")]
    [InlineData("postgres-password", "inputs", """{"value":{"type":"string","secret":true,"default":{"value":"x"}}}""", "a secret with its value")]
    public void A_broken_rule_is_found(string resource, string member, string? value, string expected)
    {
        JsonObject manifest = CommittedManifest.Read();
        JsonObject broken = manifest["resources"]![resource]!.AsObject();
        if (value is null) broken.Remove(member);
        else broken[member] = JsonNode.Parse(value);
        Assert.Contains(ManifestRules.Violations(manifest, Repository.Root), violation => violation.Contains(expected, StringComparison.Ordinal));
    }
}
