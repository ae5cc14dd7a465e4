namespace Lakehouse.Cli.Output;

/// <summary>One commit of a table, as <c>lakehouse history --json</c> prints it.</summary>
public sealed record HistoryEntry(
    long Version,
    DateTimeOffset Timestamp,
    string? Operation,
    IReadOnlyDictionary<string, string?> OperationParameters,
    IReadOnlyDictionary<string, string?> OperationMetrics,
    string? EngineInfo,
    string? UserMetadata,
    IReadOnlyDictionary<string, string?> Tags);
