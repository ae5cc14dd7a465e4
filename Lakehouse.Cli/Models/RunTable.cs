using System.Globalization;
using Lakehouse.Cli.Output;
using Lakehouse.Cli.Shell;
using Lakehouse.Transform;

namespace Lakehouse.Cli.Models;

/// <summary>A run's results for people: nodes in the order in which they ended, then what failed in full.</summary>
public static class RunTable
{
    public static void Write(RunResults results)
    {
        new TableResultWriter(Terminal.Out).Write(
            ["node", "status", "time", "what"],
            [false, false, true, false],
            [.. results.Results.Select(result => new[]
            {
                Name(result.Node),
                result.Status.ToString().ToLowerInvariant(),
                DurationText.Format(result.Duration),
                result.IsFailure ? "" : result.Message ?? "",
            })]);
        int failed = results.Results.Count(result => result.IsFailure);
        int skipped = results.Results.Count(result => result.Status == NodeStatus.Skipped);
        int warned = results.Results.Count(result => result.Status == NodeStatus.Warn);
        foreach (NodeResult result in results.Results.Where(result => result.IsFailure))
            Terminal.Error.WriteLine($"{Name(result.Node)}: {result.Message}");
        Terminal.Error.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{results.Results.Count - failed - skipped - warned} good, {warned} warned, {failed} failed, {skipped} skipped in {DurationText.Format(results.Duration)}"));
    }

    private static string Name(ProjectNode node) => node switch
    {
        ModelNode model => model.Relation.ToString(),
        SeedNode seed => seed.Relation.ToString(),
        _ => node.Name,
    };
}
