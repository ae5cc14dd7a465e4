using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Lakehouse.DuckDb;

namespace Lakehouse.Engine.Results;

/// <summary>
/// The JSON form of a result's values, the same on the command line and over HTTP. Integers and decimals of any size are
/// JSON numbers with all their digits (a reader that wants them exact must not go through a double); NaN and infinities
/// are strings; dates and times ISO 8601, instants in UTC; intervals ISO 8601 durations; BLOB base64; UUID, BIT and ENUM
/// strings; lists arrays; structs objects; maps objects when their keys are text, else arrays of <c>{"key":…,"value":…}</c>;
/// a union its member's value.
/// </summary>
public static class ResultJson
{
    /// <summary>Writer options for results: text stays readable, as nothing here is embedded in HTML.</summary>
    public static JsonWriterOptions WriterOptions { get; } = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    /// <summary>Writes one value of the current chunk.</summary>
    public static void Write(Utf8JsonWriter writer, in DuckDbVector vector, int row)
    {
        if (vector.IsNull(row))
        {
            writer.WriteNullValue();
            return;
        }
        DuckDbTypeId type = vector.Type.Id;
        if (ScalarText.IsExactNumber(type))
        {
            WriteNumber(writer, vector, row);
            return;
        }
        switch (type)
        {
            case DuckDbTypeId.Boolean:
                writer.WriteBooleanValue(vector.Values<byte>()[row] != 0);
                break;
            case DuckDbTypeId.Float:
                WriteFloat(writer, vector.Values<float>()[row]);
                break;
            case DuckDbTypeId.Double:
                WriteDouble(writer, vector.Values<double>()[row]);
                break;
            case DuckDbTypeId.Varchar:
                writer.WriteStringValue(vector.Utf8(row));
                break;
            case DuckDbTypeId.Blob or DuckDbTypeId.Geometry:
                writer.WriteBase64StringValue(vector.Utf8(row));
                break;
            case DuckDbTypeId.Bit:
                writer.WriteStringValue(BitText.Of(vector.Utf8(row)));
                break;
            case DuckDbTypeId.Interval:
                writer.WriteStringValue(IntervalText.Iso(vector.Values<DuckDbInterval>()[row]));
                break;
            case DuckDbTypeId.List or DuckDbTypeId.Array:
                WriteList(writer, vector, row);
                break;
            case DuckDbTypeId.Struct:
                WriteStruct(writer, vector, row);
                break;
            case DuckDbTypeId.Map:
                WriteMap(writer, vector, row);
                break;
            case DuckDbTypeId.Union:
                Write(writer, vector.Field(vector.UnionTags[row]), row);
                break;
            default:
                WriteTime(writer, vector, row);
                break;
        }
    }

    private static void WriteNumber(Utf8JsonWriter writer, in DuckDbVector vector, int row)
    {
        Span<byte> text = stackalloc byte[ScalarText.MaxLength];
        writer.WriteRawValue(text[..ScalarText.WriteNumber(vector, row, text)], skipInputValidation: true);
    }

    private static void WriteTime(Utf8JsonWriter writer, in DuckDbVector vector, int row)
    {
        Span<byte> text = stackalloc byte[ScalarText.MaxLength];
        int length = ScalarText.WriteTime(vector, row, TimeStyle.Iso, text);
        if (length > 0)
            writer.WriteStringValue(text[..length]);
        else
            writer.WriteStringValue(Convert.ToString(vector.GetProviderValue(row), CultureInfo.InvariantCulture));
    }

    private static void WriteFloat(Utf8JsonWriter writer, float value)
    {
        if (float.IsFinite(value))
            writer.WriteNumberValue(value);
        else
            writer.WriteStringValue(value.ToString(CultureInfo.InvariantCulture));
    }

    private static void WriteDouble(Utf8JsonWriter writer, double value)
    {
        if (double.IsFinite(value))
            writer.WriteNumberValue(value);
        else
            writer.WriteStringValue(value.ToString(CultureInfo.InvariantCulture));
    }

    private static void WriteList(Utf8JsonWriter writer, in DuckDbVector vector, int row)
    {
        DuckDbListEntry entry = vector.ListEntry(row);
        DuckDbVector child = vector.Child;
        writer.WriteStartArray();
        for (long i = entry.Offset; i < entry.Offset + entry.Length; i++)
            Write(writer, child, (int)i);
        writer.WriteEndArray();
    }

    private static void WriteStruct(Utf8JsonWriter writer, in DuckDbVector vector, int row)
    {
        IReadOnlyList<DuckDbField> fields = vector.Type.Fields;
        bool named = !vector.Type.IsUnnamedStruct;
        if (named)
            writer.WriteStartObject();
        else
            writer.WriteStartArray();
        for (int i = 0; i < fields.Count; i++)
        {
            if (named)
                writer.WritePropertyName(fields[i].Name);
            Write(writer, vector.Field(i), row);
        }
        if (named)
            writer.WriteEndObject();
        else
            writer.WriteEndArray();
    }

    private static void WriteMap(Utf8JsonWriter writer, in DuckDbVector vector, int row)
    {
        DuckDbListEntry entry = vector.ListEntry(row);
        DuckDbVector keys = vector.Child.Field(0);
        DuckDbVector values = vector.Child.Field(1);
        bool text = keys.Type.Id == DuckDbTypeId.Varchar;
        if (text)
            writer.WriteStartObject();
        else
            writer.WriteStartArray();
        for (long i = entry.Offset; i < entry.Offset + entry.Length; i++)
        {
            if (text)
            {
                writer.WritePropertyName(keys.Utf8((int)i));
                Write(writer, values, (int)i);
                continue;
            }
            writer.WriteStartObject();
            writer.WritePropertyName("key"u8);
            Write(writer, keys, (int)i);
            writer.WritePropertyName("value"u8);
            Write(writer, values, (int)i);
            writer.WriteEndObject();
        }
        if (text)
            writer.WriteEndObject();
        else
            writer.WriteEndArray();
    }
}
