using System.Text;

namespace Lakehouse.Transform.Jinja;

/// <summary>A macro bound to the scope around its definition. Calling it gives what <c>return()</c> was given, or the text of its body.</summary>
internal sealed class Macro(MacroDefinition definition, Scope around, Renderer renderer) : IJinjaCallable
{
    // A macro that calls itself for ever must end in a message, not in a stack overflow that takes the process with it.
    private const int MaximumDepth = 60;

    [ThreadStatic]
    private static int t_depth;

    public string Name => definition.Name;

    public object? Call(CallArguments arguments)
    {
        if (t_depth >= MaximumDepth)
            throw arguments.Error($"macros call each other deeper than {MaximumDepth} levels");
        t_depth++;
        try
        {
            var output = new StringBuilder();
            renderer.Render(definition.Body, Enter(arguments), output);
            return output.ToString();
        }
        catch (MacroReturn result)
        {
            return result.Value;
        }
        catch (JinjaException e) when (e.Location.File != arguments.At.File || e.Location.Line != arguments.At.Line)
        {
            throw e.CalledFrom(Name, arguments.At);
        }
        finally
        {
            t_depth--;
        }
    }

    public override string ToString() => $"<macro {Name}>";

    private Scope Enter(CallArguments arguments)
    {
        var scope = new Scope(around);
        var parameters = definition.Parameters;
        var positional = arguments.Positional;
        for (var i = 0; i < parameters.Count; i++)
        {
            var (name, fallback) = parameters[i];
            if (i < positional.Count && arguments.Named.ContainsKey(name))
                throw arguments.Error($"the argument '{name}' is given twice");
            scope[name] = arguments.TryGet(i, name, out var value) ? value
                : fallback is not null ? renderer.Evaluate(fallback, scope)
                : new Undefined($"the argument '{name}' of {Name} is not given", arguments.At);
        }
        scope["varargs"] = positional.Skip(parameters.Count).ToList();
        var rest = new JinjaDict(arguments.Named.Where(n => n.Key != "caller" && parameters.All(p => p.Name != n.Key)));
        scope["kwargs"] = rest;
        if (arguments.Named.TryGetValue("caller", out var caller))
            scope["caller"] = caller;
        return scope;
    }
}

/// <summary>Carries the value of dbt's <c>return()</c> out of the macro's body.</summary>
internal sealed class MacroReturn(object? value) : Exception("return() belongs into a macro")
{
    public object? Value => value;
}
