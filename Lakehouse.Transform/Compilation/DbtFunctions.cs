using Lakehouse.Transform.Jinja;

namespace Lakehouse.Transform;

/// <summary>The part of dbt's context that does not depend on the node.</summary>
internal static class DbtFunctions
{
    public static void AddTo(TemplateContext context, TemplateSettings settings)
    {
        context["execute"] = settings.Execute;
        context["invocation_id"] = settings.InvocationId;
        context["run_started_at"] = settings.StartedAt;
        context["project_name"] = settings.Project;
        context["target"] = Target;
        context["flags"] = new JinjaDict { { "FULL_REFRESH", settings.FullRefresh } };
        context["exceptions"] = new Members("exceptions", new()
        {
            ["raise_compiler_error"] = RaiseCompilerError,
            ["warn"] = a => Say(settings, "warning: " + JinjaValue.ToText(a.Required(0, "message"))),
        });
        context["adapter"] = new Members("adapter", new()
        {
            ["dispatch"] = context.Dispatch,
            ["quote"] = a => $"\"{a.RequiredString(0, "identifier")}\"",
            ["type"] = _ => "duckdb",
        });
        context["modules"] = new JinjaDict
        {
            { "datetime", new JinjaDict { { "datetime", new Members("datetime", new() { ["now"] = _ => DateTimeOffset.UtcNow, ["utcnow"] = _ => DateTimeOffset.UtcNow }) } } },
        };
        context.Add("var", a => Var(a, settings.Vars));
        context.Add("env_var", EnvVar);
        context.Add("log", a => JinjaValue.IsTrue(a.Optional(1, "info", false)) ? Say(settings, JinjaValue.ToText(a.Required(0, "msg"))) : "");
        context.Add("print", a => Say(settings, JinjaValue.ToText(a.Required(0, "msg"))));
        context.Add("return", a => throw new MacroReturn(a.Optional(0, "value")));
        context.Add("tojson", a => Json.Write(a.Required(0, "value"), a));
        context.Add("fromjson", a => Json.Read(a.RequiredString(0, "value"), a));
        context.Add("set", a => Distinct(a));
        context.Add("run_query", a => throw a.Error("queries while compiling are not supported; a model is one query"));
        context.Add("statement", a => throw a.Error("queries while compiling are not supported; a model is one query"));
    }

    /// <summary>What <c>target</c> shows. There is one target: the lake.</summary>
    public static JinjaDict Target { get; } = new()
    {
        { "name", "lake" }, { "profile_name", "lakehouse" }, { "type", "duckdb" }, { "database", "lake" }, { "schema", "main" }, { "threads", 1L },
    };

    private static object? Var(CallArguments arguments, IReadOnlyDictionary<string, object?> vars)
    {
        var name = arguments.RequiredString(0, "name");
        if (vars.TryGetValue(name, out var value))
            return value;
        return arguments.TryGet(1, "default", out value)
            ? value
            : throw arguments.Error($"the variable '{name}' is not set{NearNames.Suggest(name, vars.Keys)}; set it under vars: in {ProjectSettings.FileName}, give it to the run, or give a default");
    }

    private static object? EnvVar(CallArguments arguments)
    {
        var name = arguments.RequiredString(0, "name");
        return Environment.GetEnvironmentVariable(name) is { } value ? value
            : arguments.TryGet(1, "default", out var fallback) ? fallback
            : throw arguments.Error($"the environment variable {name} is not set, and there is no default");
    }

    private static object? RaiseCompilerError(CallArguments arguments) =>
        throw new JinjaException(arguments.At, JinjaValue.ToText(arguments.Required(0, "msg")));

    private static object Say(TemplateSettings settings, string message)
    {
        settings.Log(message);
        return "";
    }

    private static List<object?> Distinct(CallArguments arguments)
    {
        var items = new List<object?>();
        foreach (var item in JinjaValue.ToList(arguments.Required(0, "value"), arguments.At))
            if (!items.Any(i => JinjaValue.AreEqual(i, item)))
                items.Add(item);
        return items;
    }

    /// <summary>An object whose attributes are functions.</summary>
    internal sealed class Members(string name, Dictionary<string, Func<CallArguments, object?>> functions) : IJinjaObject
    {
        public bool TryGetAttribute(string attribute, out object? value)
        {
            value = functions.TryGetValue(attribute, out var call) ? new JinjaFunction($"{name}.{attribute}", call) : null;
            return value is not null;
        }
    }
}
