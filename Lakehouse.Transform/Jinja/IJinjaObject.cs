namespace Lakehouse.Transform.Jinja;

/// <summary>A value with attributes of its own, such as a relation or dbt's <c>config</c>.</summary>
public interface IJinjaObject
{
    /// <summary>Finds an attribute; false means that there is none of this name.</summary>
    bool TryGetAttribute(string name, out object? value);
}

/// <summary>A value that can be called.</summary>
public interface IJinjaCallable
{
    /// <summary>The name used in messages.</summary>
    string Name { get; }

    /// <summary>Calls it.</summary>
    /// <exception cref="JinjaException">The arguments do not fit, or the call fails.</exception>
    object? Call(CallArguments arguments);
}

/// <summary>A function of the host, seen by templates under <paramref name="name"/>.</summary>
public sealed class JinjaFunction(string name, Func<CallArguments, object?> call) : IJinjaCallable
{
    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public object? Call(CallArguments arguments) => call(arguments);

    /// <inheritdoc/>
    public override string ToString() => $"<function {name}>";
}

/// <summary>What <c>namespace()</c> returns: attributes that a loop's body can set for the code after it.</summary>
internal sealed class JinjaNamespace : IJinjaObject
{
    private readonly Dictionary<string, object?> _attributes = new(StringComparer.Ordinal);

    public object? this[string name]
    {
        set => _attributes[name] = value;
    }

    public bool TryGetAttribute(string name, out object? value) => _attributes.TryGetValue(name, out value);
}

/// <summary>A name, attribute or key that is not there. It may be tested, defaulted and asked for its truth; every other use is an error.</summary>
public sealed class Undefined(string what, SourceLocation at)
{
    /// <summary>The error for using it.</summary>
    public JinjaException Error() => new(at, what);
}
