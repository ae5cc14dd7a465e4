using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json;
using Lakehouse.Delta.Iceberg.Schemas;

namespace Lakehouse.Delta.Iceberg.Manifests;

/// <summary>Single values as bytes, as bounds in manifests have them (Iceberg table spec, "Binary single-value serialization").</summary>
internal static class SingleValue
{
    /// <summary>A partition value of the log.</summary>
    /// <exception cref="FormatException">It is none of the type.</exception>
    public static byte[]? OfPartition(string? text, PartitionColumn column)
    {
        object? value = PartitionValue.Parse(text, column.DeltaType);
        return value switch
        {
            null => null,
            bool truth => [truth ? (byte)1 : (byte)0],
            sbyte or short or int when column.Type.Kind == ValueKind.Int => Int(Convert.ToInt32(value, CultureInfo.InvariantCulture)),
            sbyte or short or int or long => Long(Convert.ToInt64(value, CultureInfo.InvariantCulture)),
            float number when column.Type.Kind == ValueKind.Float => Float(number),
            float number => Double(number),
            double number => Double(number),
            DateOnly date => Int(date.DayNumber - DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber),
            DateTime time => Long(Micros(time)),
            byte[] bytes => bytes,
            _ when column.Type.Kind == ValueKind.Decimal => Decimal(text!, column.Type.Scale) ?? throw new FormatException($"'{text}' is no value of {column.Type.Name}"),
            string words => Encoding.UTF8.GetBytes(words),
            _ => throw new FormatException($"'{text}' is no value of {column.Type.Name}"),
        };
    }

    /// <summary>A bound of Delta's statistics; null when it says nothing that can be relied on.</summary>
    /// <param name="value">The bound.</param>
    /// <param name="type">The column's type.</param>
    /// <param name="upper">Whether values are at most this: Delta cuts instants to milliseconds, so the bound is moved to the millisecond's end.</param>
    public static byte[]? OfStatistic(JsonElement value, IcebergPrimitive type, bool upper)
    {
        CultureInfo culture = CultureInfo.InvariantCulture;
        if (value.ValueKind == JsonValueKind.String)
        {
            string text = value.GetString()!;
            if (type == IcebergPrimitive.String) return Encoding.UTF8.GetBytes(text);
            if (type == IcebergPrimitive.Date)
                return DateOnly.TryParseExact(text, "yyyy-MM-dd", culture, DateTimeStyles.None, out DateOnly date) ? Int(date.DayNumber - DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber) : null;
            DateTimeStyles zone = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;
            if ((type == IcebergPrimitive.TimestampTz || type == IcebergPrimitive.Timestamp) && DateTime.TryParse(text, culture, zone, out DateTime time))
                return Long(Micros(time) + (upper ? 999 : 0));
            return null;
        }

        if (value.ValueKind != JsonValueKind.Number) return null;
        return type.Kind switch
        {
            ValueKind.Int when type != IcebergPrimitive.Date => value.TryGetInt32(out int number) ? Int(number) : null,
            ValueKind.Long when type == IcebergPrimitive.Long => value.TryGetInt64(out long number) ? Long(number) : null,
            ValueKind.Float => value.TryGetSingle(out float number) && float.IsFinite(number) ? Float(number == 0 ? (upper ? 0f : -0f) : number) : null,
            ValueKind.Double => value.TryGetDouble(out double number) && double.IsFinite(number) ? Double(number == 0 ? (upper ? 0d : -0d) : number) : null,
            ValueKind.Decimal => Decimal(value.GetRawText(), type.Scale),
            _ => null,
        };
    }

    public static byte[] Int(int value)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        return bytes;
    }

    public static byte[] Long(long value)
    {
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        return bytes;
    }

    /// <summary>Which of two values of a type comes first. A value may be of a narrower type that the column had before.</summary>
    public static int Compare(IcebergPrimitive type, byte[] left, byte[] right) => type.Kind switch
    {
        ValueKind.Boolean => left[0].CompareTo(right[0]),
        ValueKind.Int or ValueKind.Long => Integer(left).CompareTo(Integer(right)),
        ValueKind.Float or ValueKind.Double => Real(left).CompareTo(Real(right)),
        ValueKind.Decimal => Unscaled(left).CompareTo(Unscaled(right)),
        _ => left.AsSpan().SequenceCompareTo(right),
    };

    public static BigInteger Unscaled(byte[] bytes) => new(bytes, isUnsigned: false, isBigEndian: true);

    public static bool IsNaN(IcebergPrimitive type, byte[] value) => type.Kind switch
    {
        ValueKind.Float or ValueKind.Double => double.IsNaN(Real(value)),
        _ => false,
    };

    private static long Integer(byte[] value) => value.Length == 4 ? BinaryPrimitives.ReadInt32LittleEndian(value) : BinaryPrimitives.ReadInt64LittleEndian(value);

    private static double Real(byte[] value) => value.Length == 4 ? BinaryPrimitives.ReadSingleLittleEndian(value) : BinaryPrimitives.ReadDoubleLittleEndian(value);

    private static byte[] Float(float value)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteSingleLittleEndian(bytes, value);
        return bytes;
    }

    private static byte[] Double(double value)
    {
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteDoubleLittleEndian(bytes, value);
        return bytes;
    }

    private static long Micros(DateTime time) => (time.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;

    /// <summary>The unscaled value, as few bytes as hold it; null when the text has more places than the scale, or is no plain number.</summary>
    private static byte[]? Decimal(string text, int scale)
    {
        int point = text.IndexOf('.', StringComparison.Ordinal);
        int places = point < 0 ? 0 : text.Length - point - 1;
        string digits = point < 0 ? text : text.Remove(point, 1);
        if (places > scale)
        {
            if (digits.AsSpan(digits.Length - (places - scale)).ContainsAnyExcept('0')) return null;
            digits = digits[..^(places - scale)];
            places = scale;
        }

        return BigInteger.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out BigInteger unscaled)
            ? (unscaled * BigInteger.Pow(10, scale - places)).ToByteArray(isUnsigned: false, isBigEndian: true)
            : null;
    }
}
