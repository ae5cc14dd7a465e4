using System.Globalization;

namespace Lakehouse.DuckDb;

/// <summary>A DATE of DuckDB's whole range (millions of years, and the infinities), which <see cref="DateOnly"/> does not cover.</summary>
/// <param name="Days">Days since 1970-01-01.</param>
public readonly record struct DuckDbDate(int Days) : IComparable<DuckDbDate>
{
    private const int EpochDayNumber = 719162;

    /// <summary>Later than every date.</summary>
    public static DuckDbDate PositiveInfinity { get; } = new(int.MaxValue);

    /// <summary>Earlier than every date.</summary>
    public static DuckDbDate NegativeInfinity { get; } = new(-int.MaxValue);

    /// <summary>Whether this is a date and not an infinity.</summary>
    public bool IsFinite => Days is not int.MaxValue and not -int.MaxValue;

    /// <summary>From a .NET date.</summary>
    public static DuckDbDate FromDateOnly(DateOnly date) => new(date.DayNumber - EpochDayNumber);

    /// <summary>As a .NET date.</summary>
    /// <exception cref="OverflowException">Infinite, or outside the years 1 to 9999.</exception>
    public DateOnly ToDateOnly()
    {
        var number = (long)Days + EpochDayNumber;
        return number >= 0 && number <= DateOnly.MaxValue.DayNumber
            ? DateOnly.FromDayNumber((int)number)
            : throw new OverflowException($"The date {this} is outside .NET's years 1 to 9999; read it as {nameof(DuckDbDate)}.");
    }

    /// <inheritdoc/>
    public int CompareTo(DuckDbDate other) => Days.CompareTo(other.Days);

    /// <summary>ISO 8601, or <c>infinity</c>, <c>-infinity</c>, or days since 1970 outside .NET's years.</summary>
    public override string ToString()
    {
        if (!IsFinite) return Days > 0 ? "infinity" : "-infinity";
        var number = (long)Days + EpochDayNumber;
        return number >= 0 && number <= DateOnly.MaxValue.DayNumber
            ? DateOnly.FromDayNumber((int)number).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)
            : string.Create(CultureInfo.InvariantCulture, $"1970-01-01{(Days < 0 ? "-" : "+")}{Math.Abs((long)Days)}d");
    }
}
