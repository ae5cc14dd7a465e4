using System.Collections.ObjectModel;
using System.Text.Json;

namespace Lakehouse.Delta;

/// <summary>Who made a commit, how and why (PROTOCOL.md, "Commit Provenance Information").</summary>
public sealed record CommitInfo : DeltaAction
{
    /// <summary>The engine name in our commits.</summary>
    public static readonly string OwnEngineInfo = $"Lakehouse/{typeof(CommitInfo).Assembly.GetName().Version?.ToString(3)}";

    /// <summary>What was done: "WRITE", "MERGE", "DELETE", "CREATE TABLE"…</summary>
    public string? Operation { get; init; }

    /// <summary>The operation's parameters; values are JSON texts or plain strings, as in Spark's log.</summary>
    public IReadOnlyDictionary<string, string?> OperationParameters { get; init; } = ReadOnlyDictionary<string, string?>.Empty;

    /// <summary>What the operation did, in numbers: "numOutputRows", "numFiles"…</summary>
    public IReadOnlyDictionary<string, string?> OperationMetrics { get; init; } = ReadOnlyDictionary<string, string?>.Empty;

    /// <summary>Free text of the caller.</summary>
    public string? UserMetadata { get; init; }

    /// <summary>The writing engine with its version. Ours when absent in a commit of ours.</summary>
    public string? EngineInfo { get; init; }

    /// <summary>Free key/value pairs of the caller, e.g. the input versions of a model's run.</summary>
    public IReadOnlyDictionary<string, string?> Tags { get; init; } = ReadOnlyDictionary<string, string?>.Empty;

    /// <summary>Whether the commit only added files and read nothing of the table. The transaction sets it.</summary>
    public bool? IsBlindAppend { get; init; }

    /// <summary>The writer's clock when it attempted the commit, in milliseconds since the Unix epoch. The transaction sets it.</summary>
    public long? Timestamp { get; init; }

    /// <summary>The commit's time where in-commit timestamps are enabled. The transaction sets it.</summary>
    public long? InCommitTimestamp { get; init; }

    /// <summary>The version the transaction was based on. The transaction sets it.</summary>
    public long? ReadVersion { get; init; }

    /// <summary>The isolation level that conflicts were checked at. The transaction sets it.</summary>
    public string? IsolationLevel { get; init; }

    /// <summary>A unique id by which a writer finds out whether a commit is its own. The transaction sets it.</summary>
    public string? TransactionId { get; init; }

    /// <summary>What other writers put here and this record has no name for.</summary>
    public IReadOnlyDictionary<string, JsonElement> Other { get; init; } = ReadOnlyDictionary<string, JsonElement>.Empty;
}
