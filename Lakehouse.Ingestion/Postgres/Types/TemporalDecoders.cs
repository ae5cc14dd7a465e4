using Lakehouse.DuckDb;

namespace Lakehouse.Ingestion.Postgres.Types;

/// <summary>A date as days since 1970-01-01. Outside the years 1 to 9999, and for infinity, the nearest day within.</summary>
internal sealed class DateDecoder : ColumnDecoder
{
    public override bool Decode(ReadOnlySpan<byte> text, ref DuckDbVectorWriter column, int row)
    {
        switch (IsoTime.ReadDate(ref text, out var days))
        {
            case IsoTime.Outcome.Exact when text.IsEmpty:
                column.Values<int>()[row] = days;
                return true;
            // A timestamp that was a date before: midnight is exact, other times are not a date.
            case IsoTime.Outcome.Exact:
            case IsoTime.Outcome.Clamped:
                column.Values<int>()[row] = days;
                return text.SequenceEqual(" 00:00:00"u8);
            default:
                column.SetNull(row);
                return false;
        }
    }
}

/// <summary>
/// A timestamp, with or without time zone, as microseconds since 1970-01-01 (UTC for those with). Outside the years 1 to
/// 9999, and for infinity, the nearest microsecond within.
/// </summary>
internal sealed class TimestampDecoder : ColumnDecoder
{
    public override bool Decode(ReadOnlySpan<byte> text, ref DuckDbVectorWriter column, int row)
    {
        switch (IsoTime.ReadTimestamp(text, out var microseconds))
        {
            case IsoTime.Outcome.Exact:
                column.Values<long>()[row] = microseconds;
                return true;
            case IsoTime.Outcome.Clamped:
                column.Values<long>()[row] = microseconds;
                return false;
            default:
                column.SetNull(row);
                return false;
        }
    }
}

/// <summary>Reads dates and timestamps as PostgreSQL writes them with datestyle=ISO.</summary>
internal static class IsoTime
{
    /// <summary>How much of a text a value holds.</summary>
    public enum Outcome
    {
        Exact,
        Clamped,
        Unreadable,
    }

    /// <summary>0001-01-01, the first day that every engine's calendar holds.</summary>
    public const int FirstDay = -719_162;

    /// <summary>9999-12-31.</summary>
    public const int LastDay = 2_932_896;

    private const long DayMicroseconds = 86_400_000_000;

    /// <summary>0001-01-01 00:00:00.</summary>
    public const long FirstMicrosecond = FirstDay * DayMicroseconds;

    /// <summary>9999-12-31 23:59:59.999999.</summary>
    public const long LastMicrosecond = (LastDay + 1) * DayMicroseconds - 1;

    /// <summary>Reads <c>2024-02-29</c>, <c>0044-03-15 BC</c>, <c>infinity</c>; leaves what follows in <paramref name="text"/>.</summary>
    public static Outcome ReadDate(ref ReadOnlySpan<byte> text, out int days)
    {
        days = 0;
        if (text.SequenceEqual("infinity"u8)) return Clamp(LastDay, ref text, out days);
        if (text.SequenceEqual("-infinity"u8) || text.EndsWith(" BC"u8)) return Clamp(FirstDay, ref text, out days);

        var yearDigits = text.IndexOf((byte)'-');
        if (yearDigits < 4 || text.Length < yearDigits + 6 || text[yearDigits + 3] != (byte)'-') return Outcome.Unreadable;
        if (yearDigits > 4) return Clamp(LastDay, ref text, out days);
        var year = Two(text) * 100 + Two(text[2..]);
        var month = Two(text[5..]);
        var day = Two(text[8..]);
        if (year is < 1 or > 9999 || month is < 1 or > 12 || day is < 1 or > 31) return Outcome.Unreadable;
        days = Days(year, month, day);
        text = text[10..];
        return Outcome.Exact;
    }

    /// <summary>Reads <c>2024-02-29 12:34:56.789+00</c>, with or without fraction and offset, and what <see cref="ReadDate"/> reads.</summary>
    public static Outcome ReadTimestamp(ReadOnlySpan<byte> text, out long microseconds)
    {
        var outcome = ReadDate(ref text, out var days);
        if (outcome is Outcome.Clamped)
        {
            microseconds = days == FirstDay ? FirstMicrosecond : LastMicrosecond;
            return Outcome.Clamped;
        }
        microseconds = days * DayMicroseconds;
        if (outcome is Outcome.Unreadable || text.IsEmpty) return outcome;
        if (text.Length < 9 || text[0] != (byte)' ' || text[3] != (byte)':' || text[6] != (byte)':') return Outcome.Unreadable;
        var hour = Two(text[1..]);
        var minute = Two(text[4..]);
        var second = Two(text[7..]);
        if (hour is < 0 or > 24 || minute is < 0 or > 59 || second is < 0 or > 60) return Outcome.Unreadable;
        microseconds += ((hour * 60L + minute) * 60 + second) * 1_000_000;
        text = text[9..];
        if (!ReadFraction(ref text, out var fraction) || !ReadOffset(text, out var offset)) return Outcome.Unreadable;
        microseconds += fraction - offset * 1_000_000L;
        if (microseconds >= FirstMicrosecond && microseconds <= LastMicrosecond) return Outcome.Exact;
        microseconds = Math.Clamp(microseconds, FirstMicrosecond, LastMicrosecond);
        return Outcome.Clamped;
    }

    private static bool ReadFraction(ref ReadOnlySpan<byte> text, out int microseconds)
    {
        microseconds = 0;
        if (text.IsEmpty || text[0] != (byte)'.') return true;
        var digits = 0;
        var at = 1;
        for (; at < text.Length && (uint)(text[at] - '0') <= 9; at++, digits++)
        {
            if (digits < 6) microseconds = microseconds * 10 + (text[at] - '0');
        }
        for (var i = digits; i < 6; i++) microseconds *= 10;
        text = text[at..];
        return digits is > 0 and <= 6;
    }

    /// <summary>Reads <c>+00</c>, <c>-05:30</c>, <c>+05:30:15</c> or nothing, as seconds east of UTC.</summary>
    private static bool ReadOffset(ReadOnlySpan<byte> text, out int seconds)
    {
        seconds = 0;
        if (text.IsEmpty) return true;
        if (text.Length is not (3 or 6 or 9) || text[0] is not ((byte)'+' or (byte)'-')) return false;
        seconds = Two(text[1..]) * 3600;
        if (text.Length >= 6) seconds += Two(text[4..]) * 60;
        if (text.Length == 9) seconds += Two(text[7..]);
        if (text[0] == (byte)'-') seconds = -seconds;
        return true;
    }

    private static Outcome Clamp(int to, ref ReadOnlySpan<byte> text, out int days)
    {
        days = to;
        text = [];
        return Outcome.Clamped;
    }

    /// <summary>Two digits; negative when they are not digits.</summary>
    private static int Two(ReadOnlySpan<byte> text)
    {
        int tens = text[0] - '0', ones = text[1] - '0';
        return (uint)tens > 9 || (uint)ones > 9 ? int.MinValue / 200 : tens * 10 + ones;
    }

    /// <summary>Days since 1970-01-01 in the proleptic Gregorian calendar, with years that begin in March so that leap days come last.</summary>
    private static int Days(int year, int month, int day)
    {
        if (month <= 2) year--;
        var era = year / 400;
        var yearOfEra = year - era * 400;
        var dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468;
    }
}
