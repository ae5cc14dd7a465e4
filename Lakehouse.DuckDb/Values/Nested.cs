using System.Collections;
using System.Runtime.CompilerServices;

namespace Lakehouse.DuckDb;

/// <summary>The parts of .NET values that stand for lists, maps, structs and unions.</summary>
internal static class Nested
{
    /// <summary>The elements of any collection.</summary>
    internal static IReadOnlyList<object?> Elements(object value, DuckDbType type)
    {
        if (value is object?[] array) return array;
        if (value is string or not IEnumerable) throw Scalars.Wrong(value, type);
        IReadOnlyList<object?> elements = [.. ((IEnumerable)value).Cast<object?>()];
        return elements;
    }

    /// <summary>The elements of a collection that must have the array's length.</summary>
    internal static IReadOnlyList<object?> ArrayElements(object value, DuckDbType type)
    {
        var elements = Elements(value, type);
        return elements.Count == type.Length ? elements : throw new InvalidCastException($"{type} takes {type.Length} elements, not {elements.Count}.");
    }

    /// <summary>A struct's fields in the type's order: from a dictionary by name, or from a tuple or collection by position.</summary>
    internal static object?[] Fields(object value, DuckDbType type)
    {
        var fields = new object?[type.Fields.Count];
        if (value is ITuple tuple)
        {
            if (tuple.Length != fields.Length) throw Count(type, tuple.Length);
            for (var i = 0; i < fields.Length; i++) fields[i] = tuple[i];
            return fields;
        }

        if (TryNamed(value, out var named))
        {
            foreach (var (name, part) in named)
            {
                var at = -1;
                for (var i = 0; i < fields.Length && at < 0; i++)
                    if (string.Equals(type.Fields[i].Name, name, StringComparison.OrdinalIgnoreCase)) at = i;
                if (at < 0) throw new InvalidCastException($"{type} has no field '{name}'.");
                fields[at] = part;
            }

            return fields;
        }

        var elements = Elements(value, type);
        return elements.Count == fields.Length ? [.. elements] : throw Count(type, elements.Count);
    }

    /// <summary>A map's entries.</summary>
    /// <exception cref="InvalidCastException">A null key, or one twice.</exception>
    internal static IReadOnlyList<KeyValuePair<object, object?>> Entries(object value, DuckDbType type)
    {
        var entries = new List<KeyValuePair<object, object?>>();
        switch (value)
        {
            case IDictionary dictionary:
                foreach (DictionaryEntry entry in dictionary) entries.Add(new(entry.Key, entry.Value));
                break;
            case IEnumerable<KeyValuePair<object, object?>> pairs:
                entries.AddRange(pairs);
                break;
            case IEnumerable<KeyValuePair<string, object?>> pairs:
                foreach (var pair in pairs) entries.Add(new(pair.Key, pair.Value));
                break;
            case IEnumerable<KeyValuePair<string, string?>> pairs:
                foreach (var pair in pairs) entries.Add(new(pair.Key, pair.Value));
                break;
            case IEnumerable<KeyValuePair<string, long>> pairs:
                foreach (var pair in pairs) entries.Add(new(pair.Key, pair.Value));
                break;
            default:
                throw Scalars.Wrong(value, type);
        }

        var seen = new HashSet<object>();
        foreach (var (key, _) in entries)
        {
            if (key is null) throw new InvalidCastException("A key of a MAP cannot be null.");
            if (!seen.Add(key)) throw new InvalidCastException($"The key '{key}' stands twice in a MAP.");
        }

        return entries;
    }

    /// <summary>Which member a value is of.</summary>
    internal static (int Member, object? Value) Member(object value, DuckDbType type)
    {
        if (value is not DuckDbUnion union) throw Scalars.Wrong(value, type);
        for (var i = 0; i < type.Fields.Count; i++)
            if (string.Equals(type.Fields[i].Name, union.Tag, StringComparison.OrdinalIgnoreCase)) return (i, union.Value);
        throw new InvalidCastException($"{type} has no member '{union.Tag}'.");
    }

    /// <summary>Pairs of a name and a value, from any dictionary with names for keys.</summary>
    internal static bool TryNamed(object value, out List<KeyValuePair<string, object?>> named)
    {
        named = [];
        switch (value)
        {
            case IEnumerable<KeyValuePair<string, object?>> pairs:
                named.AddRange(pairs);
                return true;
            case IDictionary dictionary:
                foreach (DictionaryEntry entry in dictionary)
                {
                    if (entry.Key is not string name) return false;
                    named.Add(new(name, entry.Value));
                }

                return true;
            default:
                return false;
        }
    }

    private static InvalidCastException Count(DuckDbType type, int count) => new($"{type} takes {type.Fields.Count} fields, not {count}.");
}
