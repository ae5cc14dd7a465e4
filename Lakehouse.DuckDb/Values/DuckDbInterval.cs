using System.Globalization;
using System.Runtime.InteropServices;

namespace Lakehouse.DuckDb;

/// <summary>An INTERVAL as DuckDB stores it; the parts are not carried into each other (a month has no fixed number of days).</summary>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct DuckDbInterval(int Months, int Days, long Microseconds)
{
    /// <summary>The interval of a time span, in days and microseconds; what is below a microsecond is cut off.</summary>
    public static DuckDbInterval FromTimeSpan(TimeSpan span) =>
        new(0, checked((int)(span.Ticks / TimeSpan.TicksPerDay)), span.Ticks % TimeSpan.TicksPerDay / TimeSpan.TicksPerMicrosecond);

    /// <summary>The time span, a day being 24 hours.</summary>
    /// <exception cref="OverflowException">There are months, or it is longer than a time span can be.</exception>
    public TimeSpan ToTimeSpan() => Months == 0
        ? new TimeSpan(checked(Days * TimeSpan.TicksPerDay + Microseconds * TimeSpan.TicksPerMicrosecond))
        : throw new OverflowException($"The interval {this} has months, which have no fixed length; read it as {nameof(DuckDbInterval)}.");

    /// <summary>ISO 8601, such as <c>P1M2DT3.5S</c>.</summary>
    public override string ToString()
    {
        if (this == default) return "PT0S";
        var sign = Microseconds < 0 ? "-" : "";
        var magnitude = (UInt128)(Microseconds < 0 ? -(Int128)Microseconds : Microseconds);
        var time = Microseconds == 0 ? "" : magnitude % 1_000_000 == 0
            ? string.Create(CultureInfo.InvariantCulture, $"T{sign}{magnitude / 1_000_000}S")
            : string.Create(CultureInfo.InvariantCulture, $"T{sign}{magnitude / 1_000_000}.{(ulong)(magnitude % 1_000_000):D6}").TrimEnd('0') + "S";
        return string.Create(CultureInfo.InvariantCulture, $"P{(Months == 0 ? "" : $"{Months}M")}{(Days == 0 ? "" : $"{Days}D")}{time}");
    }
}
