using System.Globalization;
using System.Text;

namespace Lakehouse.Transform.Jinja;

/// <summary>
/// Python's rules for the values of templates: null (none), bool, long, double, string, <c>List&lt;object?&gt;</c> (lists and tuples),
/// <see cref="JinjaDict"/>, <see cref="IJinjaObject"/>, <see cref="IJinjaCallable"/>, dates, and <see cref="Undefined"/>.
/// </summary>
public static class JinjaValue
{
    /// <summary>Python's name for the value's type, for messages.</summary>
    public static string TypeName(object? value) => value switch
    {
        null => "none",
        bool => "a boolean",
        long => "an integer",
        double => "a float",
        string => "a string",
        IReadOnlyList<object?> => "a list",
        JinjaDict => "a dict",
        Undefined => "undefined",
        IJinjaCallable callable => $"the function {callable.Name}",
        _ => value.GetType().Name,
    };

    /// <summary>Python's truth: none, false, zero, empty and undefined are false.</summary>
    public static bool IsTrue(object? value) => value switch
    {
        null or Undefined => false,
        bool flag => flag,
        long number => number != 0,
        double number => number != 0,
        string text => text.Length > 0,
        IReadOnlyList<object?> list => list.Count > 0,
        JinjaDict dict => dict.Count > 0,
        _ => true,
    };

    /// <summary>Python's <c>==</c>: numbers and booleans by value, containers by content.</summary>
    public static bool AreEqual(object? a, object? b) => (a, b) switch
    {
        (null, null) => true,
        (null, _) or (_, null) => false,
        (string x, string y) => x == y,
        (long x, long y) => x == y,
        _ when TryGetNumber(a, out var x) && TryGetNumber(b, out var y) => x.Equals(y),
        (IReadOnlyList<object?> x, IReadOnlyList<object?> y) => x.Count == y.Count && x.Zip(y).All(p => AreEqual(p.First, p.Second)),
        (JinjaDict x, JinjaDict y) => x.Count == y.Count && x.All(e => y.TryGetValue(e.Key, out var other) && AreEqual(e.Value, other)),
        (Undefined, Undefined) => true,
        _ => a.Equals(b),
    };

    /// <summary>Python's order; null when the two have none.</summary>
    public static int? Compare(object? a, object? b)
    {
        if (a is long i && b is long j)
            return i.CompareTo(j);
        if (TryGetNumber(a, out var x) && TryGetNumber(b, out var y))
            return x.CompareTo(y);
        if (a is string s && b is string t)
            return string.CompareOrdinal(s, t);
        if (a is DateTimeOffset d && b is DateTimeOffset e)
            return d.CompareTo(e);
        if (a is not IReadOnlyList<object?> left || b is not IReadOnlyList<object?> right)
            return null;
        for (var n = 0; n < Math.Min(left.Count, right.Count); n++)
        {
            var order = Compare(left[n], right[n]);
            if (order != 0)
                return order;
        }
        return left.Count.CompareTo(right.Count);
    }

    /// <summary>A number's or boolean's value.</summary>
    public static bool TryGetNumber(object? value, out double number)
    {
        (var found, number) = value switch
        {
            long l => (true, l),
            double d => (true, d),
            bool b => (true, b ? 1 : 0),
            _ => (false, 0d),
        };
        return found;
    }

    /// <summary>The text that printing the value gives: Python's <c>str</c>.</summary>
    /// <exception cref="JinjaException">The value is undefined.</exception>
    public static string ToText(object? value) => value switch
    {
        string text => text,
        Undefined undefined => throw undefined.Error(),
        _ => AppendRepresentation(new StringBuilder(), value).ToString(),
    };

    /// <summary>What Python's iteration gives: items of a list, keys of a dict, characters of a string.</summary>
    /// <exception cref="JinjaException">The value cannot be iterated.</exception>
    public static IReadOnlyList<object?> ToList(object? value, SourceLocation at) => value switch
    {
        IReadOnlyList<object?> list => list,
        JinjaDict dict => [.. dict.Keys],
        string text => [.. text.Select(object? (c) => c.ToString())],
        Undefined undefined => throw undefined.Error(),
        _ => throw new JinjaException(at, $"{TypeName(value)} cannot be iterated"),
    };

    /// <summary>Turns what YAML and JSON readers give (dictionaries, lists, ints…) into the values of templates.</summary>
    public static object? From(object? value) => value switch
    {
        int number => (long)number,
        float number => (double)number,
        decimal number => (double)number,
        IReadOnlyDictionary<string, object?> map => new JinjaDict(map.Select(e => KeyValuePair.Create(e.Key, From(e.Value)))),
        string or JinjaDict => value,
        IEnumerable<object?> list => list.Select(From).ToList(),
        _ => value,
    };

    private static StringBuilder AppendRepresentation(StringBuilder to, object? value)
    {
        switch (value)
        {
            case null:
                return to.Append("None");
            case bool flag:
                return to.Append(flag ? "True" : "False");
            case long number:
                return to.Append(CultureInfo.InvariantCulture, $"{number}");
            case double number:
                return to.Append(FormatFloat(number));
            case string text:
                return AppendQuoted(to, text);
            case IReadOnlyList<object?> list:
                to.Append('[');
                for (var i = 0; i < list.Count; i++)
                    AppendRepresentation(i == 0 ? to : to.Append(", "), list[i]);
                return to.Append(']');
            case JinjaDict dict:
                to.Append('{');
                var first = true;
                foreach (var (key, item) in dict)
                {
                    AppendRepresentation(first ? to : to.Append(", "), key).Append(": ");
                    AppendRepresentation(to, item);
                    first = false;
                }
                return to.Append('}');
            case DateTimeOffset time:
                return to.Append(FormatTime(time));
            case Undefined undefined:
                throw undefined.Error();
            default:
                return to.Append(value);
        }
    }

    private static StringBuilder AppendQuoted(StringBuilder to, string text)
    {
        var quote = text.Contains('\'') && !text.Contains('"') ? '"' : '\'';
        to.Append(quote);
        foreach (var c in text)
        {
            _ = c switch
            {
                '\n' => to.Append("\\n"),
                '\t' => to.Append("\\t"),
                '\r' => to.Append("\\r"),
                '\\' => to.Append("\\\\"),
                _ when c == quote => to.Append('\\').Append(c),
                _ => to.Append(c),
            };
        }
        return to.Append(quote);
    }

    private static string FormatFloat(double number)
    {
        if (double.IsNaN(number))
            return "nan";
        if (double.IsInfinity(number))
            return number > 0 ? "inf" : "-inf";
        var magnitude = Math.Abs(number);
        if (magnitude is 0 or (>= 1e-4 and < 1e16))
        {
            // "R" turns to exponents at 1e15 already, and at 1e-5; Python at 1e16.
            var text = ((decimal)number).ToString(CultureInfo.InvariantCulture);
            if (double.Parse(text, CultureInfo.InvariantCulture) != number)
                text = number.ToString("R", CultureInfo.InvariantCulture);
            return text.Contains('.', StringComparison.Ordinal) ? text : text + ".0";
        }
        return number.ToString("0.################e+00", CultureInfo.InvariantCulture);
    }

    private static string FormatTime(DateTimeOffset time)
    {
        var text = time.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
        var microseconds = time.Ticks % TimeSpan.TicksPerSecond / TimeSpan.TicksPerMicrosecond;
        if (microseconds > 0)
            text += $".{microseconds:D6}";
        return text + time.ToString("zzz", CultureInfo.InvariantCulture);
    }
}
