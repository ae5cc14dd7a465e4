using System.Text;

namespace Lakehouse.Transform.Jinja;

/// <summary>
/// A parsed template of the Jinja2 language, as far as dbt projects use it (docs/transform.md lists what is there).
/// Immutable: it may be rendered by several threads at once.
/// </summary>
public sealed class Template
{
    private readonly IReadOnlyList<Statement> _body;

    private Template(SourceText source, IReadOnlyList<Statement> body)
    {
        Source = source;
        _body = body;
        Macros = [.. body.OfType<MacroStatement>().Select(s => new TemplateMacro(s.Macro, source))];
    }

    /// <summary>The text the template was parsed from.</summary>
    public SourceText Source { get; }

    /// <summary>The macros defined at the top level of the template, in order; <c>{% test x %}</c> is the macro <c>test_x</c>.</summary>
    public IReadOnlyList<TemplateMacro> Macros { get; }

    /// <summary>Parses a template.</summary>
    /// <exception cref="JinjaException">The text is not a template; the message begins with file:line:column.</exception>
    public static Template Parse(string name, string text)
    {
        var source = new SourceText(name, text);
        return new Template(source, TemplateParser.Parse(source));
    }

    /// <summary>Renders the template. <paramref name="globals"/> answers names that the template itself does not set.</summary>
    /// <exception cref="JinjaException">Rendering fails; the message begins with file:line:column.</exception>
    public string Render(JinjaGlobals globals)
    {
        var output = new StringBuilder();
        new Renderer(globals).Render(_body, new Scope(null), output);
        return output.ToString();
    }
}

/// <summary>A text outside of template files, such as a value in a properties file, that may be one expression.</summary>
internal static class NativeTemplate
{
    /// <summary>The value of a text that is exactly one <c>{{ expression }}</c>, or else the rendered text: dbt's "native" rendering.</summary>
    /// <exception cref="JinjaException">The text is no template, or uses something undefined.</exception>
    public static object? Render(string name, string text, JinjaGlobals globals)
    {
        var body = TemplateParser.Parse(new SourceText(name, text.Trim()));
        if (body is [PrintStatement print])
        {
            var value = new Renderer(globals).Evaluate(print.Value, new Scope(null));
            return value is Undefined undefined ? throw undefined.Error() : value;
        }
        return Template.Parse(name, text).Render(globals);
    }
}

/// <summary>Finds a global by name: false means that it is not defined.</summary>
public delegate bool JinjaGlobals(string name, out object? value);

/// <summary>A macro of a template, not yet bound to what its body may see.</summary>
public sealed class TemplateMacro
{
    private readonly MacroDefinition _definition;

    internal TemplateMacro(MacroDefinition definition, SourceText source)
    {
        _definition = definition;
        Source = source;
    }

    /// <summary>The macro's name.</summary>
    public string Name => _definition.Name;

    /// <summary>Where it is defined.</summary>
    public SourceLocation At => _definition.At;

    /// <summary>The file it is defined in.</summary>
    public SourceText Source { get; }

    /// <summary>The macro as a callable whose body sees <paramref name="globals"/>.</summary>
    public IJinjaCallable Bind(JinjaGlobals globals) => new Macro(_definition, new Scope(null), new Renderer(globals));
}
