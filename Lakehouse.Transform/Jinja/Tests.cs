namespace Lakehouse.Transform.Jinja;

/// <summary>The tests behind <c>is</c>.</summary>
internal static class Tests
{
    private static readonly Dictionary<string, Func<object?, CallArguments, bool>> All = new(StringComparer.Ordinal)
    {
        ["defined"] = (v, _) => v is not Undefined,
        ["undefined"] = (v, _) => v is Undefined,
        ["none"] = (v, _) => v is null,
        ["boolean"] = (v, _) => v is bool,
        ["true"] = (v, _) => v is true,
        ["false"] = (v, _) => v is false,
        ["string"] = (v, _) => v is string,
        ["number"] = (v, _) => v is long or double or bool,
        ["integer"] = (v, _) => v is long,
        ["float"] = (v, _) => v is double,
        ["mapping"] = (v, _) => v is JinjaDict,
        ["iterable"] = (v, _) => v is string or JinjaDict or IReadOnlyList<object?>,
        ["sequence"] = (v, _) => v is string or JinjaDict or IReadOnlyList<object?>,
        ["callable"] = (v, _) => v is IJinjaCallable,
        ["odd"] = (v, a) => Integer(v, a) % 2 != 0,
        ["even"] = (v, a) => Integer(v, a) % 2 == 0,
        ["divisibleby"] = (v, a) => a.OptionalInteger(0, "num", 0) is not 0 and var by ? Integer(v, a) % by == 0 : throw a.Error("needs a number that is not zero"),
        ["lower"] = (v, _) => v is string s && s == s.ToLowerInvariant(),
        ["upper"] = (v, _) => v is string s && s == s.ToUpperInvariant(),
        ["in"] = (v, a) => Operators.Contains(a.Required(0, "seq"), v, a.At),
        ["eq"] = (v, a) => JinjaValue.AreEqual(v, a.Required(0, "other")),
        ["equalto"] = (v, a) => JinjaValue.AreEqual(v, a.Required(0, "other")),
        ["=="] = (v, a) => JinjaValue.AreEqual(v, a.Required(0, "other")),
        ["sameas"] = (v, a) => v?.GetType() == a.Required(0, "other")?.GetType() && JinjaValue.AreEqual(v, a.Required(0, "other")),
        ["ne"] = (v, a) => !JinjaValue.AreEqual(v, a.Required(0, "other")),
        ["gt"] = (v, a) => Operators.Compare(">", v, a.Required(0, "other"), a.At),
        ["greaterthan"] = (v, a) => Operators.Compare(">", v, a.Required(0, "other"), a.At),
        ["ge"] = (v, a) => Operators.Compare(">=", v, a.Required(0, "other"), a.At),
        ["lt"] = (v, a) => Operators.Compare("<", v, a.Required(0, "other"), a.At),
        ["lessthan"] = (v, a) => Operators.Compare("<", v, a.Required(0, "other"), a.At),
        ["le"] = (v, a) => Operators.Compare("<=", v, a.Required(0, "other"), a.At),
    };

    public static IEnumerable<string> Names => All.Keys;

    public static bool TryGet(string name, out Func<object?, CallArguments, bool> test) => All.TryGetValue(name, out test!);

    private static long Integer(object? value, CallArguments arguments) => value switch
    {
        long number => number,
        Undefined undefined => throw undefined.Error(),
        _ => throw arguments.Error($"works on integers, not on {JinjaValue.TypeName(value)}"),
    };
}
