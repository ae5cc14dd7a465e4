using Lakehouse.Delta;
using Lakehouse.Engine.Scan;

namespace Lakehouse.Engine.Tests.Scan;

/// <summary>What a scan shows of a file's rows is what its deletion vector says, wherever a vector of rows begins and ends.</summary>
public sealed class RowSelectionTests
{
    private const long Page = 1 << 16;
    private static readonly long[] Edges = [0, 1, 63, 64, 2047, 2048, 2049, Page - 1, Page, Page + 1, uint.MaxValue - 1L, uint.MaxValue, uint.MaxValue + 1L, uint.MaxValue + 5000L];

    [Fact]
    public void Runs_of_rows_are_shown_as_the_bitmap_says_at_every_edge()
    {
        var rows = new RoaringBitmapArray();
        foreach (var edge in Edges) rows.Add((ulong)edge);
        foreach (var edge in Edges)
            foreach (var length in new[] { 0, 1, 2, 63, 64, 65, 2047, 2048 })
                foreach (var back in new[] { 0, 1, length / 2, length })
                    if (edge >= back) MustAgree(rows, [.. Enumerable.Range(0, length).Select(i => edge - back + i)]);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 5)]
    [InlineData(2, 60)]
    [InlineData(3, 100)]
    public void Rows_with_gaps_and_out_of_order_are_shown_as_the_bitmap_says(int seed, int percent)
    {
        var random = new Random(seed);
        foreach (var first in new long[] { 0, Page - 1000, uint.MaxValue - 1000L })
        {
            var rows = new RoaringBitmapArray();
            for (var row = first; row < first + 2048; row++)
                if (random.Next(100) < percent) rows.Add((ulong)row);
            long[] gaps = [.. Enumerable.Range(0, 2048).Where(_ => random.Next(10) > 0).Select(i => first + i)];
            MustAgree(rows, gaps);
            // The ends are those of a run, what is between them is not.
            long[] shuffled = [.. Enumerable.Range(0, 2048).Select(i => first + i)];
            random.Shuffle(shuffled.AsSpan(1, 2046));
            MustAgree(rows, shuffled);
            long[] repeated = [.. Enumerable.Range(0, 2048).Select(i => first + i)];
            repeated[1000] = repeated[1001];
            MustAgree(rows, repeated);
        }
    }

    [Fact]
    public void A_selection_of_no_rows_shows_all_or_none()
    {
        MustAgree(new RoaringBitmapArray(), [.. Enumerable.Range(0, 2048).Select(i => (long)i)]);
        MustAgree(new RoaringBitmapArray(), []);
    }

    [Fact]
    public void The_count_of_rows_shown_needs_the_files_rows_only_for_what_is_left()
    {
        var rows = new RoaringBitmapArray([1, 2, (ulong)uint.MaxValue + 7]);
        Assert.Equal(97, RowSelection.AllBut(rows).CountShown(100));
        Assert.Null(RowSelection.AllBut(rows).CountShown(null));
        Assert.Equal(3, RowSelection.Only(rows).CountShown(null));
    }

    private static void MustAgree(RoaringBitmapArray listed, long[] rows)
    {
        bool[] left = new bool[2048], only = new bool[2048];
        RowSelection.AllBut(listed).Fill(rows, left);
        RowSelection.Only(listed).Fill(rows, only);
        for (var i = 0; i < rows.Length; i++)
            Assert.True(left[i] == !listed.Contains((ulong)rows[i]) && only[i] == !left[i], $"row {rows[i]}, number {i} of {rows.Length} from {rows[0]}");
    }
}
