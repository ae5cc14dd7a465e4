using Lakehouse.Engine.Sql;

namespace Lakehouse.Engine.Scan;

/// <summary>How a column is compared.</summary>
internal enum Comparison { Equal, Less, LessOrEqual, Greater, GreaterOrEqual, IsNull, IsNotNull }

/// <summary>What a query wants of a table's rows, as far as it was understood; decides which files may hold such rows.</summary>
internal abstract record FilePredicate
{
    private FilePredicate()
    {
    }

    /// <summary>One column against one value; a null row never satisfies it, but for <see cref="Comparison.IsNull"/>.</summary>
    public sealed record Test(string Column, Comparison Comparison, SqlConstant? Value = null) : FilePredicate
    {
        /// <summary>Whether rows may satisfy a comparison with the value.</summary>
        /// <param name="fromMin">The sign of the value minus the least value of the rows; null = unknown.</param>
        /// <param name="fromMax">The sign of the value minus the greatest value of the rows; null = unknown.</param>
        public bool MayHold(int? fromMin, int? fromMax) => Comparison switch
        {
            Comparison.Equal => fromMin is not < 0 && fromMax is not > 0,
            Comparison.Less => fromMin is null or > 0,
            Comparison.LessOrEqual => fromMin is null or >= 0,
            Comparison.Greater => fromMax is null or < 0,
            Comparison.GreaterOrEqual => fromMax is null or <= 0,
            _ => true,
        };
    }

    /// <summary>All of these.</summary>
    public sealed record And(IReadOnlyList<FilePredicate> Parts) : FilePredicate;

    /// <summary>Any of these.</summary>
    public sealed record Or(IReadOnlyList<FilePredicate> Parts) : FilePredicate;
}
