namespace Lakehouse.Transform.Jinja;

/// <summary>The variables of a template, a loop's body or a macro's body; names not here are looked up outwards.</summary>
internal sealed class Scope(Scope? outer)
{
    private readonly Dictionary<string, object?> _variables = new(StringComparer.Ordinal);

    public object? this[string name]
    {
        set => _variables[name] = value;
    }

    public bool TryGet(string name, out object? value)
    {
        for (var scope = this; scope is not null; scope = scope.Outer)
            if (scope._variables.TryGetValue(name, out value))
                return true;
        value = null;
        return false;
    }

    private Scope? Outer => outer;
}
