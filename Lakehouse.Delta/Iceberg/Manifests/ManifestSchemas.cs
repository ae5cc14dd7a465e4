using System.Text.Json;
using Lakehouse.Delta.Iceberg.Schemas;

namespace Lakehouse.Delta.Iceberg.Manifests;

/// <summary>The Avro schemas of manifests and manifest lists, with the field ids by which readers find their way (Iceberg table spec,
/// "Manifests", "Manifest Lists" and "Appendix A"). <see cref="ManifestWriter"/> and <see cref="ManifestReader"/> keep to the order here.</summary>
internal static class ManifestSchemas
{
    /// <summary>The schema of manifest lists.</summary>
    public static readonly string List = JsonText.Of(json => Record(json, "manifest_file", null, () =>
    {
        Field(json, "manifest_path", 500, "string");
        Field(json, "manifest_length", 501, "long");
        Field(json, "partition_spec_id", 502, "int");
        Field(json, "content", 517, "int");
        Field(json, "sequence_number", 515, "long");
        Field(json, "min_sequence_number", 516, "long");
        Field(json, "added_snapshot_id", 503, "long");
        Field(json, "added_files_count", 504, "int");
        Field(json, "existing_files_count", 505, "int");
        Field(json, "deleted_files_count", 506, "int");
        Field(json, "added_rows_count", 512, "long");
        Field(json, "existing_rows_count", 513, "long");
        Field(json, "deleted_rows_count", 514, "long");
        OptionalField(json, "partitions", 507, () =>
        {
            json.WriteStartObject();
            json.WriteString("type", "array");
            json.WritePropertyName("items");
            Record(json, "r508", null, () =>
            {
                Field(json, "contains_null", 509, "boolean");
                OptionalField(json, "contains_nan", 518, "boolean");
                OptionalField(json, "lower_bound", 510, "bytes");
                OptionalField(json, "upper_bound", 511, "bytes");
            });
            json.WriteNumber("element-id", 508);
            json.WriteEndObject();
        });
        OptionalField(json, "key_metadata", 519, "bytes");
    }));

    /// <summary>The schema of a manifest's entries.</summary>
    public static string Entry(PartitionSpec spec, IReadOnlyList<IcebergPrimitive> types) => JsonText.Of(json => Record(json, "manifest_entry", null, () =>
    {
        Field(json, "status", 0, "int");
        OptionalField(json, "snapshot_id", 1, "long");
        OptionalField(json, "sequence_number", 3, "long");
        OptionalField(json, "file_sequence_number", 4, "long");
        Field(json, "data_file", 2, () => Record(json, "r2", null, () => WriteDataFile(json, spec, types)));
    }));

    private static void WriteDataFile(Utf8JsonWriter json, PartitionSpec spec, IReadOnlyList<IcebergPrimitive> types)
    {
        Field(json, "content", 134, "int");
        Field(json, "file_path", 100, "string");
        Field(json, "file_format", 101, "string");
        Field(json, "partition", 102, () => Record(json, "r102", null, () =>
        {
            for (int i = 0; i < types.Count; i++)
            {
                IcebergPrimitive type = types[i];
                PartitionField field = spec.Fields[i];
                OptionalField(json, PartitionSpec.AvroName(field.Name), field.FieldId, () => WritePrimitive(json, type, field.FieldId), field.Name);
            }
        }));
        Field(json, "record_count", 103, "long");
        Field(json, "file_size_in_bytes", 104, "long");
        MapField(json, "column_sizes", 108, 117, 118, "long");
        MapField(json, "value_counts", 109, 119, 120, "long");
        MapField(json, "null_value_counts", 110, 121, 122, "long");
        MapField(json, "nan_value_counts", 137, 138, 139, "long");
        MapField(json, "lower_bounds", 125, 126, 127, "bytes");
        MapField(json, "upper_bounds", 128, 129, 130, "bytes");
        OptionalField(json, "key_metadata", 131, "bytes");
        ListField(json, "split_offsets", 132, 133, "long");
        ListField(json, "equality_ids", 135, 136, "int");
        OptionalField(json, "sort_order_id", 140, "int");
        OptionalField(json, "referenced_data_file", 143, "string");
    }

    private static void WritePrimitive(Utf8JsonWriter json, IcebergPrimitive type, int fieldId)
    {
        switch (type.Name)
        {
            case "boolean" or "int" or "long" or "float" or "double" or "string":
                json.WriteStringValue(type.Name);
                return;
            case "binary":
                json.WriteStringValue("bytes");
                return;
        }

        json.WriteStartObject();
        switch (type.Name)
        {
            case "date":
                json.WriteString("type", "int");
                json.WriteString("logicalType", "date");
                break;
            case "timestamp" or "timestamptz":
                json.WriteString("type", "long");
                json.WriteString("logicalType", "timestamp-micros");
                json.WriteBoolean("adjust-to-utc", type == IcebergPrimitive.TimestampTz);
                break;
            default:
                json.WriteString("type", "fixed");
                json.WriteString("name", $"decimal_{type.Precision}_{type.Scale}_{fieldId}");
                json.WriteNumber("size", type.DecimalBytes);
                json.WriteString("logicalType", "decimal");
                json.WriteNumber("precision", type.Precision);
                json.WriteNumber("scale", type.Scale);
                break;
        }

        json.WriteEndObject();
    }

    private static void Record(Utf8JsonWriter json, string name, string? doc, Action fields)
    {
        json.WriteStartObject();
        json.WriteString("type", "record");
        json.WriteString("name", name);
        if (doc is not null) json.WriteString("doc", doc);
        json.WriteStartArray("fields");
        fields();
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Field(Utf8JsonWriter json, string name, int id, string type) => Field(json, name, id, () => json.WriteStringValue(type));

    private static void Field(Utf8JsonWriter json, string name, int id, Action type)
    {
        json.WriteStartObject();
        json.WriteString("name", name);
        json.WritePropertyName("type");
        type();
        json.WriteNumber("field-id", id);
        json.WriteEndObject();
    }

    private static void OptionalField(Utf8JsonWriter json, string name, int id, string type) => OptionalField(json, name, id, () => json.WriteStringValue(type));

    private static void OptionalField(Utf8JsonWriter json, string name, int id, Action type, string? icebergName = null)
    {
        json.WriteStartObject();
        json.WriteString("name", name);
        json.WriteStartArray("type");
        json.WriteStringValue("null");
        type();
        json.WriteEndArray();
        json.WriteNull("default");
        json.WriteNumber("field-id", id);
        if (icebergName is not null && icebergName != name) json.WriteString("iceberg-field-name", icebergName);
        json.WriteEndObject();
    }

    /// <summary>A map whose keys are no strings is an array of pairs.</summary>
    private static void MapField(Utf8JsonWriter json, string name, int id, int keyId, int valueId, string value) => OptionalField(json, name, id, () =>
    {
        json.WriteStartObject();
        json.WriteString("type", "array");
        json.WriteString("logicalType", "map");
        json.WritePropertyName("items");
        Record(json, $"k{keyId}_v{valueId}", null, () =>
        {
            Field(json, "key", keyId, "int");
            Field(json, "value", valueId, value);
        });
        json.WriteEndObject();
    });

    private static void ListField(Utf8JsonWriter json, string name, int id, int elementId, string element) => OptionalField(json, name, id, () =>
    {
        json.WriteStartObject();
        json.WriteString("type", "array");
        json.WriteString("items", element);
        json.WriteNumber("element-id", elementId);
        json.WriteEndObject();
    });
}
