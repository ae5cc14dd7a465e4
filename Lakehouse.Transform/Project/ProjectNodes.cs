using Lakehouse.Engine;
using Lakehouse.Transform.Jinja;

namespace Lakehouse.Transform;

/// <summary>A column as a properties file describes it.</summary>
public sealed record ColumnInfo(string Name, string Description, string? DataType, JinjaDict Meta, IReadOnlyList<string> Tags);

/// <summary>Something of the project that has a place in the graph.</summary>
public abstract class ProjectNode
{
    private protected ProjectNode(string uniqueId, string name, IReadOnlyList<string> fqn, string file, NodeConfig config)
    {
        UniqueId = uniqueId;
        Name = name;
        Fqn = fqn;
        File = file;
        Config = config;
    }

    /// <summary>dbt's id, such as <c>model.shop.orders</c>.</summary>
    public string UniqueId { get; }

    /// <summary>The name that <c>ref</c> takes.</summary>
    public string Name { get; }

    /// <summary>Project, folders, name: what a selection by path walks.</summary>
    public IReadOnlyList<string> Fqn { get; }

    /// <summary>The defining file below the project folder, with '/'.</summary>
    public string File { get; }

    /// <summary>The settled configuration.</summary>
    public NodeConfig Config { get; }

    /// <summary>dbt's name for what it is: model, seed, source, test.</summary>
    public abstract string ResourceType { get; }

    /// <summary>What a properties file says about it.</summary>
    public string Description { get; internal set; } = "";

    /// <summary>The columns that a properties file names, in its order.</summary>
    public IReadOnlyList<ColumnInfo> Columns { get; internal set; } = [];

    /// <summary>The properties file that describes it, if any.</summary>
    public string? PropertiesFile { get; internal set; }

    /// <summary>The ids of the nodes it reads, without doubles, sorted.</summary>
    public IReadOnlyList<string> DependsOn { get; internal set; } = [];

    /// <summary>What its SQL refers to, without doubles, in the order of appearance.</summary>
    internal IReadOnlyList<Reference> References { get; set; } = [];
}

/// <summary>A table of the lake that the project reads but does not make.</summary>
public sealed class SourceNode : ProjectNode
{
    internal SourceNode(string project, string source, string table, TableName relation, string file, NodeConfig config)
        : base($"source.{project}.{source}.{table}", table, [project, source, table], file, config)
    {
        SourceName = source;
        Relation = relation;
    }

    /// <inheritdoc/>
    public override string ResourceType => "source";

    /// <summary>The first argument of <c>source()</c>.</summary>
    public string SourceName { get; }

    /// <summary>What the properties file says about the whole source.</summary>
    public string SourceDescription { get; internal set; } = "";

    /// <summary>The table in the lake.</summary>
    public TableName Relation { get; }
}

/// <summary>A CSV file that becomes a table.</summary>
public sealed class SeedNode : ProjectNode
{
    internal SeedNode(string project, string name, IReadOnlyList<string> fqn, string file, string path, TableName relation, NodeConfig config)
        : base($"seed.{project}.{name}", name, fqn, file, config)
    {
        Path = path;
        Relation = relation;
    }

    /// <inheritdoc/>
    public override string ResourceType => "seed";

    /// <summary>The file's full path.</summary>
    public string Path { get; }

    /// <summary>The table it becomes.</summary>
    public TableName Relation { get; }
}

/// <summary>A query that becomes a table, or that other models read as a view.</summary>
public sealed class ModelNode : ProjectNode
{
    internal ModelNode(string project, string name, IReadOnlyList<string> fqn, string file, Template template, TableName relation, NodeConfig config)
        : base($"model.{project}.{name}", name, fqn, file, config)
    {
        Template = template;
        Relation = relation;
    }

    /// <inheritdoc/>
    public override string ResourceType => "model";

    /// <summary>The parsed file.</summary>
    public Template Template { get; }

    /// <summary>The table it becomes, or the name of the view.</summary>
    public TableName Relation { get; }

    /// <summary>Whether the model leaves a table in the lake.</summary>
    public bool IsStored => Config.Materialized is Materialization.Table or Materialization.Incremental;

    /// <summary>The rules that are checked on new rows before the commit.</summary>
    public IReadOnlyList<TestNode> Rules { get; internal set; } = [];
}

/// <summary>A query whose rows are failures.</summary>
public sealed class TestNode : ProjectNode
{
    internal TestNode(string uniqueId, string name, IReadOnlyList<string> fqn, string file, SourceLocation at, NodeConfig config)
        : base(uniqueId, name, fqn, file, config)
    {
        At = at;
        Severity = (config.Text("severity") ?? "error").ToLowerInvariant() switch
        {
            "error" => TestSeverity.Error,
            "warn" => TestSeverity.Warn,
            var other => throw config.Error($"severity '{other}' is not supported; use error or warn"),
        };
        WarnIf = FailureCondition.Parse(config.Text("warn_if") ?? "!= 0", config);
        ErrorIf = FailureCondition.Parse(config.Text("error_if") ?? "!= 0", config);
    }

    /// <inheritdoc/>
    public override string ResourceType => "test";

    /// <summary>Where it is declared.</summary>
    public SourceLocation At { get; }

    /// <summary>What failures do to the run.</summary>
    public TestSeverity Severity { get; }

    /// <summary>Whether the properties file says the severity itself: only then does a rule stop its model before the commit.</summary>
    public bool HasExplicitSeverity => Config.Get("severity") is not null;

    internal FailureCondition WarnIf { get; }

    internal FailureCondition ErrorIf { get; }

    /// <summary>A singular test's file; null for generic tests.</summary>
    public Template? Template { get; internal init; }

    /// <summary>A generic test's name without package, such as <c>not_null</c>; null for singular tests.</summary>
    public string? Generic { get; internal init; }

    /// <summary>The package written before a generic test's name, such as <c>dbt_utils</c>.</summary>
    public string? Namespace { get; internal init; }

    /// <summary>The name of the file of its compiled SQL: the test's own, shortened as dbt does where it is long.</summary>
    internal string Alias { get => field ?? Name; init; }

    /// <summary>A generic test's arguments as dbt lists them: with the model that it is attached to.</summary>
    internal JinjaDict Keywords { get; init; } = [];

    /// <summary>A generic test's arguments, with <c>column_name</c>, without <c>model</c>.</summary>
    public JinjaDict Arguments { get; internal init; } = [];

    /// <summary>The column a generic test stands under.</summary>
    public string? ColumnName { get; internal init; }

    /// <summary>The id of the node a generic test is attached to.</summary>
    public string? AttachedTo { get; internal init; }
}

/// <summary>What a failing test does.</summary>
public enum TestSeverity
{
    /// <summary>The test fails, and the run with it.</summary>
    Error,

    /// <summary>The test warns.</summary>
    Warn,
}
