namespace Lakehouse.Transform.Jinja;

/// <summary>Python's operators on the values of templates.</summary>
internal static class Operators
{
    public static object Sign(string op, object? value, SourceLocation at) => (op, value) switch
    {
        (_, Undefined undefined) => throw undefined.Error(),
        ("-", long number) => (object)-number,
        ("-", double number) => -number,
        ("-", bool flag) => flag ? -1L : 0L,
        ("+", long or double) => value,
        ("+", bool flag) => flag ? 1L : 0L,
        _ => throw new JinjaException(at, $"'{op}' does not work on {JinjaValue.TypeName(value)}"),
    };

    public static object? Apply(string op, object? left, object? right, SourceLocation at)
    {
        if (left is Undefined undefinedLeft)
            throw undefinedLeft.Error();
        if (right is Undefined undefinedRight)
            throw undefinedRight.Error();
        if (op == "~")
            return JinjaValue.ToText(left) + JinjaValue.ToText(right);
        try
        {
            return (op, left, right) switch
            {
                ("+", string a, string b) => a + b,
                ("+", IReadOnlyList<object?> a, IReadOnlyList<object?> b) => a.Concat(b).ToList(),
                ("*", string a, long n) => Repeat(a, n, at),
                ("*", long n, string a) => Repeat(a, n, at),
                ("*", IReadOnlyList<object?> a, long n) => Enumerable.Range(0, Bounded(n * a.Count, at) / Math.Max(1, a.Count)).SelectMany(_ => a).ToList(),
                ("%", string format, _) => PercentFormat.Apply(format, right is IReadOnlyList<object?> items ? items : [right], at),
                _ when AsInteger(left, out var a) && AsInteger(right, out var b) => OnIntegers(op, a, b, at),
                _ when JinjaValue.TryGetNumber(left, out var a) && JinjaValue.TryGetNumber(right, out var b) => OnFloats(op, a, b, at),
                _ => throw new JinjaException(at, $"'{op}' does not work on {JinjaValue.TypeName(left)} and {JinjaValue.TypeName(right)}"),
            };
        }
        catch (OverflowException)
        {
            throw new JinjaException(at, $"the result of '{op}' does not fit 64 bits");
        }
    }

    public static bool Compare(string op, object? left, object? right, SourceLocation at)
    {
        switch (op)
        {
            case "==":
                return JinjaValue.AreEqual(left, right);
            case "!=":
                return !JinjaValue.AreEqual(left, right);
            case "in":
                return Contains(right, left, at);
            case "not in":
                return !Contains(right, left, at);
        }
        if (left is Undefined undefinedLeft)
            throw undefinedLeft.Error();
        if (right is Undefined undefinedRight)
            throw undefinedRight.Error();
        var order = JinjaValue.Compare(left, right)
            ?? throw new JinjaException(at, $"'{op}' does not work on {JinjaValue.TypeName(left)} and {JinjaValue.TypeName(right)}");
        return op switch { "<" => order < 0, "<=" => order <= 0, ">" => order > 0, _ => order >= 0 };
    }

    public static bool Contains(object? container, object? item, SourceLocation at) => (container, item) switch
    {
        (Undefined undefined, _) => throw undefined.Error(),
        (string text, string part) => text.Contains(part, StringComparison.Ordinal),
        (string, _) => throw new JinjaException(at, $"only a string can be in a string, not {JinjaValue.TypeName(item)}"),
        (JinjaDict dict, _) => dict.ContainsKey(item),
        _ => JinjaValue.ToList(container, at).Any(i => JinjaValue.AreEqual(i, item)),
    };

    private static object OnIntegers(string op, long a, long b, SourceLocation at) => checked(op switch
    {
        "+" => (object)(a + b),
        "-" => a - b,
        "*" => a * b,
        "/" => b == 0 ? throw DivisionByZero(at) : (double)a / b,
        "//" => b == 0 ? throw DivisionByZero(at) : FloorDivide(a, b),
        "%" => b == 0 ? throw DivisionByZero(at) : a - (FloorDivide(a, b) * b),
        "**" => b < 0 ? (object)Math.Pow(a, b) : Power(a, b),
        _ => throw new JinjaException(at, $"unknown operator '{op}'"),
    });

    private static object OnFloats(string op, double a, double b, SourceLocation at) => op switch
    {
        "+" => (object)(a + b),
        "-" => a - b,
        "*" => a * b,
        "/" => b == 0 ? throw DivisionByZero(at) : a / b,
        "//" => b == 0 ? throw DivisionByZero(at) : Math.Floor(a / b),
        "%" => b == 0 ? throw DivisionByZero(at) : a - (Math.Floor(a / b) * b),
        "**" => Math.Pow(a, b),
        _ => throw new JinjaException(at, $"unknown operator '{op}'"),
    };

    private static long FloorDivide(long a, long b) => checked((a / b) - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0));

    private static long Power(long value, long exponent)
    {
        var result = 1L;
        while (exponent > 0)
        {
            if ((exponent & 1) == 1)
                result = checked(result * value);
            exponent >>= 1;
            if (exponent > 0)
                value = checked(value * value);
        }
        return result;
    }

    private static bool AsInteger(object? value, out long number)
    {
        (var found, number) = value switch { long l => (true, l), bool b => (true, b ? 1L : 0L), _ => (false, 0L) };
        return found;
    }

    private static string Repeat(string text, long times, SourceLocation at) =>
        text.Length == 0 || times <= 0 ? "" : string.Concat(Enumerable.Repeat(text, Bounded(checked(times * text.Length), at) / text.Length));

    private static int Bounded(long size, SourceLocation at) =>
        size <= 10_000_000 ? (int)Math.Max(0, size) : throw new JinjaException(at, "the result would be larger than 10 million items");

    private static JinjaException DivisionByZero(SourceLocation at) => new(at, "division by zero");
}
