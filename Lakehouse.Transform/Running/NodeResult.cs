using Lakehouse.Engine;

namespace Lakehouse.Transform;

/// <summary>How a node ended, in dbt's words.</summary>
public enum NodeStatus
{
    /// <summary>A model or seed is as it should be.</summary>
    Success,

    /// <summary>The node failed.</summary>
    Error,

    /// <summary>The node did not run, because one that it needs failed.</summary>
    Skipped,

    /// <summary>A test found nothing.</summary>
    Pass,

    /// <summary>A test found failures that do not fail the run.</summary>
    Warn,

    /// <summary>A test found failures.</summary>
    Fail,
}

/// <summary>What became of one node.</summary>
public sealed record NodeResult
{
    /// <summary>The node.</summary>
    public required ProjectNode Node { get; init; }

    /// <summary>How it ended.</summary>
    public required NodeStatus Status { get; init; }

    /// <summary>What there is to say; for an error, what to do.</summary>
    public string? Message { get; init; }

    /// <summary>Rows that the node's commit wrote or deleted; null where it made none.</summary>
    public long? Rows { get; init; }

    /// <summary>Rows that broke a rule and went to quarantine.</summary>
    public long Quarantined { get; init; }

    /// <summary>A test's failures.</summary>
    public long? Failures { get; init; }

    /// <summary>Some of a test's failing rows, column by column.</summary>
    public IReadOnlyList<IReadOnlyDictionary<string, object?>> Samples { get; init; } = [];

    /// <summary>The version that the node's commit made; null where it made none.</summary>
    public long? Version { get; init; }

    /// <summary>The versions that the node read.</summary>
    public IReadOnlyDictionary<TableName, long> Inputs { get; init; } = new Dictionary<TableName, long>();

    /// <summary>True when nothing that the node reads has moved since its last commit, so that it did nothing.</summary>
    public bool Unchanged { get; init; }

    /// <summary>True when the model took in changes only.</summary>
    public bool Incremental { get; init; }

    /// <summary>The SQL as it ran.</summary>
    public string? CompiledSql { get; init; }

    /// <summary>When the node began (UTC).</summary>
    public DateTimeOffset StartedAt { get; init; }

    /// <summary>How long it took.</summary>
    public TimeSpan Duration { get; init; }

    /// <summary>Whether the run failed by it.</summary>
    public bool IsFailure => Status is NodeStatus.Error or NodeStatus.Fail;
}

/// <summary>What became of a run.</summary>
/// <param name="InvocationId">The run's id, in quarantine rows and artefacts.</param>
/// <param name="Command">run, test, build or seed.</param>
/// <param name="StartedAt">When it began (UTC).</param>
/// <param name="Duration">How long it took.</param>
/// <param name="Results">The nodes in the order in which they ended.</param>
public sealed record RunResults(string InvocationId, string Command, DateTimeOffset StartedAt, TimeSpan Duration, IReadOnlyList<NodeResult> Results)
{
    /// <summary>No node failed. Skipped nodes follow from failed ones.</summary>
    public bool Succeeded => Results.All(r => !r.IsFailure);

    /// <summary>0 when every node ended well, else 1: the exit code of the command line.</summary>
    public int ExitCode => Succeeded ? 0 : 1;

    /// <summary>A node's result by name or id.</summary>
    public NodeResult this[string nameOrId] => Results.Single(r => r.Node.Name == nameOrId || r.Node.UniqueId == nameOrId);
}

/// <summary>Follows a run. Calls come from several threads at once.</summary>
public interface IRunObserver
{
    /// <summary>The run knows what it will do.</summary>
    void RunStarted(string invocationId, IReadOnlyList<ProjectNode> nodes)
    {
    }

    /// <summary>A node begins.</summary>
    void NodeStarted(ProjectNode node)
    {
    }

    /// <summary>A node has ended.</summary>
    void NodeFinished(NodeResult result)
    {
    }

    /// <summary>A template or the project has something to say.</summary>
    void Message(string text)
    {
    }

    /// <summary>The run has ended.</summary>
    void RunFinished(RunResults results)
    {
    }
}
