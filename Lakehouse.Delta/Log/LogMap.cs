using System.Collections;
using System.Collections.Immutable;

namespace Lakehouse.Delta;

/// <summary>
/// An immutable map from logical files to their actions, cheap to derive from: a large base that successive versions share, and
/// a small overlay of changes that is folded into a new base when it has grown. Enumerates in an order that depends on the log
/// alone.
/// </summary>
internal sealed class LogMap<T> : IReadOnlyCollection<T>
    where T : FileAction
{
    /// <summary>No files.</summary>
    public static readonly LogMap<T> Empty = new([], ImmutableDictionary<FileKey, Change>.Empty, 0, 0);

    private const int LeastFoldedChanges = 256;

    private readonly Dictionary<FileKey, T> _base;
    private readonly ImmutableDictionary<FileKey, Change> _changes;
    private readonly long _sequence;

    private LogMap(Dictionary<FileKey, T> @base, ImmutableDictionary<FileKey, Change> changes, long sequence, int count)
    {
        _base = @base;
        _changes = changes;
        _sequence = sequence;
        Count = count;
    }

    /// <inheritdoc/>
    public int Count { get; }

    /// <summary>The action of a file, or null.</summary>
    public T? Find(FileKey key) => _changes.TryGetValue(key, out Change change) ? change.Value : _base.GetValueOrDefault(key);

    /// <summary>A map to change, for one thread.</summary>
    public Builder ToBuilder() => new(this);

    /// <inheritdoc/>
    public IEnumerator<T> GetEnumerator()
    {
        bool unchanged = _changes.IsEmpty;
        foreach ((FileKey key, T value) in _base)
        {
            if (unchanged || !_changes.ContainsKey(key)) yield return value;
        }

        if (unchanged) yield break;
        foreach (Change change in _changes.Values.Where(change => change.Value is not null).OrderBy(change => change.Sequence)) yield return change.Value!;
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>What became of a key since the base: a new action, or none.</summary>
    private readonly record struct Change(long Sequence, T? Value);

    /// <summary>Collects changes. From an empty map it fills a new base directly, as when a checkpoint is loaded.</summary>
    public sealed class Builder
    {
        private readonly LogMap<T> _from;
        private readonly Dictionary<FileKey, T>? _newBase;
        private readonly ImmutableDictionary<FileKey, Change>.Builder _changes;
        private long _sequence;
        private int _count;
        private bool _touched;

        internal Builder(LogMap<T> from)
        {
            _from = from;
            _newBase = from._base.Count == 0 && from._changes.IsEmpty ? [] : null;
            _changes = from._changes.ToBuilder();
            _sequence = from._sequence;
            _count = from.Count;
        }

        public T? Find(FileKey key)
        {
            if (_newBase is not null) return _newBase.GetValueOrDefault(key);
            return _changes.TryGetValue(key, out Change change) ? change.Value : _from._base.GetValueOrDefault(key);
        }

        public void Set(FileKey key, T value)
        {
            _touched = true;
            if (_newBase is not null)
            {
                _newBase[key] = value;
                return;
            }

            if (Find(key) is null) _count++;
            _changes[key] = new Change(_sequence++, value);
        }

        public void Remove(FileKey key)
        {
            if (_newBase is not null)
            {
                _touched |= _newBase.Remove(key);
                return;
            }

            if (Find(key) is null) return;
            _touched = true;
            _count--;
            if (_from._base.ContainsKey(key)) _changes[key] = new Change(_sequence++, null);
            else _changes.Remove(key);
        }

        /// <summary>The map with the changes. The builder is used up.</summary>
        public LogMap<T> ToImmutable()
        {
            if (!_touched) return _from;
            if (_newBase is not null) return new LogMap<T>(_newBase, ImmutableDictionary<FileKey, Change>.Empty, 0, _newBase.Count);
            LogMap<T> layered = new(_from._base, _changes.ToImmutable(), _sequence, _count);
            if (_changes.Count <= Math.Max(LeastFoldedChanges, _from._base.Count / 4)) return layered;
            Dictionary<FileKey, T> folded = new(layered.Count);
            foreach (T value in layered) folded[value.Key] = value;
            return new LogMap<T>(folded, ImmutableDictionary<FileKey, Change>.Empty, 0, folded.Count);
        }
    }
}
