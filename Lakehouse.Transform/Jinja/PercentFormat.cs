using System.Globalization;
using System.Text;

namespace Lakehouse.Transform.Jinja;

/// <summary>Python's <c>%</c> formatting with <c>%s %d %f %x %%</c>, zero padding, width and precision.</summary>
internal static class PercentFormat
{
    public static string Apply(string format, IReadOnlyList<object?> values, SourceLocation at)
    {
        var output = new StringBuilder();
        var used = 0;
        for (var i = 0; i < format.Length; i++)
        {
            if (format[i] != '%')
            {
                output.Append(format[i]);
                continue;
            }
            var start = ++i;
            while (i < format.Length && (char.IsAsciiDigit(format[i]) || format[i] is '.' or '-'))
                i++;
            if (i >= format.Length)
                throw new JinjaException(at, "the format ends within a placeholder");
            if (format[i] == '%')
            {
                output.Append('%');
                continue;
            }
            if (used == values.Count)
                throw new JinjaException(at, "the format has more placeholders than there are values");
            output.Append(Pad(Convert(format[i], Precision(format[start..i]), values[used++], at), format[start..i]));
        }
        if (used < values.Count)
            throw new JinjaException(at, "the format has fewer placeholders than there are values");
        return output.ToString();
    }

    private static int? Precision(string flags) =>
        flags.IndexOf('.', StringComparison.Ordinal) is >= 0 and var dot && int.TryParse(flags.AsSpan(dot + 1), CultureInfo.InvariantCulture, out var digits) ? Math.Min(digits, 30) : null;

    private static string Convert(char kind, int? precision, object? value, SourceLocation at) => (kind, value) switch
    {
        ('s', _) when precision is { } length && JinjaValue.ToText(value) is var text => text.Length > length ? text[..length] : text,
        ('s', _) => JinjaValue.ToText(value),
        ('d' or 'i', _) when JinjaValue.TryGetNumber(value, out var number) => Math.Truncate(number).ToString("F0", CultureInfo.InvariantCulture),
        ('x', long number) => number.ToString("x", CultureInfo.InvariantCulture),
        ('f', _) when JinjaValue.TryGetNumber(value, out var number) => number.ToString($"F{precision ?? 6}", CultureInfo.InvariantCulture),
        _ => throw new JinjaException(at, $"'%{kind}' does not format {JinjaValue.TypeName(value)}"),
    };

    private static string Pad(string text, string flags)
    {
        var width = flags.Split('.')[0];
        var left = width.StartsWith('-');
        var zero = width.StartsWith('0');
        if (!int.TryParse(width.TrimStart('-'), CultureInfo.InvariantCulture, out var size) || size > 10_000)
            return text;
        if (left)
            return text.PadRight(size);
        return zero && text.StartsWith('-') ? "-" + text[1..].PadLeft(size - 1, '0') : text.PadLeft(size, zero ? '0' : ' ');
    }
}
