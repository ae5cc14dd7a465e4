using System.Globalization;
using System.Text.Json;
using Lakehouse.Delta;

namespace Lakehouse.Engine.Write;

/// <summary>What commits say about themselves, under the names that Spark uses.</summary>
internal static class Commits
{
    public static CommitInfo Describe(LakeTable table, WriteOptions options, string operation, Dictionary<string, string?> parameters, IEnumerable<(string Name, long Value)> metrics) => new()
    {
        Operation = options.Operation ?? operation,
        OperationParameters = parameters,
        OperationMetrics = metrics.ToDictionary(metric => metric.Name, metric => (string?)metric.Value.ToString(CultureInfo.InvariantCulture)),
        UserMetadata = options.UserMetadata,
        EngineInfo = table.Lake.Options.EngineInfo,
        Tags = options.Tags is { } tags ? tags.ToDictionary(tag => tag.Key, tag => (string?)tag.Value) : new Dictionary<string, string?>(),
    };

    public static Dictionary<string, string?> Parameters(Metadata metadata, params IEnumerable<(string Name, string Value)> others)
    {
        var parameters = others.ToDictionary(other => other.Name, other => (string?)other.Value);
        parameters["partitionBy"] = JsonSerializer.Serialize(metadata.PartitionColumns);
        return parameters;
    }

    /// <summary>Whether files that were written for a commit may have gone: with the table, which was deleted before it was made anew.</summary>
    public static bool TookFilesAway(this DeltaException conflict) => conflict is CommitConflictException { Conflict: CommitConflict.TableReplaced };

    /// <summary>The result of a write that the table held already; null when it must be done.</summary>
    public static CommitResult? Done(Snapshot? snapshot, WriteOptions options) =>
        snapshot is not null && options.Transaction is { } transaction && snapshot.TransactionVersion(transaction.AppId) >= transaction.Version
            ? new CommitResult(snapshot.Version, 0, snapshot) { Skipped = true }
            : null;
}
