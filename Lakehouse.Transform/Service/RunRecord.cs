namespace Lakehouse.Transform.Service;

/// <summary>Why a run was started.</summary>
internal enum RunTrigger
{
    /// <summary>Bronze had a new point to read at.</summary>
    Bronze,

    /// <summary>Somebody asked.</summary>
    Request,

    /// <summary>The run before had failed.</summary>
    Retry,
}

/// <summary>Where a run stands.</summary>
internal enum RunPhase
{
    /// <summary>It waits for the run before it.</summary>
    Queued,

    /// <summary>It is under way.</summary>
    Running,

    /// <summary>No node failed.</summary>
    Succeeded,

    /// <summary>A node failed, or the run itself.</summary>
    Failed,

    /// <summary>The service stopped before it ended.</summary>
    Cancelled,
}

/// <summary>What somebody asks for.</summary>
/// <param name="Select">Nodes in dbt's selection; null for all.</param>
/// <param name="FullRefresh">Whether incremental models are built anew.</param>
internal sealed record RunRequest(string? Select = null, bool FullRefresh = false);

/// <summary>One run of the models.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Trigger">Why it was started.</param>
/// <param name="Select">What it was asked to run; null for all.</param>
/// <param name="Phase">Where it stands.</param>
/// <param name="QueuedAt">When it was asked for.</param>
/// <param name="StartedAt">When it began.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="BronzeVersion">The version of <c>bronze._commits</c> when it began.</param>
/// <param name="Nodes">What became of each node, in the order in which they ended.</param>
/// <param name="Error">Why the run itself failed.</param>
internal sealed record RunRecord(
    string Id, RunTrigger Trigger, string? Select, RunPhase Phase, DateTimeOffset QueuedAt, DateTimeOffset? StartedAt = null, double? Seconds = null,
    long? BronzeVersion = null, IReadOnlyList<RunNode>? Nodes = null, string? Error = null)
{
    /// <summary>Whether it will not change any more.</summary>
    public bool HasEnded => Phase is RunPhase.Succeeded or RunPhase.Failed or RunPhase.Cancelled;
}

/// <summary>What became of one node of a run.</summary>
internal sealed record RunNode(string Name, string Kind, NodeStatus Status, string? Message, long? Rows, long Quarantined, long? Version, bool Unchanged, double Seconds)
{
    /// <summary>The node's line.</summary>
    public static RunNode Of(NodeResult result) => new(
        result.Node.Name, result.Node.ResourceType, result.Status, result.Message, result.Rows, result.Quarantined, result.Version, result.Unchanged, Math.Round(result.Duration.TotalSeconds, 3));
}
