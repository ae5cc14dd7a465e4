namespace Lakehouse.Transform.Jinja;

/// <summary>The evaluated arguments of a call, with the place of the call for messages.</summary>
public sealed class CallArguments(
    string callee,
    IReadOnlyList<object?> positional,
    IReadOnlyDictionary<string, object?> named,
    SourceLocation at)
{
    private static readonly Dictionary<string, object?> NoNames = [];

    /// <summary>Arguments without names.</summary>
    public CallArguments(string callee, IReadOnlyList<object?> positional, SourceLocation at)
        : this(callee, positional, NoNames, at)
    {
    }

    /// <summary>What is called, for messages.</summary>
    public string Callee => callee;

    /// <summary>Arguments without names, in order.</summary>
    public IReadOnlyList<object?> Positional => positional;

    /// <summary>Arguments with names.</summary>
    public IReadOnlyDictionary<string, object?> Named => named;

    /// <summary>Where the call stands.</summary>
    public SourceLocation At => at;

    /// <summary>An error at the call, which begins with the callee's name.</summary>
    public JinjaException Error(string problem) => new(at, $"{callee}: {problem}");

    /// <summary>Refuses more arguments than <paramref name="parameters"/>, and names that are none of them.</summary>
    public void Expect(params ReadOnlySpan<string> parameters)
    {
        if (positional.Count > parameters.Length)
            throw Error($"takes at most {parameters.Length} argument(s), {positional.Count} given");
        foreach (var name in named.Keys)
        {
            var index = parameters.IndexOf(name);
            if (index < 0)
                throw Error($"has no argument '{name}'");
            if (index < positional.Count)
                throw Error($"the argument '{name}' is given twice");
        }
    }

    /// <summary>Whether the argument was given by position or by name.</summary>
    public bool TryGet(int index, string name, out object? value)
    {
        if (index < positional.Count)
        {
            value = positional[index];
            return true;
        }
        return named.TryGetValue(name, out value);
    }

    /// <summary>An argument that may be left out.</summary>
    public object? Optional(int index, string name, object? fallback = null) => TryGet(index, name, out var value) ? value : fallback;

    /// <summary>An argument that must be given.</summary>
    public object? Required(int index, string name) =>
        TryGet(index, name, out var value) ? value : throw Error($"the argument '{name}' is missing");

    /// <summary>A string that must be given.</summary>
    public string RequiredString(int index, string name) => Required(index, name) switch
    {
        string text => text,
        Undefined undefined => throw undefined.Error(),
        var other => throw Error($"the argument '{name}' must be a string, not {JinjaValue.TypeName(other)}"),
    };

    /// <summary>An integer that may be left out.</summary>
    public long OptionalInteger(int index, string name, long fallback) => Optional(index, name, fallback) switch
    {
        long number => number,
        bool flag => flag ? 1 : 0,
        Undefined undefined => throw undefined.Error(),
        var other => throw Error($"the argument '{name}' must be an integer, not {JinjaValue.TypeName(other)}"),
    };
}
