using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace Lakehouse.Transform.Jinja;

/// <summary>Python's dict: any scalar key (1, 1.0 and true are one key), entries in the order of insertion.</summary>
public sealed class JinjaDict : IEnumerable<KeyValuePair<object, object?>>
{
    private readonly OrderedDictionary<object, object?> _entries = new(KeyComparer.Instance);

    /// <summary>An empty dict.</summary>
    public JinjaDict()
    {
    }

    /// <summary>A dict with these entries.</summary>
    public JinjaDict(IEnumerable<KeyValuePair<string, object?>> entries)
    {
        foreach (var (key, value) in entries)
            _entries[key] = value;
    }

    /// <summary>How many entries there are.</summary>
    public int Count => _entries.Count;

    /// <summary>The keys in order.</summary>
    public IEnumerable<object> Keys => _entries.Keys;

    /// <summary>The values in the order of their keys.</summary>
    public IEnumerable<object?> Values => _entries.Values;

    /// <summary>The value of a key; setting adds or replaces.</summary>
    public object? this[object key]
    {
        get => _entries[key];
        set => _entries[key] = value;
    }

    /// <summary>Adds an entry, for collection initialisers.</summary>
    public void Add(object key, object? value) => _entries.Add(key, value);

    /// <summary>Finds a key's value.</summary>
    public bool TryGetValue(object? key, out object? value)
    {
        value = null;
        return key is not null && _entries.TryGetValue(key, out value);
    }

    /// <summary>Whether the key is there.</summary>
    public bool ContainsKey([NotNullWhen(true)] object? key) => key is not null && _entries.ContainsKey(key);

    /// <summary>Removes a key, and tells whether it was there.</summary>
    public bool Remove(object key) => _entries.Remove(key);

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<object, object?>> GetEnumerator() => _entries.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private sealed class KeyComparer : IEqualityComparer<object>
    {
        public static KeyComparer Instance { get; } = new();

        bool IEqualityComparer<object>.Equals(object? x, object? y) => JinjaValue.AreEqual(x, y);

        int IEqualityComparer<object>.GetHashCode(object obj) => obj switch
        {
            bool b => b ? 1.0.GetHashCode() : 0.0.GetHashCode(),
            long l => ((double)l).GetHashCode(),
            IReadOnlyList<object?> list => list.Count,
            _ => obj.GetHashCode(),
        };
    }
}
