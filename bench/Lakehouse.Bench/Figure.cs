using System.Globalization;
using System.Text.Json.Serialization;

namespace Lakehouse.Bench;

/// <summary>A measured figure and the reach it is held against.</summary>
internal sealed record Figure
{
    /// <summary>Bench and figure, such as <c>sql/q1</c>.</summary>
    [JsonPropertyName("name")]
    public required string Name { get; init; }

    /// <summary>The value, in <see cref="Unit"/>.</summary>
    [JsonPropertyName("value")]
    public required double Value { get; init; }

    /// <summary><c>x</c> for a ratio to the yardstick, else a unit of time.</summary>
    [JsonPropertyName("unit")]
    public required string Unit { get; init; }

    /// <summary>What it is a ratio to, with the yardstick's own figure of this run.</summary>
    [JsonPropertyName("yardstick")]
    public required string Yardstick { get; init; }

    /// <summary>What it should reach, such as <c>&gt;= 0.6x, &lt;= 400 MB</c>.</summary>
    [JsonPropertyName("reach")]
    public required string Reach { get; init; }

    /// <summary>Whether it does.</summary>
    [JsonPropertyName("holds")]
    public required bool Holds { get; init; }

    /// <summary>Peak resident memory of our side in MB (2^20 bytes).</summary>
    [JsonPropertyName("peak_mb")]
    public required double PeakMb { get; init; }

    /// <summary>A figure that should be at most <paramref name="limit"/> (and its memory at most <paramref name="memoryLimitMb"/>).</summary>
    public static Figure AtMost(string name, double value, double limit, string unit, string yardstick, double peakMb, double memoryLimitMb = double.PositiveInfinity) =>
        Create(name, value, unit, yardstick, "<=", limit, value <= limit, peakMb, memoryLimitMb);

    /// <summary>A figure that should be at least <paramref name="limit"/> (and its memory at most <paramref name="memoryLimitMb"/>).</summary>
    public static Figure AtLeast(string name, double value, double limit, string unit, string yardstick, double peakMb, double memoryLimitMb = double.PositiveInfinity) =>
        Create(name, value, unit, yardstick, ">=", limit, value >= limit, peakMb, memoryLimitMb);

    private static Figure Create(
        string name, double value, string unit, string yardstick, string comparison, double limit, bool holds, double peakMb, double memoryLimitMb)
    {
        string memory = double.IsInfinity(memoryLimitMb) ? "" : string.Create(CultureInfo.InvariantCulture, $", <= {memoryLimitMb:0} MB");
        return new Figure
        {
            Name = name,
            Value = Math.Round(value, 3),
            Unit = unit,
            Yardstick = yardstick,
            Reach = string.Create(CultureInfo.InvariantCulture, $"{comparison} {limit:0.##} {unit}{memory}"),
            Holds = holds && peakMb <= memoryLimitMb,
            PeakMb = Math.Round(peakMb),
        };
    }
}
