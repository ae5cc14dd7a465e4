using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Lakehouse.Delta;

/// <summary>Schemas to and from the JSON in a metaData action (PROTOCOL.md, "Schema Serialization Format").</summary>
public static class SchemaJson
{
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping, MaxDepth = 256 };

    /// <summary>Reads a table's schema.</summary>
    /// <exception cref="FormatException">The text is no schema; the message says where.</exception>
    public static StructType Parse(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        try
        {
            using JsonDocument document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 256 });
            return ReadType(document.RootElement, "") as StructType ?? throw new FormatException("The schema is not a struct.");
        }
        catch (JsonException exception)
        {
            throw new FormatException($"The schema is not JSON: {exception.Message}", exception);
        }
        catch (InvalidOperationException exception)
        {
            throw new FormatException($"The schema holds something of another kind than it must: {exception.Message}", exception);
        }
    }

    /// <summary>Writes a type; a table's schema is a <see cref="StructType"/>.</summary>
    public static string Write(DeltaType type)
    {
        ArgumentNullException.ThrowIfNull(type);
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter writer = new(buffer, WriterOptions)) WriteType(writer, type);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>The primitive or decimal type of that name.</summary>
    /// <exception cref="FormatException">There is none.</exception>
    internal static DeltaType ParsePrimitive(string name) => ReadPrimitive(name, "");

    private static DeltaType ReadType(JsonElement element, string where)
    {
        if (element.ValueKind == JsonValueKind.String) return ReadPrimitive(element.GetString()!, where);
        if (element.ValueKind != JsonValueKind.Object) throw Fault(where, "its type is neither a name nor an object");
        string? kind = Required(element, "type", where).GetString();
        switch (kind)
        {
            case "struct":
                List<StructField> fields = [];
                foreach (JsonElement field in Required(element, "fields", where).EnumerateArray()) fields.Add(ReadField(field, where));
                try
                {
                    return new StructType(fields);
                }
                catch (ArgumentException exception)
                {
                    throw new FormatException(exception.Message, exception);
                }

            case "array":
                return new ArrayType(ReadType(Required(element, "elementType", where), where + ".element"), Flag(element, "containsNull"));
            case "map":
                return new MapType(
                    ReadType(Required(element, "keyType", where), where + ".key"),
                    ReadType(Required(element, "valueType", where), where + ".value"),
                    Flag(element, "valueContainsNull"));
            default:
                throw Fault(where, $"its type '{kind}' is unknown");
        }
    }

    private static StructField ReadField(JsonElement element, string where)
    {
        if (element.ValueKind != JsonValueKind.Object) throw Fault(where, "a field is no object");
        string? name = Required(element, "name", where).GetString();
        if (string.IsNullOrEmpty(name)) throw Fault(where, "a field has no name");
        string path = where.Length == 0 ? name : $"{where}.{name}";
        Dictionary<string, JsonElement>? metadata = null;
        if (element.TryGetProperty("metadata", out JsonElement map) && map.ValueKind == JsonValueKind.Object)
        {
            foreach (JsonProperty property in map.EnumerateObject())
                (metadata ??= new Dictionary<string, JsonElement>(StringComparer.Ordinal))[property.Name] = property.Value.Clone();
        }

        return new StructField(name, ReadType(Required(element, "type", path), path), Flag(element, "nullable"), metadata);
    }

    private static DeltaType ReadPrimitive(string name, string where)
    {
        if (PrimitiveType.Find(name) is { } primitive) return primitive;
        if (name == "null") return PrimitiveType.Void; // what Spark called void before it was specified
        if (name == "decimal") return new DecimalType(10, 0);
        if (name.StartsWith("decimal(", StringComparison.Ordinal) && name.EndsWith(')'))
        {
            string[] parts = name[8..^1].Split(',');
            if (parts.Length == 2
                && int.TryParse(parts[0], NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out int precision)
                && int.TryParse(parts[1], NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out int scale)
                && precision is >= 1 and <= 38 && scale >= 0 && scale <= precision)
            {
                return new DecimalType(precision, scale);
            }
        }

        throw Fault(where, $"its type '{name}' is unknown");
    }

    private static void WriteType(Utf8JsonWriter writer, DeltaType type)
    {
        switch (type)
        {
            case StructType structType:
                writer.WriteStartObject();
                writer.WriteString("type", "struct");
                writer.WriteStartArray("fields");
                foreach (StructField field in structType.Fields) WriteField(writer, field);
                writer.WriteEndArray();
                writer.WriteEndObject();
                break;
            case ArrayType array:
                writer.WriteStartObject();
                writer.WriteString("type", "array");
                writer.WritePropertyName("elementType");
                WriteType(writer, array.ElementType);
                writer.WriteBoolean("containsNull", array.ContainsNull);
                writer.WriteEndObject();
                break;
            case MapType map:
                writer.WriteStartObject();
                writer.WriteString("type", "map");
                writer.WritePropertyName("keyType");
                WriteType(writer, map.KeyType);
                writer.WritePropertyName("valueType");
                WriteType(writer, map.ValueType);
                writer.WriteBoolean("valueContainsNull", map.ValueContainsNull);
                writer.WriteEndObject();
                break;
            default:
                writer.WriteStringValue(type.ToString());
                break;
        }
    }

    private static void WriteField(Utf8JsonWriter writer, StructField field)
    {
        writer.WriteStartObject();
        writer.WriteString("name", field.Name);
        writer.WritePropertyName("type");
        WriteType(writer, field.Type);
        writer.WriteBoolean("nullable", field.Nullable);
        writer.WriteStartObject("metadata");
        foreach ((string key, JsonElement value) in field.Metadata)
        {
            writer.WritePropertyName(key);
            value.WriteTo(writer);
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static JsonElement Required(JsonElement element, string property, string where) =>
        element.TryGetProperty(property, out JsonElement value) ? value : throw Fault(where, $"'{property}' is missing");

    private static bool Flag(JsonElement element, string property) =>
        !element.TryGetProperty(property, out JsonElement value) || value.ValueKind != JsonValueKind.False;

    private static FormatException Fault(string where, string what) =>
        new(where.Length == 0 ? $"The schema is malformed: {what}." : $"The schema is malformed at column '{where}': {what}.");
}
