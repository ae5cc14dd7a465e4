using System.Globalization;

namespace Lakehouse.Cli.Shell;

/// <summary>Lengths of time as people write them on a command line.</summary>
public static class DurationText
{
    /// <summary>Reads <c>500ms</c>, <c>10s</c>, <c>2m</c>, <c>1h</c>, <c>7d</c>; a bare number is seconds.</summary>
    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = default;
        int digits = text.AsSpan().IndexOfAnyExcept("0123456789.");
        ReadOnlySpan<char> number = digits < 0 ? text : text.AsSpan(0, digits);
        string unit = digits < 0 ? "s" : text[digits..];
        double? seconds = unit switch { "ms" => 0.001, "s" => 1, "m" => 60, "h" => 3600, "d" => 86400, _ => null };
        if (seconds is null || !double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double value))
            return false;
        duration = TimeSpan.FromSeconds(value * seconds.Value);
        return true;
    }

    /// <summary>Writes a measured time: milliseconds below one second, else seconds with two decimals.</summary>
    public static string Format(TimeSpan duration) => duration.TotalSeconds < 1
        ? string.Create(CultureInfo.InvariantCulture, $"{duration.TotalMilliseconds:0} ms")
        : string.Create(CultureInfo.InvariantCulture, $"{duration.TotalSeconds:0.00} s");
}
