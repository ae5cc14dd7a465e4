namespace Lakehouse.Transform.Jinja;

/// <summary>The functions that every template of Jinja sees.</summary>
internal static class GlobalFunctions
{
    private const long MaximumRange = 1_000_000;

    private static readonly Dictionary<string, object?> Functions = new JinjaFunction[]
    {
        new("range", Range),
        new("dict", Dict),
        new("namespace", Namespace),
        new("zip", Zip),
    }.ToDictionary(f => f.Name, object? (f) => f);

    public static bool TryGet(string name, out object? value) => Functions.TryGetValue(name, out value);

    private static object? Range(CallArguments arguments)
    {
        var numbers = arguments.Positional.Select(p => p is long n ? n : throw arguments.Error("takes integers")).ToList();
        var (start, stop, step) = numbers switch
        {
            [var end] => (0L, end, 1L),
            [var from, var end] => (from, end, 1L),
            [var from, var end, var by] when by != 0 => (from, end, by),
            _ => throw arguments.Error("takes one to three integers, and a step that is not zero"),
        };
        var items = new List<object?>();
        for (var i = start; step > 0 ? i < stop : i > stop; i += step)
        {
            if (items.Count == MaximumRange)
                throw arguments.Error($"more than {MaximumRange} numbers");
            items.Add(i);
        }
        return items;
    }

    private static object? Dict(CallArguments arguments)
    {
        var dict = new JinjaDict();
        switch (arguments.Optional(0, "entries"))
        {
            case JinjaDict other:
                foreach (var (key, value) in other)
                    dict[key] = value;
                break;
            case IReadOnlyList<object?> pairs:
                foreach (var pair in pairs)
                    dict[Attributes.Key(JinjaValue.ToList(pair, arguments.At)[0], arguments.At)] = JinjaValue.ToList(pair, arguments.At)[1];
                break;
        }
        foreach (var (key, value) in arguments.Named)
            dict[key] = value;
        return dict;
    }

    private static object? Namespace(CallArguments arguments)
    {
        var space = new JinjaNamespace();
        if (arguments.Positional is [JinjaDict first])
            foreach (var (key, value) in first)
                space[JinjaValue.ToText(key)] = value;
        foreach (var (key, value) in arguments.Named)
            space[key] = value;
        return space;
    }

    private static object? Zip(CallArguments arguments)
    {
        var lists = arguments.Positional.Select(p => JinjaValue.ToList(p, arguments.At)).ToList();
        var length = lists.Count == 0 ? 0 : lists.Min(l => l.Count);
        return Enumerable.Range(0, length).Select(object? (i) => lists.Select(l => l[i]).ToList()).ToList();
    }
}
