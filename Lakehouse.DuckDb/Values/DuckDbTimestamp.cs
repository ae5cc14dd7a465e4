using System.Globalization;

namespace Lakehouse.DuckDb;

/// <summary>The unit of a <see cref="DuckDbTimestamp"/>.</summary>
public enum DuckDbTimestampUnit
{
    /// <summary>TIMESTAMP_S.</summary>
    Seconds,
    /// <summary>TIMESTAMP_MS.</summary>
    Milliseconds,
    /// <summary>TIMESTAMP and TIMESTAMP WITH TIME ZONE.</summary>
    Microseconds,
    /// <summary>TIMESTAMP_NS.</summary>
    Nanoseconds,
}

/// <summary>A timestamp of DuckDB's whole range and precision, with the infinities, which <see cref="DateTime"/> does not cover.</summary>
/// <param name="Value">Units since 1970-01-01 00:00:00.</param>
/// <param name="Unit">The unit.</param>
public readonly record struct DuckDbTimestamp(long Value, DuckDbTimestampUnit Unit = DuckDbTimestampUnit.Microseconds)
{
    /// <summary>Whether this is a time and not an infinity.</summary>
    public bool IsFinite => Value is not long.MaxValue and not -long.MaxValue;

    /// <summary>Later than every timestamp.</summary>
    public static DuckDbTimestamp PositiveInfinity(DuckDbTimestampUnit unit = DuckDbTimestampUnit.Microseconds) => new(long.MaxValue, unit);

    /// <summary>Earlier than every timestamp.</summary>
    public static DuckDbTimestamp NegativeInfinity(DuckDbTimestampUnit unit = DuckDbTimestampUnit.Microseconds) => new(-long.MaxValue, unit);

    /// <summary>From a .NET time, taken as it is whatever its kind; what is below the unit is cut off (towards the past).</summary>
    /// <exception cref="OverflowException">Nanoseconds reach from 1677 to 2262 only.</exception>
    public static DuckDbTimestamp FromDateTime(DateTime time, DuckDbTimestampUnit unit = DuckDbTimestampUnit.Microseconds)
    {
        var ticks = time.Ticks - DateTime.UnixEpoch.Ticks;
        return new(unit == DuckDbTimestampUnit.Nanoseconds ? checked(ticks * 100) : FloorDivide(ticks, TicksPer(unit)), unit);
    }

    /// <summary>As a .NET time; nanoseconds are cut to 100.</summary>
    /// <exception cref="OverflowException">Infinite, or outside the years 1 to 9999.</exception>
    public DateTime ToDateTime(DateTimeKind kind = DateTimeKind.Unspecified) => TryTicks(out var ticks)
        ? new DateTime(ticks, kind)
        : throw new OverflowException($"The timestamp {this} is outside .NET's years 1 to 9999; read it as {nameof(DuckDbTimestamp)}.");

    /// <summary>The same time in another unit; a smaller one may not have the range, a larger one cuts off.</summary>
    /// <exception cref="OverflowException">Outside the unit's range.</exception>
    public DuckDbTimestamp In(DuckDbTimestampUnit unit)
    {
        if (!IsFinite || unit == Unit) return new(Value, unit);
        long from = PerSecond(Unit), to = PerSecond(unit);
        return new(to >= from ? checked(Value * (to / from)) : FloorDivide(Value, from / to), unit);
    }

    /// <summary>ISO 8601 without a zone, or <c>infinity</c>, <c>-infinity</c>, or the count of units outside .NET's years.</summary>
    public override string ToString()
    {
        if (!IsFinite) return Value > 0 ? "infinity" : "-infinity";
        if (!TryTicks(out var ticks)) return string.Create(CultureInfo.InvariantCulture, $"1970-01-01T00:00:00{(Value < 0 ? "" : "+")}{Value} {Unit}");
        var time = new DateTime(ticks).ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture);
        var second = PerSecond(Unit);
        var fraction = Value - FloorDivide(Value, second) * second;
        if (fraction == 0) return time;
        var digits = Unit switch { DuckDbTimestampUnit.Milliseconds => "D3", DuckDbTimestampUnit.Microseconds => "D6", _ => "D9" };
        return $"{time}.{fraction.ToString(digits, CultureInfo.InvariantCulture)}";
    }

    private bool TryTicks(out long ticks)
    {
        var wide = Unit == DuckDbTimestampUnit.Nanoseconds ? FloorDivide(Value, 100) : (Int128)Value * TicksPer(Unit);
        wide += DateTime.UnixEpoch.Ticks;
        ticks = 0;
        if (wide < 0 || wide > DateTime.MaxValue.Ticks) return false;
        ticks = (long)wide;
        return true;
    }

    private static long TicksPer(DuckDbTimestampUnit unit) => TimeSpan.TicksPerSecond / PerSecond(unit);

    private static long PerSecond(DuckDbTimestampUnit unit) => unit switch
    {
        DuckDbTimestampUnit.Seconds => 1,
        DuckDbTimestampUnit.Milliseconds => 1_000,
        DuckDbTimestampUnit.Microseconds => 1_000_000,
        _ => 1_000_000_000,
    };

    private static long FloorDivide(long value, long by)
    {
        var (quotient, remainder) = Math.DivRem(value, by);
        return remainder < 0 ? quotient - 1 : quotient;
    }
}
