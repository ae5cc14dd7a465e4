using Lakehouse.Delta;

namespace Lakehouse.Api.Tables;

/// <summary>One commit of a table.</summary>
public sealed record TableCommit(
    long Version,
    DateTimeOffset Timestamp,
    string? Operation,
    IReadOnlyDictionary<string, string?>? OperationParameters,
    IReadOnlyDictionary<string, string?>? OperationMetrics,
    string? EngineInfo,
    string? UserMetadata)
{
    public static TableCommit Of(CommitRecord commit) => new(
        commit.Version,
        commit.Timestamp,
        commit.Info?.Operation,
        commit.Info?.OperationParameters,
        commit.Info?.OperationMetrics,
        commit.Info?.EngineInfo,
        commit.Info?.UserMetadata);
}
