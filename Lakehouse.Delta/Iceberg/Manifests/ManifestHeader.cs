using System.Globalization;
using System.Text.Json;
using Lakehouse.Delta.Iceberg.Schemas;

namespace Lakehouse.Delta.Iceberg.Manifests;

/// <summary>What a manifest says of its entries: their Avro schema, the table's schema and the partition spec (Iceberg table spec,
/// "Manifests"). Entries can be copied between manifests with the same header as they are.</summary>
internal sealed class ManifestHeader
{
    /// <summary>Says that the fields of entries are in our order, and which types the partition has. Manifests without it are not read.</summary>
    private const string PartitionTypesKey = "lakehouse.partition-types";

    private ManifestHeader(IReadOnlyDictionary<string, string> metadata, int specId, FileContent content, IReadOnlyList<IcebergPrimitive> partitionTypes)
    {
        Metadata = metadata;
        SpecId = specId;
        Content = content;
        PartitionTypes = partitionTypes;
    }

    /// <summary>The Avro file's metadata.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    public int SpecId { get; }

    public FileContent Content { get; }

    /// <summary>The types of the partition's fields.</summary>
    public IReadOnlyList<IcebergPrimitive> PartitionTypes { get; }

    /// <summary>The header of new manifests.</summary>
    public static ManifestHeader Of(IcebergSchema schema, PartitionSpec spec, IReadOnlyList<PartitionColumn> columns, FileContent content)
    {
        IcebergPrimitive[] types = [.. columns.Select(column => column.Type)];
        return new ManifestHeader(
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["avro.schema"] = ManifestSchemas.Entry(spec, types),
                ["schema"] = SchemaText.Of(schema.Columns, schema.Id),
                ["schema-id"] = Text(schema.Id),
                ["partition-spec"] = spec.FieldsJson(),
                ["partition-spec-id"] = Text(spec.Id),
                ["format-version"] = "2",
                ["content"] = content == FileContent.Data ? "data" : "deletes",
                [PartitionTypesKey] = JsonSerializer.Serialize(types.Select(type => type.Name)),
            },
            spec.Id,
            content,
            types);
    }

    /// <summary>The header of a manifest of ours.</summary>
    /// <exception cref="FormatException">It is not one of ours.</exception>
    public static ManifestHeader Read(IReadOnlyDictionary<string, string> metadata)
    {
        string types = metadata.GetValueOrDefault(PartitionTypesKey) ?? throw new FormatException("the manifest was not written by Lakehouse");
        return new ManifestHeader(
            metadata,
            int.Parse(metadata["partition-spec-id"], NumberStyles.None, CultureInfo.InvariantCulture),
            metadata["content"] == "data" ? FileContent.Data : FileContent.PositionDeletes,
            [.. JsonSerializer.Deserialize<string[]>(types)!.Select(IcebergPrimitive.Parse)]);
    }

    /// <summary>Whether entries of another can be copied under this header.</summary>
    public bool Takes(ManifestHeader other) =>
        Content == other.Content && SpecId == other.SpecId && PartitionTypes.SequenceEqual(other.PartitionTypes) && Metadata["avro.schema"] == other.Metadata["avro.schema"];

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
