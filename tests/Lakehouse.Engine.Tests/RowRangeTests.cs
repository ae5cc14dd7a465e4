using Lakehouse.Engine.Checkpoints;

namespace Lakehouse.Engine.Tests;

/// <summary>A file's row groups are shared out among readers: each row once, no row group torn, nobody woken for little.</summary>
public sealed class RowRangeTests
{
    [Theory]
    [InlineData("0-1000", 4, "0-1000")]
    [InlineData("0-100 100-200 200-300 300-400", 2, "0-200 200-400")]
    [InlineData("0-100 100-200 200-300", 2, "0-100 100-300")]
    [InlineData("0-100 100-200 200-300 300-400", 4, "0-100 100-200 200-300 300-400")]
    [InlineData("0-100 100-200 200-230", 4, "0-100 100-230")]
    [InlineData("0-120 120-240 240-360 360-480 480-600 600-720 720-840 840-960 960-1000", 2, "0-480 480-1000")]
    [InlineData("0-60 60-120", 4, "0-120")]
    [InlineData("500-600 900-1000", 2, "500-600 600-1000")]
    [InlineData("500-600 800-900 900-1000", 2, "500-600 600-1000")]
    [InlineData("0-900 900-1000", 2, "0-900 900-1000")]
    public void Row_groups_are_shared_out(string groups, int most, string parts)
    {
        Assert.Equal(parts, string.Join(" ", RowRange.Split([.. groups.Split(' ').Select(Parse)], least: 100, most).Select(part => $"{part.First}-{part.End}")));

        static RowRange Parse(string text) => new(long.Parse(text.Split('-')[0]), long.Parse(text.Split('-')[1]));
    }
}
