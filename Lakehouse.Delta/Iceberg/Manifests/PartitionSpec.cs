using System.Globalization;
using System.Text;
using System.Text.Json;
using Lakehouse.Delta.Iceberg.Schemas;

namespace Lakehouse.Delta.Iceberg.Manifests;

/// <summary>A field of a partition spec: the identity of a column.</summary>
internal sealed record PartitionField(int SourceId, int FieldId, string Name);

/// <summary>How files are partitioned (Iceberg table spec, "Partitioning"). Delta partitions by columns as they are: identities.</summary>
internal sealed record PartitionSpec(int Id, IReadOnlyList<PartitionField> Fields)
{
    /// <summary>The least id that a partition field may have.</summary>
    public const int FirstFieldId = 1000;

    /// <summary>Whether another has the same columns in the same order, under whatever names.</summary>
    public bool SameColumns(IReadOnlyList<PartitionColumn> columns) => Fields.Select(field => field.SourceId).SequenceEqual(columns.Select(column => column.SourceId));

    /// <summary>The fields as JSON, as manifests carry them.</summary>
    public string FieldsJson() => JsonText.Of(WriteFields);

    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteNumber("spec-id", Id);
        json.WritePropertyName("fields");
        WriteFields(json);
        json.WriteEndObject();
    }

    public static PartitionSpec Read(JsonElement element) => new(
        element.GetProperty("spec-id").GetInt32(),
        [
            .. element.GetProperty("fields").EnumerateArray().Select(field =>
                new PartitionField(field.GetProperty("source-id").GetInt32(), field.GetProperty("field-id").GetInt32(), field.GetProperty("name").GetString()!)),
        ]);

    /// <summary>A name as Avro allows it, as Iceberg's own libraries change it.</summary>
    public static string AvroName(string name)
    {
        StringBuilder result = new(name.Length + 8);
        foreach (char character in name)
        {
            if (char.IsAsciiLetter(character) || character == '_' || (char.IsAsciiDigit(character) && result.Length > 0)) result.Append(character);
            else if (char.IsAsciiDigit(character)) result.Append('_').Append(character);
            else result.Append("_x").Append(((int)character).ToString("X", CultureInfo.InvariantCulture));
        }

        return result.ToString();
    }

    private void WriteFields(Utf8JsonWriter json)
    {
        json.WriteStartArray();
        foreach (PartitionField field in Fields)
        {
            json.WriteStartObject();
            json.WriteNumber("source-id", field.SourceId);
            json.WriteNumber("field-id", field.FieldId);
            json.WriteString("name", field.Name);
            json.WriteString("transform", "identity");
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
