namespace Lakehouse.Transform.Jinja;

/// <summary>Attributes, items and slices of values, by Jinja's rules: <c>a.b</c> falls back to <c>a['b']</c> and the other way round.</summary>
internal static class Attributes
{
    public static object? Get(object? target, string name, SourceLocation at)
    {
        switch (target)
        {
            case Undefined undefined:
                throw undefined.Error();
            case IJinjaObject custom when custom.TryGetAttribute(name, out var value):
                return value;
            case JinjaDict dict when DictMethods.TryGet(dict, name, out var method):
                return method;
            case JinjaDict dict when dict.TryGetValue(name, out var value):
                return value;
            case string text when StringMethods.TryGet(text, name, out var method):
                return method;
            case IReadOnlyList<object?> list when ListMethods.TryGet(list, name, out var method):
                return method;
            case DateTimeOffset time when TimeMethods.TryGet(time, name, out var member):
                return member;
            default:
                return new Undefined($"{JinjaValue.TypeName(target)} has no attribute '{name}'", at);
        }
    }

    public static object? GetItem(object? target, object? index, SourceLocation at)
    {
        switch (target, index)
        {
            case (Undefined undefined, _):
                throw undefined.Error();
            case (_, Undefined undefined):
                throw undefined.Error();
            case (JinjaDict dict, _) when dict.TryGetValue(index, out var value):
                return value;
            case (IReadOnlyList<object?> list, long position):
                return Within(position, list.Count, out var i) ? list[i] : new Undefined($"the list of {list.Count} has no item {position}", at);
            case (string text, long position):
                return Within(position, text.Length, out var j) ? text[j].ToString() : new Undefined($"the string has no character {position}", at);
            case (_, string name):
                return Get(target, name, at);
            default:
                return new Undefined($"{JinjaValue.TypeName(target)} has no item {JinjaValue.ToText(index)}", at);
        }
    }

    public static object Slice(object? target, long? start, long? stop, long? step, SourceLocation at)
    {
        if (target is Undefined undefined)
            throw undefined.Error();
        var by = step ?? 1;
        if (by == 0)
            throw new JinjaException(at, "a slice's step cannot be zero");
        return target switch
        {
            string text => string.Concat(Positions(text.Length, start, stop, by).Select(i => text[i])),
            IReadOnlyList<object?> list => Positions(list.Count, start, stop, by).Select(i => list[i]).ToList(),
            _ => throw new JinjaException(at, $"{JinjaValue.TypeName(target)} cannot be sliced"),
        };
    }

    /// <summary>Refuses what cannot be a dict's key.</summary>
    public static object Key(object? key, SourceLocation at) => key switch
    {
        Undefined undefined => throw undefined.Error(),
        null or JinjaDict => throw new JinjaException(at, $"{JinjaValue.TypeName(key)} cannot be a key"),
        _ => key,
    };

    private static bool Within(long position, int count, out int index)
    {
        index = (int)Math.Clamp(position < 0 ? position + count : position, -1, count);
        return index >= 0 && index < count;
    }

    private static IEnumerable<int> Positions(int count, long? start, long? stop, long step)
    {
        var (first, last) = step > 0
            ? (Clamp(start ?? 0, 0, count), Clamp(stop ?? count, 0, count))
            : (Clamp(start ?? count - 1, -1, count - 1), stop is null ? -1 : Clamp(stop.Value, -1, count - 1));
        for (var i = first; step > 0 ? i < last : i > last; i += step)
            yield return (int)i;

        long Clamp(long bound, long low, long high) => Math.Clamp(bound < 0 ? bound + count : bound, low, high);
    }
}
