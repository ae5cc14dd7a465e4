using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Lakehouse.DuckDb;

namespace Lakehouse.Engine.Results;

/// <summary>How points in time are written; numbers have one form only.</summary>
internal enum TimeStyle
{
    /// <summary>As DuckDB prints: <c>2026-11-21 09:30:00</c>, with <c>+00</c> behind instants.</summary>
    Sql,

    /// <summary>ISO 8601: <c>2026-11-21T09:30:00</c>, with <c>Z</c> behind instants.</summary>
    Iso,
}

/// <summary>Numbers and times of a DuckDB vector as UTF-8 text, exactly: every digit that the value has and none more.</summary>
internal static class ScalarText
{
    /// <summary>Bytes that any value fits into.</summary>
    public const int MaxLength = 64;

    private const long TicksAtEpoch = 621_355_968_000_000_000;
    private const long NanosecondsPerSecond = 1_000_000_000;

    /// <summary>Whether values of the type are integers or decimals, which JSON writes as numbers.</summary>
    public static bool IsExactNumber(DuckDbTypeId type) => type is DuckDbTypeId.TinyInt or DuckDbTypeId.SmallInt or DuckDbTypeId.Integer or DuckDbTypeId.BigInt
        or DuckDbTypeId.UTinyInt or DuckDbTypeId.USmallInt or DuckDbTypeId.UInteger or DuckDbTypeId.UBigInt
        or DuckDbTypeId.HugeInt or DuckDbTypeId.UHugeInt or DuckDbTypeId.Decimal;

    /// <summary>Writes an integer or decimal; the number of bytes written.</summary>
    public static int WriteNumber(in DuckDbVector vector, int row, Span<byte> target) => vector.Type.Id switch
    {
        DuckDbTypeId.TinyInt => Write(vector.Values<sbyte>()[row], target),
        DuckDbTypeId.SmallInt => Write(vector.Values<short>()[row], target),
        DuckDbTypeId.Integer => Write(vector.Values<int>()[row], target),
        DuckDbTypeId.BigInt => Write(vector.Values<long>()[row], target),
        DuckDbTypeId.UTinyInt => Write(vector.Values<byte>()[row], target),
        DuckDbTypeId.USmallInt => Write(vector.Values<ushort>()[row], target),
        DuckDbTypeId.UInteger => Write(vector.Values<uint>()[row], target),
        DuckDbTypeId.UBigInt => Write(vector.Values<ulong>()[row], target),
        DuckDbTypeId.HugeInt => Write(vector.Values<Int128>()[row], target),
        DuckDbTypeId.UHugeInt => Write(vector.Values<UInt128>()[row], target),
        DuckDbTypeId.Decimal => WriteDecimal(vector, row, target),
        _ => throw new ArgumentException($"{vector.Type} is not an exact number.", nameof(vector)),
    };

    /// <summary>Writes a date or a point in time; 0 when it is beyond the years 1 to 9999 or infinite, which the caller writes otherwise.</summary>
    public static int WriteTime(in DuckDbVector vector, int row, TimeStyle style, Span<byte> target) => vector.Type.Id switch
    {
        DuckDbTypeId.Date => WriteDate(vector.Values<int>()[row], target),
        DuckDbTypeId.Timestamp => WriteTimestamp(vector.Values<long>()[row], 1_000_000, style, instant: false, target),
        DuckDbTypeId.TimestampTz => WriteTimestamp(vector.Values<long>()[row], 1_000_000, style, instant: true, target),
        DuckDbTypeId.TimestampSeconds => WriteTimestamp(vector.Values<long>()[row], 1, style, instant: false, target),
        DuckDbTypeId.TimestampMilliseconds => WriteTimestamp(vector.Values<long>()[row], 1_000, style, instant: false, target),
        DuckDbTypeId.TimestampNanoseconds => WriteTimestamp(vector.Values<long>()[row], NanosecondsPerSecond, style, instant: false, target),
        _ => 0,
    };

    private static int Write<T>(T value, Span<byte> target)
        where T : IUtf8SpanFormattable =>
        value.TryFormat(target, out int written, default, CultureInfo.InvariantCulture) ? written : throw new ArgumentException("The target is too short.", nameof(target));

    private static int WriteDecimal(in DuckDbVector vector, int row, Span<byte> target)
    {
        Int128 value = vector.Type.Width switch
        {
            <= 4 => vector.Values<short>()[row],
            <= 9 => vector.Values<int>()[row],
            <= 18 => vector.Values<long>()[row],
            _ => vector.Values<Int128>()[row],
        };
        int scale = vector.Type.Scale;
        if (scale == 0)
            return Write(value, target);
        int at = 0;
        if (value < 0)
            target[at++] = (byte)'-';
        Span<byte> digits = stackalloc byte[MaxLength];
        int count = Write(value < 0 ? (UInt128)(-value) : (UInt128)value, digits);
        int whole = Math.Max(count - scale, 0);
        if (whole == 0)
            target[at++] = (byte)'0';
        digits[..whole].CopyTo(target[at..]);
        at += whole;
        target[at++] = (byte)'.';
        target.Slice(at, scale - (count - whole)).Fill((byte)'0');
        at += scale - (count - whole);
        digits[whole..count].CopyTo(target[at..]);
        return at + count - whole;
    }

    private static int WriteDate(int days, Span<byte> target)
    {
        long ticks = TicksAtEpoch + (days * TimeSpan.TicksPerDay);
        if (ticks < 0 || ticks > DateTime.MaxValue.Ticks)
            return 0;
        new DateTime(ticks).TryFormat(target, out int written, "yyyy-MM-dd", CultureInfo.InvariantCulture);
        return written;
    }

    private static int WriteTimestamp(long value, long unitsPerSecond, TimeStyle style, bool instant, Span<byte> target)
    {
        (long seconds, long rest) = Math.DivRem(value, unitsPerSecond);
        if (rest < 0)
            (seconds, rest) = (seconds - 1, rest + unitsPerSecond);
        if (seconds is < -62_135_596_800 or > 253_402_300_799)
            return 0;
        DateTime whole = new(TicksAtEpoch + (seconds * TimeSpan.TicksPerSecond));
        whole.TryFormat(target, out int at, style == TimeStyle.Iso ? "yyyy-MM-ddTHH:mm:ss" : "yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
        at += WriteFraction(rest * (NanosecondsPerSecond / unitsPerSecond), target[at..]);
        if (instant)
            at += Encoding.UTF8.GetBytes(style == TimeStyle.Iso ? "Z" : "+00", target[at..]);
        return at;
    }

    /// <summary>A point and as many of nine digits as are needed; nothing for whole seconds.</summary>
    private static int WriteFraction(long nanoseconds, Span<byte> target)
    {
        if (nanoseconds == 0)
            return 0;
        target[0] = (byte)'.';
        Utf8Formatter.TryFormat(nanoseconds, target[1..], out int written, new System.Buffers.StandardFormat('D', 9));
        return target[..(written + 1)].TrimEnd((byte)'0').Length;
    }
}
