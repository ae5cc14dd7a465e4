using System.Text.Json.Serialization;
using Lakehouse.Cli.Ingest;

namespace Lakehouse.Cli.Output;

/// <summary>Serializers of what is printed one object a line; what an object does not have is left out.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(IngestionEvent))]
public sealed partial class CliJsonLines : JsonSerializerContext;
