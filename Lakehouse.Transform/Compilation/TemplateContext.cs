using Lakehouse.Transform.Jinja;

namespace Lakehouse.Transform;

/// <summary>What is the same for every template of a load or a run.</summary>
/// <param name="Project">The project's name.</param>
/// <param name="Vars">The variables.</param>
/// <param name="InvocationId">The run's id.</param>
/// <param name="StartedAt">When the run began (UTC).</param>
/// <param name="FullRefresh">Whether the run was asked for a full refresh.</param>
/// <param name="Execute">False while the project is only read: no relation is resolved then.</param>
/// <param name="Log">Takes what templates log and warn.</param>
internal sealed record TemplateSettings(
    string Project,
    IReadOnlyDictionary<string, object?> Vars,
    string InvocationId,
    DateTimeOffset StartedAt,
    bool FullRefresh,
    bool Execute,
    Action<string> Log);

/// <summary>
/// The names that a template of a dbt project sees: dbt's context, then the project's macros, then Jinja's own functions.
/// Built-in names win over macros, so that a project can bring macros for plain dbt under names that are built in here.
/// One context serves one rendering on one thread.
/// </summary>
internal sealed class TemplateContext
{
    private readonly Dictionary<string, object?> _values = new(StringComparer.Ordinal);
    private readonly Dictionary<string, IJinjaCallable> _macros = new(StringComparer.Ordinal);
    private readonly MacroSet _macroSet;

    public TemplateContext(TemplateSettings settings, MacroSet macros)
    {
        _macroSet = macros;
        DbtFunctions.AddTo(this, settings);
        foreach (var package in new[] { settings.Project, "dbt", "dbt_utils", "dbt_duckdb" })
            this[package] = new MacroPackage(package, this);
    }

    /// <summary>Names that only the engine side gives; a project's macro of the same name is dbt's fallback and is not called here.</summary>
    public object? this[string name]
    {
        set => _values[name] = value;
    }

    /// <summary>Adds a function.</summary>
    public void Add(string name, Func<CallArguments, object?> call) => _values[name] = new JinjaFunction(name, call);

    public bool TryGet(string name, out object? value)
    {
        if (_values.TryGetValue(name, out value))
            return true;
        var found = TryGetMacro(name, out var macro);
        value = macro;
        return found;
    }

    public bool TryGetMacro(string name, out IJinjaCallable? macro)
    {
        if (_macros.TryGetValue(name, out macro))
            return true;
        if (!_macroSet.TryGet(name, out var definition))
            return false;
        _macros[name] = macro = definition.Bind(TryGet);
        return true;
    }

    /// <summary>dbt's <c>adapter.dispatch</c>: the most special macro there is.</summary>
    public IJinjaCallable Dispatch(CallArguments arguments)
    {
        var name = arguments.RequiredString(0, "macro_name");
        foreach (var candidate in new[] { $"duckdb__{name}", $"default__{name}" })
            if (TryGetMacro(candidate, out var macro))
                return macro!;
        throw arguments.Error($"there is no macro 'duckdb__{name}' or 'default__{name}'");
    }

    /// <summary>Macros under a package's name. The packages' own macros are not there; a project may hold copies.</summary>
    private sealed class MacroPackage(string package, TemplateContext context) : IJinjaObject
    {
        public bool TryGetAttribute(string name, out object? value)
        {
            var found = context.TryGetMacro(name, out var macro);
            value = macro;
            return found;
        }

        public override string ToString() => $"<package {package}>";
    }
}
