using System.Globalization;
using System.Text;

namespace Lakehouse.Transform.Jinja;

/// <summary>What templates use of Python's datetime: its parts, <c>strftime</c>, <c>isoformat</c>, <c>date</c>.</summary>
internal static class TimeMethods
{
    public static bool TryGet(DateTimeOffset time, string name, out object? member)
    {
        member = name switch
        {
            "year" => (long)time.Year,
            "month" => (long)time.Month,
            "day" => (long)time.Day,
            "hour" => (long)time.Hour,
            "minute" => (long)time.Minute,
            "second" => (long)time.Second,
            "strftime" => new JinjaFunction("strftime", a => Format(time, a)),
            "isoformat" => new JinjaFunction("isoformat", _ => JinjaValue.ToText(time).Replace(' ', 'T')),
            "date" => new JinjaFunction("date", _ => time.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)),
            "timestamp" => new JinjaFunction("timestamp", _ => (time - DateTimeOffset.UnixEpoch).TotalSeconds),
            _ => null,
        };
        return member is not null;
    }

    private static string Format(DateTimeOffset time, CallArguments arguments)
    {
        var format = arguments.RequiredString(0, "format");
        var output = new StringBuilder();
        for (var i = 0; i < format.Length; i++)
        {
            if (format[i] != '%' || i + 1 == format.Length)
            {
                output.Append(format[i]);
                continue;
            }
            output.Append(format[++i] switch
            {
                'Y' => time.ToString("yyyy", CultureInfo.InvariantCulture),
                'm' => time.ToString("MM", CultureInfo.InvariantCulture),
                'd' => time.ToString("dd", CultureInfo.InvariantCulture),
                'H' => time.ToString("HH", CultureInfo.InvariantCulture),
                'M' => time.ToString("mm", CultureInfo.InvariantCulture),
                'S' => time.ToString("ss", CultureInfo.InvariantCulture),
                'f' => time.ToString("ffffff", CultureInfo.InvariantCulture),
                'y' => time.ToString("yy", CultureInfo.InvariantCulture),
                'j' => time.DayOfYear.ToString("D3", CultureInfo.InvariantCulture),
                'b' => time.ToString("MMM", CultureInfo.InvariantCulture),
                'B' => time.ToString("MMMM", CultureInfo.InvariantCulture),
                'a' => time.ToString("ddd", CultureInfo.InvariantCulture),
                'A' => time.ToString("dddd", CultureInfo.InvariantCulture),
                '%' => "%",
                var other => throw arguments.Error($"'%{other}' is not supported"),
            });
        }
        return output.ToString();
    }
}
