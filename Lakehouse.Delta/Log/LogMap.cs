using System.Collections;
using System.Collections.Immutable;

namespace Lakehouse.Delta;

/// <summary>
/// An immutable map from logical files to their actions, cheap to derive from: a large base by columns that successive versions
/// share, and a small overlay of changes that is folded into a new base when it has grown. Enumerates in an order that depends
/// on the log alone.
/// </summary>
internal sealed class LogMap<T> : IReadOnlyCollection<T>
    where T : FileAction
{
    /// <summary>No files.</summary>
    public static readonly LogMap<T> Empty = new(FileColumns.Empty, NoChanges, 0, 0);

    private const int LeastFoldedChanges = 256;

    /// <summary>So many changes are kept as objects while a long log is read.</summary>
    private const int MostChangesAtOnce = 65_536;

    private readonly ImmutableDictionary<FileKey, Change> _changes;
    private readonly long _sequence;

    private LogMap(FileColumns @base, ImmutableDictionary<FileKey, Change> changes, long sequence, int count)
    {
        Base = @base;
        _changes = changes;
        _sequence = sequence;
        Count = count;
    }

    /// <inheritdoc/>
    public int Count { get; }

    /// <summary>The base. Rows that are <see cref="Overlaid"/> count no more.</summary>
    public FileColumns Base { get; }

    /// <summary>What came since the base, in its order.</summary>
    public IEnumerable<T> Added => _changes.Values.Where(change => change.Value is not null).OrderBy(change => change.Sequence).Select(change => change.Value!);

    private static ImmutableDictionary<FileKey, Change> NoChanges => ImmutableDictionary<FileKey, Change>.Empty;

    /// <summary>A map of nothing but these.</summary>
    public static LogMap<T> Of(FileColumns columns) => columns.Count == 0 ? Empty : new(columns, NoChanges, 0, columns.Count);

    /// <summary>The action of a file, or null.</summary>
    public T? Find(FileKey key) => _changes.TryGetValue(key, out Change change) ? change.Value : Base.Find(key) is >= 0 and int row ? Make(Base, row) : null;

    /// <summary>The rows of the base whose files have gone or changed since; null when there are none.</summary>
    public HashSet<int>? Overlaid()
    {
        HashSet<int>? rows = null;
        foreach (Change change in _changes.Values)
        {
            if (change.BaseRow >= 0) (rows ??= []).Add(change.BaseRow);
        }

        return rows;
    }

    /// <summary>A map to change, for one thread.</summary>
    public Builder ToBuilder() => new(this);

    /// <inheritdoc/>
    public IEnumerator<T> GetEnumerator()
    {
        HashSet<int>? overlaid = Overlaid();
        foreach (int row in Base.Rows)
        {
            if (overlaid?.Contains(row) != true) yield return Make(Base, row);
        }

        if (_changes.IsEmpty) yield break;
        foreach (T added in Added) yield return added;
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private static T Make(FileColumns columns, int row) => (T)(FileAction)(typeof(T) == typeof(AddFile) ? columns.Add(row) : columns.Remove(row));

    /// <summary>What became of a key since the base: a new action, or none; and the base's row that it stands for, or -1.</summary>
    internal readonly record struct Change(long Sequence, T? Value, int BaseRow);

    /// <summary>Collects changes.</summary>
    public sealed class Builder
    {
        // A map without changes is what a whole log is read into: a plain dictionary is several times quicker to fill.
        private readonly IDictionary<FileKey, Change> _changes;
        private FileColumns _base;
        private long _sequence;
        private int _count;
        private readonly LogMap<T> _from;
        private bool _touched;

        internal Builder(LogMap<T> from)
        {
            _from = from;
            _base = from.Base;
            _changes = from._changes.IsEmpty ? new Dictionary<FileKey, Change>() : from._changes.ToBuilder();
            _sequence = from._sequence;
            _count = from.Count;
        }

        public void Set(FileKey key, T value)
        {
            _touched = true;
            (bool isThere, int row) = Look(key);
            if (!isThere) _count++;
            _changes[key] = new Change(_sequence++, value, row);
            if (_changes.Count > Math.Max(MostChangesAtOnce, _base.Count / 4)) Fold();
        }

        public void Remove(FileKey key)
        {
            (bool isThere, int row) = Look(key);
            if (!isThere) return;
            _touched = true;
            _count--;
            if (row >= 0) _changes[key] = new Change(_sequence++, null, row);
            else _changes.Remove(key);
        }

        /// <summary>The map with the changes. The builder is used up.</summary>
        public LogMap<T> ToImmutable()
        {
            if (!_touched) return _from;
            if (_changes.Count > Math.Max(LeastFoldedChanges, _base.Count / 4)) Fold();
            ImmutableDictionary<FileKey, Change> changes = _changes is ImmutableDictionary<FileKey, Change>.Builder layered ? layered.ToImmutable() : _changes.ToImmutableDictionary();
            return new LogMap<T>(_base, changes, _sequence, _count);
        }

        private (bool IsThere, int BaseRow) Look(FileKey key)
        {
            if (_changes.TryGetValue(key, out Change change)) return (change.Value is not null, change.BaseRow);
            int row = _base.Find(key);
            return (row >= 0, row);
        }

        private void Fold()
        {
            FileColumnsBuilder columns = new(new PartitionSets());
            HashSet<int> gone = [.. _changes.Values.Select(change => change.BaseRow).Where(row => row >= 0)];
            columns.AddRange(_base, row => !gone.Contains(row));
            foreach (Change change in _changes.Values.Where(change => change.Value is not null).OrderBy(change => change.Sequence))
            {
                if (change.Value is AddFile add) columns.Add(add);
                else if (change.Value is RemoveFile remove) columns.Add(remove);
            }

            _base = columns.ToColumns();
            _changes.Clear();
        }
    }
}
