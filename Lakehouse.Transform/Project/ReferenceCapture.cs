using Lakehouse.Engine;
using Lakehouse.Transform.Jinja;

namespace Lakehouse.Transform;

/// <summary>A call of <c>ref</c> or <c>source</c> with literal names.</summary>
internal readonly record struct Reference(bool IsSource, string First, string Second, SourceLocation At)
{
    public static Reference From(CallArguments arguments, bool source)
    {
        if (source)
            return new Reference(true, arguments.RequiredString(0, "source_name"), arguments.RequiredString(1, "table_name"), arguments.At);
        var first = arguments.RequiredString(0, "model_name");
        return arguments.Positional.Count > 1
            ? new Reference(false, first, arguments.RequiredString(1, "model_name"), arguments.At)
            : new Reference(false, "", first, arguments.At);
    }
}

/// <summary>Renders a template only to see what it refers to and how it configures itself, as dbt's parser does.</summary>
internal sealed class ReferenceCapture
{
    private static readonly TableName Placeholder = new("unresolved", "relation");

    private readonly TemplateContext _context;

    public ReferenceCapture(TemplateSettings settings, MacroSet macros, JinjaDict inherited, bool incremental)
    {
        _context = new TemplateContext(settings, macros);
        _context.Add("ref", a => Capture(a, source: false));
        _context.Add("source", a => Capture(a, source: true));
        _context.Add("changes", a =>
        {
            ReadsChanges = true;
            return a.Required(0, "relation");
        });
        _context.Add("changes_have", _ => true);
        _context.Add("is_incremental", _ => incremental);
        _context["this"] = new Relation(Placeholder, null);
        _context["config"] = new ConfigFunction(Config, inherited);
        _context["model"] = new JinjaDict();
    }

    public List<Reference> References { get; } = [];

    public JinjaDict Config { get; } = [];

    public bool ReadsChanges { get; private set; }

    public JinjaGlobals Globals => _context.TryGet;

    private Relation Capture(CallArguments arguments, bool source)
    {
        References.Add(Reference.From(arguments, source));
        return new Relation(Placeholder, null);
    }
}

/// <summary>dbt's <c>config</c>: called, it sets keys; <c>config.get</c> and <c>config.require</c> read them.</summary>
internal sealed class ConfigFunction(JinjaDict? written, JinjaDict values) : IJinjaCallable, IJinjaObject
{
    public string Name => "config";

    public object? Call(CallArguments arguments)
    {
        if (written is null)
            return "";
        var given = new JinjaDict(arguments.Named);
        if (arguments.Positional is [JinjaDict dict])
            foreach (var (key, value) in dict)
                given[key] = value;
        else if (arguments.Positional.Count > 0)
            throw arguments.Error("takes keys with values, such as config(materialized='table')");
        NodeConfig.Merge(written, given);
        return "";
    }

    public bool TryGetAttribute(string name, out object? value)
    {
        value = name switch
        {
            "get" => new JinjaFunction("config.get", a => Find(a.RequiredString(0, "name"), out var found) && found is not null ? found : a.Optional(1, "default")),
            "require" => new JinjaFunction("config.require", a => Find(a.RequiredString(0, "name"), out var found) ? found : throw a.Error($"'{a.Positional[0]}' is not configured")),
            _ => null,
        };
        return value is not null;
    }

    private bool Find(string key, out object? value) => (written?.TryGetValue(key, out value) ?? Nothing(out value)) || values.TryGetValue(key, out value);

    private static bool Nothing(out object? value)
    {
        value = null;
        return false;
    }
}
