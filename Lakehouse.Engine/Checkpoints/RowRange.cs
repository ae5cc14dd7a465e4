namespace Lakehouse.Engine.Checkpoints;

/// <summary>Rows of a file: from the first to the one before the end.</summary>
internal readonly record struct RowRange(long First, long End)
{
    /// <summary>The smallest range in which all of these lie.</summary>
    public static RowRange Around(IEnumerable<RowRange> ranges) => ranges.Aggregate((all, range) => new RowRange(Math.Min(all.First, range.First), Math.Max(all.End, range.End)));

    /// <summary>Parts of about as many rows each that together hold row groups and, where these do not follow each other, what is between
    /// them. No row group is torn, as each part would decode all of it.</summary>
    /// <param name="groups">At least one, in their order.</param>
    /// <param name="least">So many rows are in each part, unless it is the only one.</param>
    /// <param name="most">How many parts there may be.</param>
    public static IReadOnlyList<RowRange> Split(IReadOnlyList<RowRange> groups, long least, int most)
    {
        var all = Around(groups);
        var rows = all.End - all.First;
        var parts = Math.Clamp(rows / least, 1, most);
        var split = new List<RowRange>();
        var first = all.First;
        for (var i = 0; i + 1 < groups.Count; i++)
        {
            // A part ends where a row group does, as near to its share as can be, and leaves enough for the next.
            var (share, end) = (all.First + (split.Count + 1) * rows / parts, groups[i].End);
            if (share - end > groups[i + 1].End - share || end - first < least || all.End - end < least) continue;
            split.Add(new RowRange(first, end));
            first = end;
        }
        split.Add(new RowRange(first, all.End));
        return split;
    }
}
