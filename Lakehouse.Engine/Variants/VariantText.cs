using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Lakehouse.Engine.Variants;

/// <summary>Variants as JSON (Parquet's "Variant Binary Encoding"), with Spark's texts for what JSON has no type for: bytes in Base64,
/// instants in UTC.</summary>
internal static class VariantText
{
    private const int MaxDepth = 256;

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, MaxDepth = MaxDepth + 1 };

    /// <summary>Writes one value.</summary>
    /// <param name="metadata">The names of its objects' fields.</param>
    /// <param name="value">The value.</param>
    /// <param name="output">Takes the JSON in UTF-8.</param>
    /// <exception cref="FormatException">The bytes are no variant.</exception>
    public static void Write(ReadOnlySpan<byte> metadata, ReadOnlySpan<byte> value, IBufferWriter<byte> output)
    {
        using Utf8JsonWriter json = new(output, Options);
        try
        {
            WriteValue(json, new Names(metadata), value, 0);
        }
        catch (Exception exception) when (exception is ArgumentException or IndexOutOfRangeException or InvalidOperationException or OverflowException)
        {
            throw new FormatException("A variant is damaged: its bytes end too soon, or are no text.", exception);
        }
    }

    private static void WriteValue(Utf8JsonWriter json, Names names, ReadOnlySpan<byte> value, int depth)
    {
        if (depth > MaxDepth) throw new FormatException($"A variant is nested more than {MaxDepth} deep.");
        var header = value[0] >> 2;
        switch (value[0] & 3)
        {
            case 0: WritePrimitive(json, header, value[1..]); break;
            case 1: json.WriteStringValue(value.Slice(1, header)); break;
            case 2: WriteObject(json, names, header, value[1..], depth); break;
            default: WriteArray(json, names, header, value[1..], depth); break;
        }
    }

    private static void WriteObject(Utf8JsonWriter json, Names names, int header, ReadOnlySpan<byte> value, int depth)
    {
        int offsetSize = (header & 3) + 1, idSize = (header >> 2 & 3) + 1;
        var count = TakeCount(ref value, isLarge: (header & 16) != 0);
        var ids = value[..checked(count * idSize)];
        var offsets = value.Slice(ids.Length, checked((count + 1) * offsetSize));
        var values = value[(ids.Length + offsets.Length)..];
        json.WriteStartObject();
        for (var i = 0; i < count; i++)
        {
            json.WritePropertyName(names[Unsigned(ids[(i * idSize)..], idSize)]);
            WriteValue(json, names, values[Unsigned(offsets[(i * offsetSize)..], offsetSize)..], depth + 1);
        }
        json.WriteEndObject();
    }

    private static void WriteArray(Utf8JsonWriter json, Names names, int header, ReadOnlySpan<byte> value, int depth)
    {
        var offsetSize = (header & 3) + 1;
        var count = TakeCount(ref value, isLarge: (header & 4) != 0);
        var offsets = value[..checked((count + 1) * offsetSize)];
        var values = value[offsets.Length..];
        json.WriteStartArray();
        for (var i = 0; i < count; i++) WriteValue(json, names, values[Unsigned(offsets[(i * offsetSize)..], offsetSize)..], depth + 1);
        json.WriteEndArray();
    }

    private static void WritePrimitive(Utf8JsonWriter json, int type, ReadOnlySpan<byte> value)
    {
        switch (type)
        {
            case 0: json.WriteNullValue(); break;
            case 1: json.WriteBooleanValue(true); break;
            case 2: json.WriteBooleanValue(false); break;
            case 3: json.WriteNumberValue((sbyte)value[0]); break;
            case 4: json.WriteNumberValue(BinaryPrimitives.ReadInt16LittleEndian(value)); break;
            case 5: json.WriteNumberValue(BinaryPrimitives.ReadInt32LittleEndian(value)); break;
            case 6: json.WriteNumberValue(BinaryPrimitives.ReadInt64LittleEndian(value)); break;
            case 7: WriteDouble(json, BinaryPrimitives.ReadDoubleLittleEndian(value)); break;
            case 8: WriteDecimal(json, value[0], value.Slice(1, 4)); break;
            case 9: WriteDecimal(json, value[0], value.Slice(1, 8)); break;
            case 10: WriteDecimal(json, value[0], value.Slice(1, 16)); break;
            case 11: WriteText(json, DateTime.UnixEpoch.AddDays(BinaryPrimitives.ReadInt32LittleEndian(value)), "yyyy-MM-dd"); break;
            case 12: WriteText(json, FromMicroseconds(value), "yyyy-MM-dd HH:mm:ss.FFFFFF'+00:00'"); break;
            case 13: WriteText(json, FromMicroseconds(value), "yyyy-MM-dd HH:mm:ss.FFFFFF"); break;
            case 14: WriteFloat(json, BinaryPrimitives.ReadSingleLittleEndian(value)); break;
            case 15: json.WriteBase64StringValue(Sized(value)); break;
            case 16: json.WriteStringValue(Sized(value)); break;
            case 17: WriteText(json, FromMicroseconds(value), "HH:mm:ss.FFFFFF"); break;
            case 18: WriteText(json, FromNanoseconds(value), "yyyy-MM-dd HH:mm:ss.FFFFFFF'+00:00'"); break;
            case 19: WriteText(json, FromNanoseconds(value), "yyyy-MM-dd HH:mm:ss.FFFFFFF"); break;
            case 20: json.WriteStringValue(new Guid(value[..16], bigEndian: true)); break;
            default: throw new FormatException($"A variant has a value of type {type}, which the encoding does not define.");
        }
    }

    private static void WriteDouble(Utf8JsonWriter json, double value)
    {
        if (double.IsFinite(value)) WriteFloating(json, value.ToString("R", CultureInfo.InvariantCulture));
        else json.WriteStringValue(double.IsNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity");
    }

    private static void WriteFloat(Utf8JsonWriter json, float value)
    {
        if (float.IsFinite(value)) WriteFloating(json, value.ToString("R", CultureInfo.InvariantCulture));
        else WriteDouble(json, value);
    }

    /// <summary>A whole number keeps its point, which tells it from an integer.</summary>
    private static void WriteFloating(Utf8JsonWriter json, string text)
    {
        var exponent = text.IndexOf('E', StringComparison.Ordinal);
        var mantissa = exponent < 0 ? text : text[..exponent];
        json.WriteRawValue((mantissa.Contains('.', StringComparison.Ordinal) ? mantissa : mantissa + ".0") + (exponent < 0 ? "" : text[exponent..]));
    }

    private static void WriteDecimal(Utf8JsonWriter json, int scale, ReadOnlySpan<byte> unscaled)
    {
        var number = new BigInteger(unscaled);
        // Zeros after the point say nothing, as in Spark.
        for (; scale > 0; scale--)
        {
            var (quotient, rest) = BigInteger.DivRem(number, 10);
            if (!rest.IsZero) break;
            number = quotient;
        }
        var digits = BigInteger.Abs(number).ToString(CultureInfo.InvariantCulture).PadLeft(scale + 1, '0');
        var text = scale == 0 ? digits : $"{digits[..^scale]}.{digits[^scale..]}";
        json.WriteRawValue(number.Sign < 0 ? "-" + text : text);
    }

    private static void WriteText(Utf8JsonWriter json, DateTime value, string format) => json.WriteStringValue(value.ToString(format, CultureInfo.InvariantCulture));

    private static DateTime FromMicroseconds(ReadOnlySpan<byte> value) => DateTime.UnixEpoch.AddTicks(checked(BinaryPrimitives.ReadInt64LittleEndian(value) * 10));

    private static DateTime FromNanoseconds(ReadOnlySpan<byte> value) => DateTime.UnixEpoch.AddTicks(BinaryPrimitives.ReadInt64LittleEndian(value) / 100);

    private static ReadOnlySpan<byte> Sized(ReadOnlySpan<byte> value) => value.Slice(4, BinaryPrimitives.ReadInt32LittleEndian(value));

    private static int TakeCount(ref ReadOnlySpan<byte> value, bool isLarge)
    {
        var size = isLarge ? 4 : 1;
        var count = Unsigned(value, size);
        value = value[size..];
        return count;
    }

    private static int Unsigned(ReadOnlySpan<byte> bytes, int size)
    {
        var number = 0;
        for (var i = 0; i < size; i++) number |= bytes[i] << 8 * i;
        return number;
    }

    /// <summary>The dictionary of field names.</summary>
    private readonly ref struct Names
    {
        private readonly ReadOnlySpan<byte> _offsets;
        private readonly ReadOnlySpan<byte> _texts;
        private readonly int _size;

        public Names(ReadOnlySpan<byte> metadata)
        {
            if ((metadata[0] & 15) != 1) throw new FormatException($"A variant is of version {metadata[0] & 15} of the encoding; 1 is the only one known.");
            _size = (metadata[0] >> 6) + 1;
            var count = Unsigned(metadata[1..], _size);
            _offsets = metadata.Slice(1 + _size, checked((count + 1) * _size));
            _texts = metadata[(1 + _size + _offsets.Length)..];
        }

        public ReadOnlySpan<byte> this[int id] => _texts[Unsigned(_offsets[(id * _size)..], _size)..Unsigned(_offsets[((id + 1) * _size)..], _size)];
    }
}
