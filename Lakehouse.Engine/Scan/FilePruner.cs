using System.Collections.Concurrent;
using System.Text;
using Lakehouse.Delta;
using Lakehouse.Engine.Sql;

namespace Lakehouse.Engine.Scan;

/// <summary>Leaves out files that cannot hold a wanted row, by partition values and statistics. What is not known does not prune.</summary>
internal sealed class FilePruner(Snapshot snapshot)
{
    /// <summary>The files that may hold wanted rows; all where nothing is said.</summary>
    public IReadOnlyList<AddFile> Prune(FilePredicate? predicate) =>
        predicate is null ? [.. snapshot.Files] : snapshot.SelectFiles(new Filter(snapshot, predicate));

    /// <summary>Whether a file may hold a wanted row.</summary>
    public bool MayMatch(AddFile file, FilePredicate? predicate) =>
        predicate is null
        || (new Filter(snapshot, predicate).MayMatch(file.PartitionValues, out var statistics)
            && (statistics is null || statistics.MayMatch(file.Stats is null ? default : Encoding.UTF8.GetBytes(file.Stats))));

    private sealed class Filter(Snapshot snapshot, FilePredicate predicate) : IFileFilter
    {
        private static readonly FilePredicate Always = new FilePredicate.And([]);
        private static readonly FilePredicate Never = new FilePredicate.Or([]);

        private readonly HashSet<string> _partitionColumns = new(snapshot.PartitionColumns, StringComparer.OrdinalIgnoreCase);
        // Partitions that leave the same to ask of statistics share who asks.
        private readonly ConcurrentDictionary<FilePredicate, StatisticsFilter> _filters = new(ReferenceEqualityComparer.Instance);

        private readonly bool _mapped = snapshot.Metadata.ColumnMappingMode != "none";

        public bool MayMatch(IReadOnlyDictionary<string, string?> values, out IStatisticsFilter? statistics)
        {
            var rest = Resolve(predicate, values);
            statistics = ReferenceEquals(rest, Always) || ReferenceEquals(rest, Never) ? null : _filters.GetOrAdd(rest, static (left, filter) => filter.Ask(left), this);
            return !ReferenceEquals(rest, Never);
        }

        private StatisticsFilter Ask(FilePredicate left) => StatisticsFilter.Of(left, snapshot.Schema, _mapped);

        /// <summary>What is left of a predicate when the partition values are known; the predicate itself where that is all of it.</summary>
        private FilePredicate Resolve(FilePredicate part, IReadOnlyDictionary<string, string?> values)
        {
            switch (part)
            {
                case FilePredicate.And and:
                    var all = and.Parts.Select(one => Resolve(one, values)).Where(one => !ReferenceEquals(one, Always)).ToList();
                    if (all.Contains(Never, ReferenceEqualityComparer.Instance)) return Never;
                    return AreSame(all, and.Parts) ? and : all.Count switch { 0 => Always, 1 => all[0], _ => new FilePredicate.And(all) };
                case FilePredicate.Or or:
                    var any = or.Parts.Select(one => Resolve(one, values)).Where(one => !ReferenceEquals(one, Never)).ToList();
                    if (any.Contains(Always, ReferenceEqualityComparer.Instance)) return Always;
                    return AreSame(any, or.Parts) ? or : any.Count switch { 0 => Never, 1 => any[0], _ => new FilePredicate.Or(any) };
                case FilePredicate.Test test when snapshot.Schema.Find(test.Column) is { } field:
                    if (!_partitionColumns.Contains(field.Name)) return test;
                    return PartitionMayMatch(values, _mapped ? field.PhysicalName : field.Name, field.Type, test) ? Always : Never;
                default:
                    return Always;
            }
        }

        private static bool AreSame(List<FilePredicate> left, IReadOnlyList<FilePredicate> parts) => left.Count > 1 && left.SequenceEqual(parts, ReferenceEqualityComparer.Instance);

        private static bool PartitionMayMatch(IReadOnlyDictionary<string, string?> values, string name, DeltaType type, FilePredicate.Test test)
        {
            if (!values.TryGetValue(name, out var text)) return true;
            var isNull = string.IsNullOrEmpty(text);
            if (test.Comparison == Comparison.IsNull) return isNull;
            if (isNull) return false;
            if (test.Comparison == Comparison.IsNotNull) return true;
            if (SqlConstant.Parse(text!, type) is not { } value) return true;
            var order = SqlConstant.Compare(test.Value!, value);
            return test.MayHold(order, order);
        }
    }
}
