using System.Globalization;

namespace Lakehouse.Transform.Jinja;

/// <summary>The filters behind <c>|</c>.</summary>
internal static class Filters
{
    private static readonly Dictionary<string, Func<object?, CallArguments, object?>> All = new(StringComparer.Ordinal)
    {
        ["lower"] = (v, _) => JinjaValue.ToText(v).ToLowerInvariant(),
        ["upper"] = (v, _) => JinjaValue.ToText(v).ToUpperInvariant(),
        ["title"] = (v, _) => StringMethods.Title(JinjaValue.ToText(v)),
        ["capitalize"] = (v, _) => StringMethods.Capitalize(JinjaValue.ToText(v)),
        ["trim"] = (v, a) => a.Optional(0, "chars") is string chars ? JinjaValue.ToText(v).Trim(chars.ToCharArray()) : JinjaValue.ToText(v).Trim(),
        ["replace"] = (v, a) => StringMethods.Replace(JinjaValue.ToText(v), a, 0),
        ["string"] = (v, _) => JinjaValue.ToText(v),
        ["as_text"] = (v, _) => JinjaValue.ToText(v),
        ["safe"] = (v, _) => v,
        ["as_native"] = (v, _) => v,
        ["as_bool"] = (v, a) => v is bool ? v : throw a.Error($"{JinjaValue.TypeName(v)} is no boolean"),
        ["as_number"] = (v, a) => v is long or double ? v : throw a.Error($"{JinjaValue.TypeName(v)} is no number"),
        ["int"] = (v, a) => ToInteger(v) ?? a.Optional(0, "default", 0L),
        ["float"] = (v, a) => ToFloat(v) ?? a.Optional(0, "default", 0.0),
        ["abs"] = (v, a) => v switch { long n => (object)Math.Abs(n), double d => Math.Abs(d), _ => throw a.Error($"works on numbers, not on {JinjaValue.TypeName(v)}") },
        ["round"] = Round,
        ["format"] = (v, a) => PercentFormat.Apply(JinjaValue.ToText(v), a.Positional, a.At),
        ["indent"] = Indent,
        ["default"] = Default,
        ["d"] = Default,
        ["tojson"] = (v, a) => Json.Write(v, a),
        ["fromjson"] = (v, a) => Json.Read(JinjaValue.ToText(v), a),
        ["length"] = Length,
        ["count"] = Length,
        ["first"] = (v, a) => JinjaValue.ToList(v, a.At) is [var first, ..] ? first : new Undefined("the first item of nothing", a.At),
        ["last"] = (v, a) => JinjaValue.ToList(v, a.At) is [.., var last] ? last : new Undefined("the last item of nothing", a.At),
        ["list"] = (v, a) => JinjaValue.ToList(v, a.At).ToList(),
        ["reverse"] = (v, a) => v is string s ? string.Concat(s.Reverse()) : JinjaValue.ToList(v, a.At).Reverse().ToList(),
        ["join"] = Join,
        ["unique"] = Unique,
        ["sort"] = Sort,
        ["dictsort"] = DictSort,
        ["items"] = (v, a) => v is JinjaDict dict ? dict.Select(object? (e) => new List<object?> { e.Key, e.Value }).ToList() : throw a.Error("works on dicts"),
        ["sum"] = (v, a) => Projected(v, a, 0).Aggregate(a.Optional(1, "start", 0L), (sum, item) => Operators.Apply("+", sum, item, a.At)),
        ["min"] = (v, a) => Extreme(v, a, -1),
        ["max"] = (v, a) => Extreme(v, a, 1),
        ["map"] = Map,
        ["select"] = (v, a) => Where(v, a, attribute: false, keep: true),
        ["reject"] = (v, a) => Where(v, a, attribute: false, keep: false),
        ["selectattr"] = (v, a) => Where(v, a, attribute: true, keep: true),
        ["rejectattr"] = (v, a) => Where(v, a, attribute: true, keep: false),
    };

    public static IEnumerable<string> Names => All.Keys;

    public static bool TryGet(string name, out Func<object?, CallArguments, object?> filter) => All.TryGetValue(name, out filter!);

    private static object? ToInteger(object? value) => value switch
    {
        long => value,
        bool flag => flag ? 1L : 0L,
        double number when Math.Abs(number) < long.MaxValue => (long)number,
        string text when long.TryParse(text.Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) => number,
        string text when double.TryParse(text.Trim(), CultureInfo.InvariantCulture, out var number) && Math.Abs(number) < long.MaxValue => (long)number,
        _ => null,
    };

    private static object? ToFloat(object? value) =>
        JinjaValue.TryGetNumber(value, out var number) || (value is string text && double.TryParse(text.Trim(), CultureInfo.InvariantCulture, out number)) ? number : null;

    private static object? Round(object? value, CallArguments arguments)
    {
        if (value is long)
            return value;
        if (!JinjaValue.TryGetNumber(value, out var number))
            throw arguments.Error($"works on numbers, not on {JinjaValue.TypeName(value)}");
        var factor = Math.Pow(10, arguments.OptionalInteger(0, "precision", 0));
        return arguments.Optional(1, "method", "common") switch
        {
            "common" => Math.Round(number * factor, MidpointRounding.ToEven) / factor, // Python rounds halves to even
            "ceil" => Math.Ceiling(number * factor) / factor,
            "floor" => Math.Floor(number * factor) / factor,
            var other => throw arguments.Error($"the method is common, ceil or floor, not {JinjaValue.ToText(other)}"),
        };
    }

    private static object? Indent(object? value, CallArguments arguments)
    {
        var by = arguments.Optional(0, "width", 4L) is string text ? text : new string(' ', (int)Math.Clamp(arguments.OptionalInteger(0, "width", 4), 0, 1000));
        var first = JinjaValue.IsTrue(arguments.Optional(1, "first", false));
        var blank = JinjaValue.IsTrue(arguments.Optional(2, "blank", false));
        var lines = JinjaValue.ToText(value).Split('\n');
        return string.Join('\n', lines.Select((line, i) => (i == 0 && !first) || (line.Length == 0 && !blank && i > 0) ? line : by + line));
    }

    private static object? Default(object? value, CallArguments arguments)
    {
        var replaceFalse = JinjaValue.IsTrue(arguments.Optional(1, "boolean", false));
        return value is Undefined || (replaceFalse && !JinjaValue.IsTrue(value)) ? arguments.Optional(0, "default_value", "") : value;
    }

    private static object? Length(object? value, CallArguments arguments) => value switch
    {
        string text => (long)text.Length,
        JinjaDict dict => (long)dict.Count,
        _ => (long)JinjaValue.ToList(value, arguments.At).Count,
    };

    private static object? Join(object? value, CallArguments arguments)
    {
        var items = JinjaValue.ToList(value, arguments.At);
        if (arguments.Optional(1, "attribute") is { } attribute)
            items = [.. items.Select(i => Path(i, attribute, arguments))];
        return string.Join(JinjaValue.ToText(arguments.Optional(0, "d", "")), items.Select(JinjaValue.ToText));
    }

    private static object? Unique(object? value, CallArguments arguments)
    {
        // Jinja compares strings without regard to case unless told otherwise, and keeps the first of each.
        var sensitive = JinjaValue.IsTrue(arguments.Optional(0, "case_sensitive", false));
        var kept = new List<object?>();
        var keys = new List<object?>();
        foreach (var item in JinjaValue.ToList(value, arguments.At))
        {
            var key = Projection(item, arguments, 1);
            key = !sensitive && key is string text ? text.ToLowerInvariant() : key;
            if (keys.Any(k => JinjaValue.AreEqual(k, key)))
                continue;
            keys.Add(key);
            kept.Add(item);
        }
        return kept;
    }

    private static object? Sort(object? value, CallArguments arguments)
    {
        var reverse = JinjaValue.IsTrue(arguments.Optional(0, "reverse", false));
        var sensitive = JinjaValue.IsTrue(arguments.Optional(1, "case_sensitive", false));
        return Ordered(JinjaValue.ToList(value, arguments.At), i => Projection(i, arguments, 2), reverse, sensitive, arguments);
    }

    private static object? DictSort(object? value, CallArguments arguments)
    {
        if (value is not JinjaDict dict)
            throw arguments.Error($"works on dicts, not on {JinjaValue.TypeName(value)}");
        var sensitive = JinjaValue.IsTrue(arguments.Optional(0, "case_sensitive", false));
        var by = arguments.Optional(1, "by", "key") is "value" ? 1 : 0;
        var reverse = JinjaValue.IsTrue(arguments.Optional(2, "reverse", false));
        var pairs = dict.Select(object? (e) => new List<object?> { e.Key, e.Value }).ToList();
        return Ordered(pairs, p => ((List<object?>)p!)[by], reverse, sensitive, arguments);
    }

    private static List<object?> Ordered(IReadOnlyList<object?> items, Func<object?, object?> key, bool reverse, bool sensitive, CallArguments arguments)
    {
        var order = Comparer<object?>.Create((a, b) =>
        {
            if (!sensitive && a is string x && b is string y)
                (a, b) = (x.ToLowerInvariant(), y.ToLowerInvariant());
            return JinjaValue.Compare(a, b) ?? throw arguments.Error($"{JinjaValue.TypeName(a)} and {JinjaValue.TypeName(b)} have no order");
        });
        return [.. reverse ? items.OrderByDescending(key, order) : items.OrderBy(key, order)];
    }

    private static object? Extreme(object? value, CallArguments arguments, int sign)
    {
        object? best = null;
        var items = JinjaValue.ToList(value, arguments.At);
        if (items.Count == 0)
            return new Undefined("the extreme of nothing", arguments.At);
        for (var i = 0; i < items.Count; i++)
        {
            var order = i == 0 ? sign : JinjaValue.Compare(Projection(items[i], arguments, 1), Projection(best, arguments, 1));
            if (order is null)
                throw arguments.Error("the items have no order");
            if (order * sign > 0)
                best = items[i];
        }
        return best;
    }

    private static object? Map(object? value, CallArguments arguments)
    {
        var items = JinjaValue.ToList(value, arguments.At);
        if (arguments.Named.TryGetValue("attribute", out var attribute))
        {
            var hasDefault = arguments.Named.TryGetValue("default", out var fallback);
            return items.Select(i => Path(i, attribute, arguments) is var found && hasDefault && found is Undefined ? fallback : found).ToList();
        }
        var name = arguments.RequiredString(0, "filter");
        if (!TryGet(name, out var filter))
            throw arguments.Error($"there is no filter '{name}'{NearNames.Suggest(name, Names)}");
        var rest = new CallArguments($"filter {name}", [.. arguments.Positional.Skip(1)], arguments.Named, arguments.At);
        return items.Select(i => filter(i, rest)).ToList();
    }

    private static object? Where(object? value, CallArguments arguments, bool attribute, bool keep)
    {
        var skip = attribute ? 1 : 0;
        Func<object?, CallArguments, bool> test = (v, _) => JinjaValue.IsTrue(v);
        if (arguments.Positional.Count > skip)
        {
            var name = arguments.RequiredString(skip, "test");
            if (!Tests.TryGet(name, out test))
                throw arguments.Error($"there is no test '{name}'{NearNames.Suggest(name, Tests.Names)}");
        }
        var rest = new CallArguments(arguments.Callee, [.. arguments.Positional.Skip(skip + 1)], arguments.At);
        return JinjaValue.ToList(value, arguments.At)
            .Where(i => test(attribute ? Path(i, arguments.Required(0, "attribute"), arguments) : i, rest) == keep).ToList();
    }

    private static IEnumerable<object?> Projected(object? value, CallArguments arguments, int index) =>
        JinjaValue.ToList(value, arguments.At).Select(i => Projection(i, arguments, index));

    private static object? Projection(object? item, CallArguments arguments, int index) =>
        arguments.Optional(index, "attribute") is { } attribute ? Path(item, attribute, arguments) : item;

    /// <summary>An attribute by a dotted path, or an item by its index.</summary>
    private static object? Path(object? item, object? path, CallArguments arguments)
    {
        if (path is not string text)
            return Attributes.GetItem(item, path, arguments.At);
        foreach (var part in text.Split('.'))
        {
            object? key = long.TryParse(part, CultureInfo.InvariantCulture, out var index) ? index : part;
            item = Attributes.GetItem(item, key, arguments.At);
        }
        return item;
    }
}
