using Lakehouse.Delta;
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
    public sealed record Test(string Column, Comparison Comparison, SqlConstant? Value = null) : FilePredicate;

    /// <summary>All of these.</summary>
    public sealed record And(IReadOnlyList<FilePredicate> Parts) : FilePredicate;

    /// <summary>Any of these.</summary>
    public sealed record Or(IReadOnlyList<FilePredicate> Parts) : FilePredicate;
}

/// <summary>Leaves out files that cannot hold a wanted row, by partition values and statistics. What is not known does not prune.</summary>
internal sealed class FilePruner(Snapshot snapshot)
{
    private readonly HashSet<string> _partitionColumns = new(snapshot.PartitionColumns, StringComparer.OrdinalIgnoreCase);
    private readonly bool _mapped = snapshot.Metadata.ColumnMappingMode != "none";

    public IReadOnlyList<AddFile> Prune(IEnumerable<AddFile> files, FilePredicate? predicate) =>
        predicate is null ? [.. files] : [.. files.Where(file => MayMatch(file, predicate))];

    /// <summary>Whether a file may hold a wanted row.</summary>
    public bool MayMatch(AddFile file, FilePredicate? predicate) => predicate switch
    {
        FilePredicate.And and => and.Parts.All(part => MayMatch(file, part)),
        FilePredicate.Or or => or.Parts.Any(part => MayMatch(file, part)),
        FilePredicate.Test test => snapshot.Schema.Find(test.Column) is not { } field || MayMatch(file, field, test),
        _ => true,
    };

    private bool MayMatch(AddFile file, StructField field, FilePredicate.Test test)
    {
        var name = _mapped ? field.PhysicalName : field.Name;
        return _partitionColumns.Contains(field.Name)
            ? PartitionMayMatch(file, name, field.Type, test)
            : StatisticsMayMatch(file, name, field.Type, test);
    }

    private static bool PartitionMayMatch(AddFile file, string name, DeltaType type, FilePredicate.Test test)
    {
        if (!file.PartitionValues.TryGetValue(name, out var text)) return true;
        var isNull = string.IsNullOrEmpty(text);
        if (test.Comparison == Comparison.IsNull) return isNull;
        if (isNull) return false;
        if (test.Comparison == Comparison.IsNotNull) return true;
        var value = SqlConstant.Parse(text!, type);
        return value is null || InRange(value, value, test);
    }

    private static bool StatisticsMayMatch(AddFile file, string name, DeltaType type, FilePredicate.Test test)
    {
        var statistics = file.Statistics;
        var nulls = ColumnStatistics.NullCount(statistics, name);
        // With a deletion vector null counts are only bounds: none is still none, but all may be all but the deleted.
        if (test.Comparison == Comparison.IsNull) return nulls is not 0;
        if (nulls is not null && statistics.NumRecords is not null && nulls == statistics.NumRecords) return false;
        if (test.Comparison == Comparison.IsNotNull) return true;
        var min = ColumnStatistics.Min(statistics, name, type);
        var max = ColumnStatistics.Max(statistics, name, type);
        return InRange(min, max, test);
    }

    private static bool InRange(SqlConstant? min, SqlConstant? max, FilePredicate.Test test)
    {
        var fromMin = min is null ? null : SqlConstant.Compare(test.Value!, min);
        var fromMax = max is null ? null : SqlConstant.Compare(test.Value!, max);
        return test.Comparison switch
        {
            Comparison.Equal => fromMin is not < 0 && fromMax is not > 0,
            Comparison.Less => fromMin is null or > 0,
            Comparison.LessOrEqual => fromMin is null or >= 0,
            Comparison.Greater => fromMax is null or < 0,
            Comparison.GreaterOrEqual => fromMax is null or <= 0,
            _ => true,
        };
    }
}
