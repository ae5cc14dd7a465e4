using System.Text;
using Lakehouse.Delta;

namespace Lakehouse.Testing.Fuzz;

/// <summary>Asks a filter about statistics as a large table keeps them: by their shape and their values.</summary>
public static class ShapedAnswer
{
    /// <summary>What the filter says; null where the statistics have no shape, and are kept as they are.</summary>
    /// <exception cref="FuzzException">What is kept is not what was given.</exception>
    public static bool? Of(IStatisticsFilter filter, string json)
    {
        byte[] text = Encoding.UTF8.GetBytes(json), kept = new byte[StatisticsShapes.MostBytes(text.Length)], buffer = [];
        if (text.Length == 0) return null;
        StatisticsShapes shapes = new();
        kept = kept[..shapes.Write(text, kept)];
        if (!shapes.Read(kept, ref buffer).SequenceEqual(text)) throw new FuzzException($"Statistics come back as {Encoding.UTF8.GetString(shapes.Read(kept, ref buffer))}: {json}");
        return shapes.ShapeOf(kept) is { } shape && filter.Of(shape) is { } shaped ? shaped.MayMatch(new ShapedStatistics(kept.AsSpan(1), shape.ValueCount)) : null;
    }
}
