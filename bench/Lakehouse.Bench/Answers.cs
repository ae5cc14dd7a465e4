using System.Globalization;
using System.Text;
using Lakehouse.DuckDb;

namespace Lakehouse.Bench;

/// <summary>What the two sides of a bench answered. A ratio of two different answers means nothing.</summary>
internal static class Answers
{
    /// <summary>Reads a small result to its end, as text, and closes it.</summary>
    public static string Read(DuckDbResult result)
    {
        using DuckDbResult open = result;
        var text = new StringBuilder();
        while (open.NextChunk())
        {
            for (int row = 0; row < open.RowCount; row++)
            {
                for (int column = 0; column < open.Columns.Count; column++)
                    text.Append(CultureInfo.InvariantCulture, $"{open.Column(column).GetValue(row)} ");
                text.AppendLine();
            }
        }

        return text.ToString();
    }

    /// <exception cref="BenchException">They differ.</exception>
    public static void MustBeEqual(string what, string yardstick, string ours)
    {
        if (yardstick != ours)
            throw new BenchException($"{what}: the answers differ, so the times say nothing.\nyardstick: {yardstick}\nours:      {ours}");
    }
}
