using System.Globalization;
using System.Numerics;
using System.Text;
using Lakehouse.Delta;

namespace Lakehouse.Engine.Sql;

/// <summary>A value that can be ordered against values of one column: an exact number (dates as days, timestamps as microseconds),
/// a double, or text in the order of its UTF-8 bytes.</summary>
internal abstract record SqlConstant
{
    private const int MaxDigits = 100;

    private SqlConstant()
    {
    }

    /// <summary>An exact number, <c>Unscaled / 10^Scale</c>.</summary>
    public sealed record Exact(BigInteger Unscaled, int Scale = 0) : SqlConstant;

    /// <summary>A floating point number, not NaN.</summary>
    public sealed record Floating(double Value) : SqlConstant;

    /// <summary>Text.</summary>
    public sealed record Text(string Value) : SqlConstant;

    /// <summary>True or false.</summary>
    public sealed record Truth(bool Value) : SqlConstant;

    /// <summary>Reads a value of a column from the text in which the log keeps it (partition value or statistic); null when the text
    /// does not tell the value exactly, or the type has no order here.</summary>
    public static SqlConstant? Parse(string text, DeltaType type)
    {
        if (type is DecimalType) return ParseExact(text);
        if (type == PrimitiveType.String) return new Text(text);
        if (type == PrimitiveType.Boolean) return bool.TryParse(text, out var truth) ? new Truth(truth) : null;
        if (type == PrimitiveType.Float || type == PrimitiveType.Double)
            return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? new Floating(number) : null;
        if (type == PrimitiveType.Date) return ParseDate(text) is { } day ? new Exact(day) : null;
        if (type == PrimitiveType.Timestamp || type == PrimitiveType.TimestampNtz) return ParseTimestamp(text) is { } micros ? new Exact(micros) : null;
        return IsInteger(type) ? ParseExact(text) : null;
    }

    /// <summary>The sign of <c>a - b</c>; null where the two cannot be compared.</summary>
    public static int? Compare(SqlConstant a, SqlConstant b) => (a, b) switch
    {
        (Exact x, Exact y) when x.Scale == y.Scale => x.Unscaled.CompareTo(y.Unscaled),
        (Exact x, Exact y) => (x.Unscaled * BigInteger.Pow(10, Math.Max(0, y.Scale - x.Scale))).CompareTo(y.Unscaled * BigInteger.Pow(10, Math.Max(0, x.Scale - y.Scale))),
        (Floating x, Floating y) => x.Value.CompareTo(y.Value),
        (Exact x, Floating y) => ToDouble(x).CompareTo(y.Value),
        (Floating x, Exact y) => x.Value.CompareTo(ToDouble(y)),
        (Text x, Text y) => Math.Sign(Encoding.UTF8.GetBytes(x.Value).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(y.Value))),
        (Truth x, Truth y) => x.Value.CompareTo(y.Value),
        _ => null,
    };

    /// <summary>An exact number from digits, perhaps with sign and point.</summary>
    public static Exact? ParseExact(string text)
    {
        // No column has more digits, and reading very many takes long.
        if (text.Length > MaxDigits) return null;
        var point = text.IndexOf('.', StringComparison.Ordinal);
        var digits = point < 0 ? text : text.Remove(point, 1);
        return BigInteger.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var unscaled)
            ? new Exact(unscaled, point < 0 ? 0 : text.Length - point - 1)
            : null;
    }

    /// <summary>Days since 1970 of <c>yyyy-MM-dd</c>.</summary>
    public static int? ParseDate(string text) =>
        DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date)
            ? date.DayNumber - new DateOnly(1970, 1, 1).DayNumber
            : null;

    /// <summary>Microseconds since 1970 UTC of an ISO timestamp, with <c>T</c> or a space, with or without zone (UTC then).</summary>
    public static long? ParseTimestamp(string text)
    {
        // Seven digits are as many as .NET reads; more than microseconds never come from a Delta log.
        if (text.Length < 19 || text[4] != '-' || text[7] != '-' || text[10] is not ('T' or ' ') || text[13] != ':') return null;
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time)
            ? (time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / 10
            : null;
    }

    public static bool IsInteger(DeltaType type) =>
        type == PrimitiveType.Long || type == PrimitiveType.Integer || type == PrimitiveType.Short || type == PrimitiveType.Byte;

    private static double ToDouble(Exact number) => (double)number.Unscaled / Math.Pow(10, number.Scale);
}
