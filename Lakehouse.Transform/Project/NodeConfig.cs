using Lakehouse.Transform.Jinja;

namespace Lakehouse.Transform;

/// <summary>How a model comes to be.</summary>
public enum Materialization
{
    /// <summary>Nothing is stored; other models of a run read it by name.</summary>
    View,

    /// <summary>As a view. (dbt inlines it as a CTE; the answer is the same.)</summary>
    Ephemeral,

    /// <summary>A Delta table, written anew when an input moved.</summary>
    Table,

    /// <summary>A Delta table that takes in what changed.</summary>
    Incremental,
}

/// <summary>What an incremental model does when its result has other columns than its table.</summary>
public enum SchemaChange
{
    /// <summary>New columns are left out; missing ones become null.</summary>
    Ignore,

    /// <summary>New columns are added to the table; missing ones become null.</summary>
    AppendNewColumns,

    /// <summary>The model fails.</summary>
    Fail,
}

/// <summary>
/// The configuration of a node after dbt's precedence: project file, then properties file, then <c>config()</c> in the model;
/// tags and meta add up, every other key is replaced. Our own keys may also stand in <c>meta</c>.
/// </summary>
public sealed class NodeConfig
{
    /// <summary>The keys known for models, seeds and tests: anything else is kept for <c>config.get</c>, with a warning.</summary>
    internal static readonly HashSet<string> KnownKeys = new(StringComparer.Ordinal)
    {
        "enabled", "alias", "schema", "database", "tags", "meta", "group", "materialized", "incremental_strategy", "persist_docs",
        "post-hook", "pre-hook", "post_hook", "pre_hook", "quoting", "column_types", "full_refresh", "unique_key", "on_schema_change",
        "grants", "packages", "docs", "contract", "event_time", "access", "partition_by", "delete_when", "except_columns",
        "quarantine", "skip_when_unchanged", "severity", "where", "limit", "fail_calc", "warn_if", "error_if", "store_failures",
        "store_failures_as", "delimiter", "quote_columns", "freshness", "loaded_at_field", "description", "static_analysis",
    };

    private readonly SourceLocation _at;
    private readonly JinjaDict _values;

    internal NodeConfig(JinjaDict values, SourceLocation at)
    {
        _values = values;
        _at = at;
        Materialized = Choose("materialized", Materialization.View);
        OnSchemaChange = Choose("on_schema_change", SchemaChange.Ignore);
        UniqueKey = Strings("unique_key");
        PartitionBy = Strings("partition_by");
        Tags = Strings("tags");
        ExceptColumns = Strings("except_columns");
        DeleteWhen = Text("delete_when");
        Schema = Text("schema");
        Alias = Text("alias");
        Enabled = Flag("enabled") ?? true;
        FullRefresh = Flag("full_refresh");
        Quarantine = Flag("quarantine");
        SkipWhenUnchanged = Flag("skip_when_unchanged") ?? true;
        var strategy = Text("incremental_strategy") ?? (UniqueKey.Count > 0 ? "merge" : "append");
        if (strategy is not ("append" or "merge"))
            throw Error($"incremental_strategy '{strategy}' is not supported; use 'merge' (with unique_key) or 'append'");
        if (strategy == "merge" && UniqueKey.Count == 0)
            throw Error("incremental_strategy 'merge' needs a unique_key");
        Merges = strategy == "merge";
        foreach (var hook in new[] { "pre-hook", "post-hook", "pre_hook", "post_hook" })
            if (JinjaValue.IsTrue(Get(hook)))
                throw Error($"{hook} is not supported: a model is one query, committed once");
    }

    /// <summary>How the model comes to be; view unless configured, as in dbt.</summary>
    public Materialization Materialized { get; }

    /// <summary>What an incremental run does about changed columns.</summary>
    public SchemaChange OnSchemaChange { get; }

    /// <summary>The columns that identify a row; empty for none.</summary>
    public IReadOnlyList<string> UniqueKey { get; }

    /// <summary>The table's partition columns.</summary>
    public IReadOnlyList<string> PartitionBy { get; }

    /// <summary>Tags for selection.</summary>
    public IReadOnlyList<string> Tags { get; }

    /// <summary>Columns of the result that are not stored.</summary>
    public IReadOnlyList<string> ExceptColumns { get; }

    /// <summary>A boolean SQL expression over the result: such a row deletes its key instead of being stored.</summary>
    public string? DeleteWhen { get; }

    /// <summary>The schema as configured, before <c>generate_schema_name</c>.</summary>
    public string? Schema { get; }

    /// <summary>The table's name where it is not the model's.</summary>
    public string? Alias { get; }

    /// <summary>False takes the node out of the project.</summary>
    public bool Enabled { get; }

    /// <summary>Always (true) or never (false) a full refresh; null leaves it to the run.</summary>
    public bool? FullRefresh { get; }

    /// <summary>On a model: its row rules are checked before the commit. On a test: this rule is (or is not).</summary>
    public bool? Quarantine { get; }

    /// <summary>Whether a run may leave the model alone when no input has moved.</summary>
    public bool SkipWhenUnchanged { get; }

    /// <summary>An incremental run merges by <see cref="UniqueKey"/>; otherwise it appends.</summary>
    public bool Merges { get; }

    /// <summary>All keys and values, as templates see them.</summary>
    public JinjaDict Values => _values;

    /// <summary>The free-form <c>meta</c>.</summary>
    public JinjaDict Meta => _values.TryGetValue("meta", out var meta) && meta is JinjaDict dict ? dict : [];

    /// <summary>A key's value, from the configuration or else from <c>meta</c>; null when neither has it.</summary>
    public object? Get(string key) =>
        _values.TryGetValue(key, out var value) && value is not null ? value : Meta.TryGetValue(key, out value) ? value : null;

    /// <summary>A key's text.</summary>
    internal string? Text(string key) => Get(key) switch
    {
        null => null,
        JinjaDict or IReadOnlyList<object?> => throw Error($"{key} must be text"),
        var value => JinjaValue.ToText(value),
    };

    /// <summary>A key's truth value.</summary>
    internal bool? Flag(string key) => Get(key) switch
    {
        null => null,
        bool flag => flag,
        var other => throw Error($"{key} must be true or false, not {JinjaValue.TypeName(other)}"),
    };

    internal ProjectException Error(string problem) => new(_at, problem);

    /// <summary>Puts <paramref name="over"/> on top of <paramref name="values"/> by dbt's rules.</summary>
    internal static void Merge(JinjaDict values, JinjaDict over)
    {
        foreach (var (key, value) in over)
        {
            values.TryGetValue(key, out var before);
            values[key] = (key, before, value) switch
            {
                ("tags", not null, not null) => AsList(before).Concat(AsList(value)).Distinct().ToList(),
                ("tags", null, string) => AsList(value),
                ("meta" or "column_types", JinjaDict old, JinjaDict now) => Union(old, now),
                _ => value,
            };
        }
    }

    private static List<object?> AsList(object? value) => value is IReadOnlyList<object?> list ? [.. list] : [value];

    private static JinjaDict Union(JinjaDict old, JinjaDict now)
    {
        var union = new JinjaDict();
        foreach (var (key, value) in old.Concat(now))
            union[key] = value;
        return union;
    }

    private IReadOnlyList<string> Strings(string key) => Get(key) switch
    {
        null => [],
        string text => [text],
        IReadOnlyList<object?> list => [.. list.Select(i => i as string ?? throw Error($"{key} must be a list of texts"))],
        var other => throw Error($"{key} must be text or a list of texts, not {JinjaValue.TypeName(other)}"),
    };

    private T Choose<T>(string key, T fallback)
        where T : struct, Enum
    {
        var text = Text(key);
        if (text is null || text is "test" or "seed")
            return fallback;
        foreach (var value in Enum.GetValues<T>())
            if (string.Equals(text.Replace("_", "", StringComparison.Ordinal), value.ToString(), StringComparison.OrdinalIgnoreCase))
                return value;
        throw Error($"{key} '{text}' is not supported; use {string.Join(", ", Enum.GetValues<T>().Select(v => Snake(v.ToString())))}");
    }

    private static string Snake(string name) =>
        string.Concat(name.Select((c, i) => char.IsUpper(c) ? (i == 0 ? "" : "_") + char.ToLowerInvariant(c) : c.ToString()));
}
