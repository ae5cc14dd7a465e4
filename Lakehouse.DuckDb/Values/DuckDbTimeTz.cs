using System.Globalization;

namespace Lakehouse.DuckDb;

/// <summary>A TIME WITH TIME ZONE: a local time and how far its zone is ahead of UTC.</summary>
/// <param name="Microseconds">Local microseconds since midnight, up to and with 24:00.</param>
/// <param name="OffsetSeconds">Seconds east of UTC, within 15:59:59 either way.</param>
public readonly record struct DuckDbTimeTz(long Microseconds, int OffsetSeconds)
{
    private const int MaxOffset = 16 * 3600 - 1;

    /// <summary>DuckDB's form: the time above 24 bits of offset, which is stored backwards so that values sort by it.</summary>
    internal ulong Bits => (ulong)Microseconds << 24 | (uint)(MaxOffset - OffsetSeconds);

    /// <summary>The local time.</summary>
    /// <exception cref="OverflowException">24:00, which .NET has not.</exception>
    public TimeOnly Time => Microseconds < TimeSpan.MicrosecondsPerDay
        ? new TimeOnly(Microseconds * TimeSpan.TicksPerMicrosecond)
        : throw new OverflowException($"The time {this} is not before midnight.");

    internal static DuckDbTimeTz FromBits(ulong bits) => new((long)(bits >> 24), MaxOffset - (int)(bits & 0xFFFFFF));

    /// <summary>A time and its offset.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The offset is 16 hours or more.</exception>
    public static DuckDbTimeTz From(TimeOnly time, TimeSpan offset)
    {
        var seconds = offset.Ticks / TimeSpan.TicksPerSecond;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Math.Abs(seconds), MaxOffset, nameof(offset));
        return new(time.Ticks / TimeSpan.TicksPerMicrosecond, (int)seconds);
    }

    /// <summary>ISO 8601, such as <c>12:30:00.5+02:00</c>.</summary>
    public override string ToString()
    {
        var offset = Math.Abs(OffsetSeconds);
        var time = string.Create(CultureInfo.InvariantCulture, $"{Microseconds / 3_600_000_000:D2}:{Microseconds / 60_000_000 % 60:D2}:{Microseconds / 1_000_000 % 60:D2}");
        if (Microseconds % 1_000_000 != 0) time += string.Create(CultureInfo.InvariantCulture, $".{Microseconds % 1_000_000:D6}").TrimEnd('0');
        var zone = string.Create(CultureInfo.InvariantCulture, $"{(OffsetSeconds < 0 ? '-' : '+')}{offset / 3600:D2}:{offset / 60 % 60:D2}");
        return offset % 60 == 0 ? time + zone : time + zone + string.Create(CultureInfo.InvariantCulture, $":{offset % 60:D2}");
    }
}
