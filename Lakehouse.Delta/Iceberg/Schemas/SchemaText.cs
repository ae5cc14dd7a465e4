using System.Text.Json;

namespace Lakehouse.Delta.Iceberg.Schemas;

/// <summary>Schemas and name mappings as JSON (Iceberg table spec, "Appendix C" and "Name Mapping Serialization").</summary>
internal static class SchemaText
{
    public static void Write(Utf8JsonWriter json, IcebergSchema schema) => WriteStruct(json, schema.Columns, schema.Id);

    /// <summary>The JSON of a schema; without its id two schemas that are the same have the same text.</summary>
    public static string Of(IcebergStruct columns, int? id = null) => JsonText.Of(json => WriteStruct(json, columns, id));

    /// <exception cref="FormatException">It is no schema.</exception>
    public static IcebergSchema Read(JsonElement element) =>
        new(element.GetProperty("schema-id").GetInt32(), ReadType(element) as IcebergStruct ?? throw new FormatException("a schema is no struct"));

    private static void WriteStruct(Utf8JsonWriter json, IcebergStruct type, int? id)
    {
        json.WriteStartObject();
        json.WriteString("type", "struct");
        if (id is { } number) json.WriteNumber("schema-id", number);
        json.WriteStartArray("fields");
        foreach (IcebergField field in type.Fields)
        {
            json.WriteStartObject();
            json.WriteNumber("id", field.Id);
            json.WriteString("name", field.Name);
            json.WriteBoolean("required", field.Required);
            json.WritePropertyName("type");
            WriteType(json, field.Type);
            if (field.Doc is not null) json.WriteString("doc", field.Doc);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteType(Utf8JsonWriter json, IcebergType type)
    {
        switch (type)
        {
            case IcebergPrimitive primitive:
                json.WriteStringValue(primitive.Name);
                break;
            case IcebergStruct nested:
                WriteStruct(json, nested, null);
                break;
            case IcebergList list:
                json.WriteStartObject();
                json.WriteString("type", "list");
                json.WriteNumber("element-id", list.ElementId);
                json.WriteBoolean("element-required", list.ElementRequired);
                json.WritePropertyName("element");
                WriteType(json, list.Element);
                json.WriteEndObject();
                break;
            case IcebergMap map:
                json.WriteStartObject();
                json.WriteString("type", "map");
                json.WriteNumber("key-id", map.KeyId);
                json.WritePropertyName("key");
                WriteType(json, map.Key);
                json.WriteNumber("value-id", map.ValueId);
                json.WriteBoolean("value-required", map.ValueRequired);
                json.WritePropertyName("value");
                WriteType(json, map.Value);
                json.WriteEndObject();
                break;
        }
    }

    private static IcebergType ReadType(JsonElement element)
    {
        if (element.ValueKind == JsonValueKind.String) return IcebergPrimitive.Parse(element.GetString()!);
        return element.GetProperty("type").GetString() switch
        {
            "struct" => new IcebergStruct([.. element.GetProperty("fields").EnumerateArray().Select(ReadField)]),
            "list" => new IcebergList(Int(element, "element-id"), element.GetProperty("element-required").GetBoolean(), ReadType(element.GetProperty("element"))),
            "map" => new IcebergMap(
                Int(element, "key-id"), ReadType(element.GetProperty("key")), Int(element, "value-id"), element.GetProperty("value-required").GetBoolean(), ReadType(element.GetProperty("value"))),
            string other => throw new FormatException($"the Iceberg type '{other}' is not known"),
            null => throw new FormatException("a type has no name"),
        };
    }

    private static IcebergField ReadField(JsonElement field) => new(
        Int(field, "id"),
        field.GetProperty("name").GetString()!,
        field.GetProperty("required").GetBoolean(),
        ReadType(field.GetProperty("type")),
        field.TryGetProperty("doc", out JsonElement doc) ? doc.GetString() : null);

    private static int Int(JsonElement element, string name) => element.GetProperty(name).GetInt32();
}
