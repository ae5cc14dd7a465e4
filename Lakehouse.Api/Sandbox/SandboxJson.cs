using System.Text.Json.Serialization;

namespace Lakehouse.Api.Sandbox;

/// <summary>Serializers made at build time: a sandbox process starts for every query and must not spend its time on reflection.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(SandboxQuery))]
[JsonSerializable(typeof(SandboxError))]
[JsonSerializable(typeof(SandboxSetup))]
[JsonSerializable(typeof(IReadOnlyList<SqlColumn>))]
public sealed partial class SandboxJson : JsonSerializerContext;
