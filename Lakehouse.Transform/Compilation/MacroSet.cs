using System.Reflection;
using Lakehouse.Transform.Jinja;

namespace Lakehouse.Transform;

/// <summary>The macros that every template of the project sees by name: the project's own, then ours.</summary>
internal sealed class MacroSet
{
    private readonly Dictionary<string, TemplateMacro> _own = new(StringComparer.Ordinal);
    private static readonly Lazy<Dictionary<string, TemplateMacro>> BuiltIn = new(ReadBuiltIn);

    /// <summary>The project's own macros in the order they were found.</summary>
    public IEnumerable<TemplateMacro> Own => _own.Values;

    public IEnumerable<string> Names => _own.Keys.Concat(BuiltIn.Value.Keys);

    /// <summary>Adds a file's macros.</summary>
    /// <exception cref="ProjectException">A name is taken.</exception>
    public void Add(Template template)
    {
        foreach (var macro in template.Macros)
            if (!_own.TryAdd(macro.Name, macro))
                throw new ProjectException(macro.At, $"the macro '{macro.Name}' is defined at {_own[macro.Name].At} already");
    }

    public bool IsOwn(string name) => _own.ContainsKey(name);

    public bool TryGet(string name, out TemplateMacro macro) => _own.TryGetValue(name, out macro!) || BuiltIn.Value.TryGetValue(name, out macro!);

    private static Dictionary<string, TemplateMacro> ReadBuiltIn()
    {
        const string name = "builtin.sql";
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream);
        return Template.Parse(name, reader.ReadToEnd()).Macros.ToDictionary(m => m.Name, StringComparer.Ordinal);
    }
}
