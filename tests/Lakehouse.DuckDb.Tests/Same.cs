using System.Collections;
using System.Globalization;

namespace Lakehouse.DuckDb.Tests;

/// <summary>Compares values part by part; says where they differ.</summary>
internal static class Same
{
    internal static void Values(object? expected, object? actual, string where)
    {
        if (Show(expected) != Show(actual)) Assert.Fail($"{where}: expected {Show(expected)}, got {Show(actual)}");
    }

    private static string Show(object? value) => value switch
    {
        null => "NULL",
        string v => $"'{v}'",
        byte[] v => Convert.ToHexString(v),
        BitArray v => string.Concat(v.Cast<bool>().Select(b => b ? '1' : '0')),
        float v => BitConverter.SingleToInt32Bits(v).ToString("x", CultureInfo.InvariantCulture),
        double v => BitConverter.DoubleToInt64Bits(v).ToString("x", CultureInfo.InvariantCulture),
        DuckDbUnion v => $"{v.Tag}:{Show(v.Value)}",
        IDictionary v => "{" + string.Join(", ", v.Keys.Cast<object>().Select(k => $"{Show(k)}={Show(v[k])}")) + "}",
        object?[] v => "[" + string.Join(", ", v.Select(Show)) + "]",
        _ => $"{value.GetType().Name} {value}",
    };
}
