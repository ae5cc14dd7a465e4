using System.Globalization;
using System.Text;
using Lakehouse.DuckDb;

namespace Lakehouse.Engine.Results;

/// <summary>Intervals as text.</summary>
internal static class IntervalText
{
    private const long MicrosecondsPerSecond = 1_000_000;
    private const int MonthsPerYear = 12;

    /// <summary>An ISO 8601 duration, each part with its own sign: <c>P1Y2M-3DT4H5M6.5S</c>; <c>PT0S</c> for nothing.</summary>
    public static string Iso(DuckDbInterval interval)
    {
        StringBuilder text = new("P");
        Part(text, interval.Months / MonthsPerYear, 'Y');
        Part(text, interval.Months % MonthsPerYear, 'M');
        Part(text, interval.Days, 'D');
        long microseconds = interval.Microseconds;
        if (microseconds != 0)
        {
            text.Append('T');
            Part(text, microseconds / (3600 * MicrosecondsPerSecond), 'H');
            Part(text, microseconds / (60 * MicrosecondsPerSecond) % 60, 'M');
            long rest = microseconds % (60 * MicrosecondsPerSecond);
            if (rest != 0)
                text.Append(((decimal)rest / MicrosecondsPerSecond).ToString("0.######", CultureInfo.InvariantCulture)).Append('S');
        }
        return text.Length == 1 ? "PT0S" : text.ToString();
    }

    private static void Part(StringBuilder text, long value, char unit)
    {
        if (value != 0)
            text.Append(value.ToString(CultureInfo.InvariantCulture)).Append(unit);
    }
}
