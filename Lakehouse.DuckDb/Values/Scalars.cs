using System.Collections;
using System.Globalization;
using System.Numerics;

namespace Lakehouse.DuckDb;

/// <summary>From .NET values to the numbers and bytes in which DuckDB holds simple types. Refuses what would lose something.</summary>
internal static class Scalars
{
    /// <exception cref="OverflowException">Outside the range of <typeparamref name="T"/>.</exception>
    internal static T Number<T>(object value, DuckDbType type) where T : struct, INumberBase<T> => value switch
    {
        T same => same,
        long v => T.CreateChecked(v),
        int v => T.CreateChecked(v),
        short v => T.CreateChecked(v),
        sbyte v => T.CreateChecked(v),
        byte v => T.CreateChecked(v),
        ushort v => T.CreateChecked(v),
        uint v => T.CreateChecked(v),
        ulong v => T.CreateChecked(v),
        Int128 v => T.CreateChecked(v),
        UInt128 v => T.CreateChecked(v),
        BigInteger v => T.CreateChecked(v),
        Enum v => Number<T>(Convert.ChangeType(v, v.GetTypeCode(), CultureInfo.InvariantCulture), type),
        decimal v when T.IsInteger(T.CreateTruncating(0.5)) && !decimal.IsInteger(v) => throw Lossy(value, type),
        decimal v => T.CreateChecked(v),
        DuckDbDecimal v => T.CreateChecked((BigInteger)v.WithScale(0).Unscaled),
        _ => throw Wrong(value, type),
    };

    internal static float Float(object value) => value switch
    {
        float v => v,
        double v => (float)v,
        Half v => (float)v,
        decimal v => (float)v,
        DuckDbDecimal v => float.Parse(v.ToString(), CultureInfo.InvariantCulture),
        _ => Number<float>(value, DuckDbType.Float),
    };

    internal static double Double(object value) => value switch
    {
        double v => v,
        float v => v,
        Half v => (double)v,
        decimal v => (double)v,
        DuckDbDecimal v => double.Parse(v.ToString(), CultureInfo.InvariantCulture),
        _ => Number<double>(value, DuckDbType.Double),
    };

    /// <summary>The digits at the type's scale.</summary>
    internal static Int128 Unscaled(object value, DuckDbType type)
    {
        var exact = value switch
        {
            decimal v => DuckDbDecimal.FromDecimal(v),
            DuckDbDecimal v => v,
            string v => DuckDbDecimal.Parse(v),
            double or float or Half => DuckDbDecimal.FromDecimal(Convert.ToDecimal(value, CultureInfo.InvariantCulture)),
            _ => new DuckDbDecimal(Number<Int128>(value, type), 0),
        };
        var unscaled = exact.WithScale(type.Scale).Unscaled;
        if (Int128.Abs(unscaled) >= (Int128)BigInteger.Pow(10, type.Width)) throw new OverflowException($"{exact} does not fit {type}.");
        return unscaled;
    }

    internal static bool Boolean(object value) => value is bool v ? v : throw Wrong(value, DuckDbType.Boolean);

    internal static int Days(object value) => value switch
    {
        DateOnly v => DuckDbDate.FromDateOnly(v).Days,
        DuckDbDate v => v.Days,
        DateTime v when v.TimeOfDay == TimeSpan.Zero => DuckDbDate.FromDateOnly(DateOnly.FromDateTime(v)).Days,
        DateTime => throw Lossy(value, DuckDbType.Date),
        _ => throw Wrong(value, DuckDbType.Date),
    };

    internal static long TimeMicroseconds(object value) => value switch
    {
        TimeOnly v => v.Ticks / TimeSpan.TicksPerMicrosecond,
        TimeSpan v when v >= TimeSpan.Zero && v.Ticks <= TimeSpan.TicksPerDay => v.Ticks / TimeSpan.TicksPerMicrosecond,
        TimeSpan v => throw new OverflowException($"{v} is not a time of day."),
        _ => throw Wrong(value, DuckDbType.Time),
    };

    internal static long TimeNanoseconds(object value) => value switch
    {
        TimeOnly v => v.Ticks * 100,
        TimeSpan v when v >= TimeSpan.Zero && v.Ticks <= TimeSpan.TicksPerDay => v.Ticks * 100,
        TimeSpan v => throw new OverflowException($"{v} is not a time of day."),
        long v when v >= 0 && v <= 86_400_000_000_000 => v,
        _ => throw Wrong(value, DuckDbType.TimeNanoseconds),
    };

    internal static DuckDbTimeTz TimeTz(object value) => value switch
    {
        DuckDbTimeTz v => v,
        DateTimeOffset v => DuckDbTimeTz.From(TimeOnly.FromTimeSpan(v.TimeOfDay), v.Offset),
        TimeOnly v => DuckDbTimeTz.From(v, TimeSpan.Zero),
        _ => throw Wrong(value, DuckDbType.TimeTz),
    };

    internal static long Timestamp(object value, DuckDbType type)
    {
        var unit = type.Id switch
        {
            DuckDbTypeId.TimestampSeconds => DuckDbTimestampUnit.Seconds,
            DuckDbTypeId.TimestampMilliseconds => DuckDbTimestampUnit.Milliseconds,
            DuckDbTypeId.TimestampNanoseconds => DuckDbTimestampUnit.Nanoseconds,
            _ => DuckDbTimestampUnit.Microseconds,
        };
        var zoned = type.Id == DuckDbTypeId.TimestampTz;
        return value switch
        {
            DateTime { Kind: DateTimeKind.Local } v when zoned => DuckDbTimestamp.FromDateTime(v.ToUniversalTime(), unit).Value,
            DateTime v => DuckDbTimestamp.FromDateTime(v, unit).Value,
            DateTimeOffset v => DuckDbTimestamp.FromDateTime(v.UtcDateTime, unit).Value,
            DuckDbTimestamp v => v.In(unit).Value,
            DateOnly v => DuckDbTimestamp.FromDateTime(v.ToDateTime(default), unit).Value,
            _ => throw Wrong(value, type),
        };
    }

    internal static DuckDbInterval Interval(object value) => value switch
    {
        DuckDbInterval v => v,
        TimeSpan v => DuckDbInterval.FromTimeSpan(v),
        _ => throw Wrong(value, DuckDbType.Interval),
    };

    internal static Guid Uuid(object value) => value switch
    {
        Guid v => v,
        string v => Guid.Parse(v),
        _ => throw Wrong(value, DuckDbType.Uuid),
    };

    internal static string Text(object value) => value switch
    {
        string v => v,
        char v => v.ToString(),
        char[] v => new string(v),
        _ => throw Wrong(value, DuckDbType.Varchar),
    };

    internal static ReadOnlySpan<byte> Bytes(object value) => value switch
    {
        byte[] v => v,
        ReadOnlyMemory<byte> v => v.Span,
        Memory<byte> v => v.Span,
        ArraySegment<byte> v => v,
        _ => throw Wrong(value, DuckDbType.Blob),
    };

    internal static byte[] Bits(object value) => PackedValues.WriteBits(value switch
    {
        BitArray v => v,
        bool[] v => new BitArray(v),
        string v when v.All(c => c is '0' or '1') => new BitArray([.. v.Select(c => c == '1')]),
        _ => throw Wrong(value, DuckDbType.Bit),
    });

    internal static BigInteger BigNum(object value) => value switch
    {
        BigInteger v => v,
        Int128 v => v,
        UInt128 v => v,
        ulong v => v,
        _ => Number<Int128>(value, DuckDbType.BigNum),
    };

    internal static uint EnumCode(object value, DuckDbType type)
    {
        var text = value is Enum e ? e.ToString() : Text(value);
        return type.EnumCodes.TryGetValue(text, out var code) ? code : throw new InvalidCastException($"'{text}' is not a value of {type}.");
    }

    internal static InvalidCastException Wrong(object value, DuckDbType type) =>
        new($"A value of {value.GetType().Name} cannot be written as {type}.");

    private static OverflowException Lossy(object value, DuckDbType type) => new($"{value} would lose digits as {type}.");
}
