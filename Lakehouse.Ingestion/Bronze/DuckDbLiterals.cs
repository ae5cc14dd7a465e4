using System.Globalization;

namespace Lakehouse.Ingestion.Bronze;

/// <summary>Constants of a batch as DuckDB's SQL writes them.</summary>
internal static class DuckDbLiterals
{
    public static string Timestamp(DateTimeOffset? time) => time is { } t
        ? string.Create(CultureInfo.InvariantCulture, $"TIMESTAMPTZ '{t.UtcDateTime:yyyy-MM-dd HH:mm:ss.ffffff}+00'")
        : "CAST(NULL AS TIMESTAMPTZ)";

    public static string Date(DateTimeOffset time) =>
        string.Create(CultureInfo.InvariantCulture, $"DATE '{time.UtcDateTime:yyyy-MM-dd}'");

    /// <summary>Microseconds since 1970-01-01 UTC as a point in time.</summary>
    public static DateTimeOffset FromMicroseconds(long microseconds) => DateTimeOffset.UnixEpoch.AddTicks(microseconds * 10);

    /// <summary>A point in time as microseconds since 1970-01-01 UTC.</summary>
    public static long ToMicroseconds(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).Ticks / 10;
}
