using Lakehouse.Delta;

namespace Lakehouse.Engine.Scan;

/// <summary>What the statistics of a file say of the columns of a predicate, by the columns' numbers.</summary>
internal interface IColumnBounds
{
    /// <summary>The file's rows; -1 where that is not known.</summary>
    long Rows { get; }

    /// <summary>The least value.</summary>
    Bound Min(int column);

    /// <summary>The greatest value.</summary>
    Bound Max(int column);

    /// <summary>How many values are null; -1 where that is not known.</summary>
    long Nulls(int column);
}

/// <summary>A predicate as it is asked of statistics: its tests know their columns by number and type. Tests of unknown columns pass.</summary>
internal sealed class StatisticsPredicate
{
    private readonly BoundTest? _test;
    private readonly StatisticsPredicate[] _parts;
    private readonly bool _isAny;

    /// <summary>The same as a predicate.</summary>
    /// <param name="predicate">The predicate.</param>
    /// <param name="test">The test of a column as it is asked of statistics; null where the column is not known.</param>
    public StatisticsPredicate(FilePredicate predicate, Func<FilePredicate.Test, BoundTest?> test)
    {
        _isAny = predicate is FilePredicate.Or;
        _test = predicate is FilePredicate.Test one ? test(one) : null;
        IReadOnlyList<FilePredicate> parts = predicate switch { FilePredicate.And and => and.Parts, FilePredicate.Or or => or.Parts, _ => [] };
        _parts = [.. parts.Select(part => new StatisticsPredicate(part, test))];
    }

    /// <summary>Whether a file may hold wanted rows.</summary>
    public bool MayMatch<TBounds>(scoped in TBounds bounds)
        where TBounds : IColumnBounds, allows ref struct
    {
        if (_test is not null) return _test.MayMatch(bounds);
        foreach (var part in _parts)
            if (part.MayMatch(bounds) == _isAny) return _isAny;
        return !_isAny;
    }
}
