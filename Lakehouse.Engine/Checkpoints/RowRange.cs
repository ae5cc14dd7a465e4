namespace Lakehouse.Engine.Checkpoints;

/// <summary>Rows of a file: from the first to the one before the end.</summary>
internal readonly record struct RowRange(long First, long End)
{
    /// <summary>The smallest range in which all of these lie.</summary>
    public static RowRange Around(IEnumerable<RowRange> ranges) => ranges.Aggregate((all, range) => new RowRange(Math.Min(all.First, range.First), Math.Max(all.End, range.End)));

    /// <summary>Parts of so many rows at least that together hold row groups and, where these do not follow each other, what is between
    /// them. No row group is torn, as each part would decode all of it.</summary>
    /// <param name="groups">At least one, in their order.</param>
    /// <param name="least">So many rows are in each part, unless it is the only one.</param>
    public static IReadOnlyList<RowRange> Split(IReadOnlyList<RowRange> groups, long least)
    {
        var all = Around(groups);
        var split = new List<RowRange>();
        var first = all.First;
        foreach (var group in groups)
        {
            if (group.End - first < least || all.End - group.End < least) continue;
            split.Add(new RowRange(first, group.End));
            first = group.End;
        }
        split.Add(new RowRange(first, all.End));
        return split;
    }
}
