using Lakehouse.Engine.Checkpoints;

namespace Lakehouse.Engine.Tests;

/// <summary>A file's row groups are shared out among readers: each row once, no row group torn, nobody woken for little.</summary>
public sealed class RowRangeTests
{
    [Theory]
    [InlineData("0-1000", "0-1000")]
    [InlineData("0-100 100-200 200-300", "0-100 100-200 200-300")]
    [InlineData("0-100 100-200 200-230", "0-100 100-230")]
    [InlineData("0-40 40-80 80-120 120-160 160-200 200-240 240-280", "0-120 120-280")]
    [InlineData("0-60 60-120", "0-120")]
    [InlineData("500-600 900-1000", "500-600 600-1000")]
    [InlineData("500-550 800-900 900-1000", "500-900 900-1000")]
    [InlineData("0-900 900-1000", "0-900 900-1000")]
    public void Row_groups_are_shared_out(string groups, string parts)
    {
        Assert.Equal(parts, string.Join(" ", RowRange.Split([.. groups.Split(' ').Select(Parse)], least: 100).Select(part => $"{part.First}-{part.End}")));

        static RowRange Parse(string text) => new(long.Parse(text.Split('-')[0]), long.Parse(text.Split('-')[1]));
    }
}
