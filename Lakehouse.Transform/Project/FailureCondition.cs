using System.Globalization;

namespace Lakehouse.Transform;

/// <summary>dbt's <c>error_if</c> and <c>warn_if</c>: a comparison with the number of failures, such as <c>&gt; 10</c>.</summary>
internal readonly record struct FailureCondition(string Operator, long Bound)
{
    public static FailureCondition Parse(string text, NodeConfig config)
    {
        var trimmed = text.Trim();
        foreach (var op in new[] { "!=", "<>", ">=", "<=", "==", "=", ">", "<" })
            if (trimmed.StartsWith(op, StringComparison.Ordinal)
                && long.TryParse(trimmed.AsSpan(op.Length).Trim(), CultureInfo.InvariantCulture, out var bound))
            {
                return new FailureCondition(op, bound);
            }
        throw config.Error($"'{text}' is no condition on the number of failures; write a comparison such as '> 10'");
    }

    public bool Holds(long failures) => Operator switch
    {
        "!=" or "<>" => failures != Bound,
        ">=" => failures >= Bound,
        "<=" => failures <= Bound,
        ">" => failures > Bound,
        "<" => failures < Bound,
        _ => failures == Bound,
    };
}
