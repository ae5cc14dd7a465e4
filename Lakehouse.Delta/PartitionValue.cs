using System.Buffers;
using System.Globalization;
using System.Text;

namespace Lakehouse.Delta;

/// <summary>Partition values as the log keeps them: text (PROTOCOL.md, "Partition Value Serialization").</summary>
public static class PartitionValue
{
    /// <summary>The folder name that stands for null, as in Hive.</summary>
    public const string NullFolder = "__HIVE_DEFAULT_PARTITION__";

    private const string SecondsFormat = "yyyy-MM-dd'T'HH:mm:ss'Z'";
    private const string MicrosecondsFormat = "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'";
    private const string LocalSecondsFormat = "yyyy-MM-dd HH:mm:ss";
    private const string LocalMicrosecondsFormat = "yyyy-MM-dd HH:mm:ss.ffffff";

    private static readonly SearchValues<char> EscapedInFolders = SearchValues.Create([
        .. Enumerable.Range(1, 31).Select(code => (char)code), '"', '#', '%', '\'', '*', '/', ':', '=', '?', '\\', '\u007F', '{', '[', ']', '^']);

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>
    /// The text for a value: <see cref="string"/>, integers, floats, <see cref="decimal"/>, <see cref="bool"/>,
    /// <see cref="DateOnly"/>, <see cref="DateTime"/> or <see cref="DateTimeOffset"/>, or bytes that are UTF-8. Null gives null,
    /// and so does an empty text: the protocol cannot tell them apart.
    /// </summary>
    /// <exception cref="ArgumentException">The value is not of the type, or has no text (bytes that are not UTF-8).</exception>
    public static string? Serialize(object? value, DeltaType type)
    {
        if (value is null) return null;
        string text = (type, value) switch
        {
            _ when type == PrimitiveType.String && value is string s => s,
            _ when type == PrimitiveType.Boolean && value is bool b => b ? "true" : "false",
            _ when type == PrimitiveType.Date && value is DateOnly d => d.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
            _ when type == PrimitiveType.Timestamp && value is DateTimeOffset t => Instant(t.UtcDateTime),
            _ when type == PrimitiveType.Timestamp && value is DateTime { Kind: DateTimeKind.Utc } t => Instant(t),
            _ when type == PrimitiveType.TimestampNtz && value is DateTime t =>
                t.ToString(t.Ticks % TimeSpan.TicksPerSecond == 0 ? LocalSecondsFormat : LocalMicrosecondsFormat, CultureInfo.InvariantCulture),
            _ when type == PrimitiveType.Binary && value is byte[] bytes => Utf8(bytes),
            _ when type == PrimitiveType.Float && value is float f => FloatingPoint(f, f.ToString("R", CultureInfo.InvariantCulture)),
            _ when type == PrimitiveType.Double && value is double d => FloatingPoint(d, d.ToString("R", CultureInfo.InvariantCulture)),
            (DecimalType number, decimal m) => m.ToString("F" + number.Scale.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture),
            _ when IsInteger(type) && value is sbyte or byte or short or int or long => Integer(Convert.ToInt64(value, CultureInfo.InvariantCulture), type),
            _ => throw new ArgumentException($"A {value.GetType().Name} is no value of the type {type}.", nameof(value)),
        };
        return text.Length == 0 ? null : text;
    }

    /// <summary>
    /// The value of a text: string, long, int, short, sbyte, float, double, bool, byte[], <see cref="DateOnly"/>,
    /// <see cref="DateTime"/> (UTC for timestamp, unspecified for timestamp_ntz; a timestamp without a zone is taken as UTC),
    /// <see cref="decimal"/> or, beyond its 28 digits, the text itself.
    /// </summary>
    /// <exception cref="FormatException">The text is no value of the type.</exception>
    public static object? Parse(string? text, DeltaType type)
    {
        if (string.IsNullOrEmpty(text)) return null;
        CultureInfo culture = CultureInfo.InvariantCulture;
        try
        {
            if (type is DecimalType) return decimal.TryParse(text, NumberStyles.Number | NumberStyles.AllowExponent, culture, out decimal number) && Digits(text) <= 28 ? number : CheckedDecimal(text);
            if (type is not PrimitiveType primitive) throw new FormatException("the type cannot partition a table");
            return primitive.Name switch
            {
                "string" => text,
                "long" => long.Parse(text, culture),
                "integer" => int.Parse(text, culture),
                "short" => short.Parse(text, culture),
                "byte" => sbyte.Parse(text, culture),
                "float" => float.Parse(text, culture),
                "double" => double.Parse(text, culture),
                "boolean" => bool.Parse(text),
                "binary" => Encoding.UTF8.GetBytes(text),
                "date" => DateOnly.ParseExact(text, "yyyy-MM-dd", culture),
                "timestamp" => DateTime.Parse(text, culture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal),
                "timestamp_ntz" => DateTime.SpecifyKind(DateTime.Parse(text, culture, DateTimeStyles.None), DateTimeKind.Unspecified),
                _ => throw new FormatException("the type cannot partition a table"),
            };
        }
        catch (Exception exception) when (exception is FormatException or OverflowException)
        {
            throw new FormatException($"'{text}' is no partition value of the type {type}: {exception.Message}", exception);
        }
    }

    /// <summary>
    /// The folder of a partition, <c>column=value</c>, escaped as Hive and Spark escape it. This is a name on disk: it still has
    /// to pass <see cref="DataPath.Encode"/> to go into the log.
    /// </summary>
    public static string Folder(string column, string? value) => $"{Escape(column)}={(string.IsNullOrEmpty(value) ? NullFolder : Escape(value))}";

    private static string Escape(string text)
    {
        if (!text.AsSpan().ContainsAny(EscapedInFolders)) return text;
        StringBuilder result = new(text.Length + 8);
        foreach (char character in text)
        {
            if (EscapedInFolders.Contains(character)) result.Append('%').Append(((int)character).ToString("X2", CultureInfo.InvariantCulture));
            else result.Append(character);
        }

        return result.ToString();
    }

    private static string Instant(DateTime utc) =>
        utc.ToString(utc.Ticks % TimeSpan.TicksPerSecond == 0 ? SecondsFormat : MicrosecondsFormat, CultureInfo.InvariantCulture);

    private static string Utf8(byte[] bytes)
    {
        try
        {
            return StrictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException exception)
        {
            throw new ArgumentException("These bytes are not UTF-8, so the protocol has no partition value for them.", nameof(bytes), exception);
        }
    }

    // Java's names for these, which every engine parses.
    private static string FloatingPoint(double value, string text) =>
        double.IsPositiveInfinity(value) ? "Infinity" : double.IsNegativeInfinity(value) ? "-Infinity" : text;

    private static bool IsInteger(DeltaType type) =>
        type == PrimitiveType.Long || type == PrimitiveType.Integer || type == PrimitiveType.Short || type == PrimitiveType.Byte;

    private static string Integer(long value, DeltaType type)
    {
        (long least, long most) = type.ToString() switch
        {
            "integer" => (int.MinValue, int.MaxValue),
            "short" => (short.MinValue, short.MaxValue),
            "byte" => (sbyte.MinValue, sbyte.MaxValue),
            _ => (long.MinValue, long.MaxValue),
        };
        if (value < least || value > most) throw new ArgumentException($"{value} is outside the type {type}.", nameof(value));
        return value.ToString(CultureInfo.InvariantCulture);
    }

    private static int Digits(string text) => text.Count(char.IsAsciiDigit);

    private static string CheckedDecimal(string text)
    {
        ReadOnlySpan<char> digits = text.AsSpan().TrimStart("+-");
        if (digits.IsEmpty || digits.ContainsAnyExcept("0123456789.") || digits.Count('.') > 1) throw new FormatException("it is no decimal number");
        return text;
    }
}
