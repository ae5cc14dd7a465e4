namespace Lakehouse.Transform.Jinja;

/// <summary>The methods of Python's list that templates use.</summary>
internal static class ListMethods
{
    public static bool TryGet(IReadOnlyList<object?> list, string name, out object? method)
    {
        Func<CallArguments, object?>? call = name switch
        {
            "append" => a => Change(list, a, l => l.Add(a.Required(0, "item"))),
            "extend" => a => Change(list, a, l => l.AddRange(JinjaValue.ToList(a.Required(0, "items"), a.At).ToList())),
            "insert" => a => Change(list, a, l => l.Insert((int)Math.Clamp(a.OptionalInteger(0, "index", 0), 0, l.Count), a.Required(1, "item"))),
            "remove" => a => Change(list, a, l => l.RemoveAt(Find(l, a))),
            "pop" => a => Pop(list, a),
            "index" => a => (long)Find(list, a),
            "count" => a => (long)list.Count(i => JinjaValue.AreEqual(i, a.Required(0, "item"))),
            "copy" => _ => list.ToList(),
            _ => null,
        };
        method = call is null ? null : new JinjaFunction($"list.{name}", call);
        return call is not null;
    }

    private static object? Change(IReadOnlyList<object?> list, CallArguments arguments, Action<List<object?>> change)
    {
        if (list is not List<object?> own)
            throw arguments.Error("this list cannot be changed");
        change(own);
        return null;
    }

    private static int Find(IReadOnlyList<object?> list, CallArguments arguments)
    {
        var item = arguments.Required(0, "item");
        for (var i = 0; i < list.Count; i++)
            if (JinjaValue.AreEqual(list[i], item))
                return i;
        throw arguments.Error($"{JinjaValue.ToText(item)} is not in the list");
    }

    private static object? Pop(IReadOnlyList<object?> list, CallArguments arguments)
    {
        var at = arguments.OptionalInteger(0, "index", -1);
        var index = (int)Math.Clamp(at < 0 ? at + list.Count : at, -1, list.Count);
        if (index < 0 || index >= list.Count)
            throw arguments.Error($"the list of {list.Count} has no item {at}");
        var item = list[index];
        Change(list, arguments, l => l.RemoveAt(index));
        return item;
    }
}

/// <summary>The methods of Python's dict that templates use.</summary>
internal static class DictMethods
{
    public static bool TryGet(JinjaDict dict, string name, out object? method)
    {
        Func<CallArguments, object?>? call = name switch
        {
            "get" => a => dict.TryGetValue(a.Required(0, "key"), out var value) ? value : a.Optional(1, "default"),
            "items" => _ => dict.Select(object? (e) => new List<object?> { e.Key, e.Value }).ToList(),
            "keys" => _ => dict.Keys.Cast<object?>().ToList(),
            "values" => _ => dict.Values.ToList(),
            "update" => a => Update(dict, a),
            "pop" => a => Pop(dict, a),
            "setdefault" => a => SetDefault(dict, a),
            "copy" => _ => Copy(dict),
            _ => null,
        };
        method = call is null ? null : new JinjaFunction($"dict.{name}", call);
        return call is not null;
    }

    private static JinjaDict Copy(JinjaDict dict)
    {
        var copy = new JinjaDict();
        foreach (var (key, value) in dict)
            copy[key] = value;
        return copy;
    }

    private static object? Update(JinjaDict dict, CallArguments arguments)
    {
        if (arguments.Optional(0, "other") is { } other)
            foreach (var (key, value) in other as JinjaDict ?? throw arguments.Error("takes a dict"))
                dict[key] = value;
        foreach (var (key, value) in arguments.Named)
            dict[key] = value;
        return null;
    }

    private static object? Pop(JinjaDict dict, CallArguments arguments)
    {
        var key = Attributes.Key(arguments.Required(0, "key"), arguments.At);
        if (dict.TryGetValue(key, out var value))
            dict.Remove(key);
        else if (!arguments.TryGet(1, "default", out value))
            throw arguments.Error($"there is no key {JinjaValue.ToText(key)}");
        return value;
    }

    private static object? SetDefault(JinjaDict dict, CallArguments arguments)
    {
        var key = Attributes.Key(arguments.Required(0, "key"), arguments.At);
        if (!dict.TryGetValue(key, out var value))
            dict[key] = value = arguments.Optional(1, "default");
        return value;
    }
}
