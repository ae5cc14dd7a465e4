namespace Lakehouse.Delta;

/// <summary>
/// Tells which files of a snapshot may hold wanted rows, without an object for each (<see cref="Snapshot.SelectFiles"/>). Asked from
/// several threads at once.
/// </summary>
public interface IFileFilter
{
    /// <summary>Whether files with these partition values may hold wanted rows. Asked once for each combination of values.</summary>
    /// <param name="values">By physical column name.</param>
    /// <param name="statistics">What is left to ask of each file's statistics; null = nothing, all of these files are wanted.</param>
    bool MayMatch(IReadOnlyDictionary<string, string?> values, out IStatisticsFilter? statistics);
}

/// <summary>Tells by its statistics whether a file may hold wanted rows. Asked from several threads at once.</summary>
public interface IStatisticsFilter
{
    /// <summary>Whether the file may hold wanted rows.</summary>
    /// <param name="json">Statistics as the log has them, in UTF-8; empty where there are none. They may be malformed.</param>
    bool MayMatch(ReadOnlySpan<byte> json);

    /// <summary>The same question to files whose statistics have one shape, of which only the values are told; null = it is asked of
    /// their JSON. Asked seldom, so that it is worth finding out which of the values count.</summary>
    IShapedStatisticsFilter? Of(StatisticsShape shape) => null;
}

/// <summary>Tells by the values of its statistics, all of one <see cref="StatisticsShape"/>, whether a file may hold wanted rows. Asked
/// from several threads at once.</summary>
public interface IShapedStatisticsFilter
{
    /// <summary>Whether the file may hold wanted rows.</summary>
    bool MayMatch(ShapedStatistics statistics);
}
