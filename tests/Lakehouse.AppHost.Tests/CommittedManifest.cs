using System.Text.Json.Nodes;
using Lakehouse.Testing;

namespace Lakehouse.AppHost.Tests;

/// <summary>The manifest at the top of the repository.</summary>
internal static class CommittedManifest
{
    public static string Path { get; } = System.IO.Path.Combine(Repository.Root, "aspire-manifest.json");

    public static JsonObject Read() => JsonNode.Parse(File.ReadAllText(Path))!.AsObject();
}
