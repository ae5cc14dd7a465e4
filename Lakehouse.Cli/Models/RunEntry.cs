using Lakehouse.Transform;

namespace Lakehouse.Cli.Models;

/// <summary>What <c>lakehouse run --json</c> and <c>test --json</c> print.</summary>
public sealed record RunEntry(string InvocationId, string Command, bool Succeeded, DateTimeOffset StartedAt, double Seconds, IReadOnlyList<RunNodeEntry> Results)
{
    public static RunEntry Of(RunResults results) => new(
        results.InvocationId, results.Command, results.Succeeded, results.StartedAt, Math.Round(results.Duration.TotalSeconds, 3), [.. results.Results.Select(RunNodeEntry.Of)]);
}

/// <summary>What became of one node.</summary>
/// <param name="Id">dbt's id.</param>
/// <param name="Name">The name that ref takes.</param>
/// <param name="Type">model, seed or test.</param>
/// <param name="Table">The table in the lake; null for tests.</param>
/// <param name="Status">dbt's word, in lower case.</param>
/// <param name="Rows">Rows written or deleted; null without a commit.</param>
/// <param name="Quarantined">Rows that broke a rule.</param>
/// <param name="Failures">A test's failing rows.</param>
/// <param name="Version">The version that the commit made.</param>
/// <param name="Inputs">The versions that it read.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="Message">What there is to say.</param>
public sealed record RunNodeEntry(
    string Id,
    string Name,
    string Type,
    string? Table,
    string Status,
    long? Rows,
    long Quarantined,
    long? Failures,
    long? Version,
    IReadOnlyDictionary<string, long> Inputs,
    double Seconds,
    string? Message)
{
    public static RunNodeEntry Of(NodeResult result) => new(
        result.Node.UniqueId,
        result.Node.Name,
        result.Node.ResourceType,
        result.Node switch { ModelNode model => model.Relation.ToString(), SeedNode seed => seed.Relation.ToString(), _ => null },
        result.Status.ToString().ToLowerInvariant(),
        result.Rows,
        result.Quarantined,
        result.Failures,
        result.Version,
        result.Inputs.ToDictionary(input => input.Key.ToString(), input => input.Value),
        Math.Round(result.Duration.TotalSeconds, 3),
        result.Message);
}
