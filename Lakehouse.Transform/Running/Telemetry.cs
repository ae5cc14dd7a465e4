using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Lakehouse.Transform;

/// <summary>What runs tell OpenTelemetry: activity source and meter are both named <c>Lakehouse.Transform</c>.</summary>
internal static class Telemetry
{
    private const string Name = "Lakehouse.Transform";

    private static readonly double[] Seconds = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800];

    public static readonly ActivitySource Activities = new(Name);

    private static readonly Meter Meter = new(Name);

    private static readonly Histogram<double> RunDuration = Meter.CreateHistogram(
        "lakehouse.transform.run.duration", "s", "Runs, by command and outcome.", advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = Seconds });

    private static readonly Histogram<double> NodeDuration = Meter.CreateHistogram(
        "lakehouse.transform.model.duration", "s", "Models, seeds and tests, by node and outcome.", advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = Seconds });

    private static readonly Counter<long> Rows = Meter.CreateCounter<long>("lakehouse.transform.rows", "{row}", "Rows that models wrote or deleted.");

    private static readonly Counter<long> ExpectationFailures = Meter.CreateCounter<long>(
        "lakehouse.transform.expectation.failures", "{row}", "Rows that broke a rule and went to quarantine, and rows that failed a test.");

    private static readonly Gauge<double> Freshness = Meter.CreateGauge<double>(
        "lakehouse.table.freshness", "s", "Age of the newest source transaction in a table when it became visible.");

    /// <summary>A run has ended.</summary>
    public static void Ended(Activity? activity, RunResults run)
    {
        activity?.SetTag("lakehouse.run", run.InvocationId).SetTag("lakehouse.nodes", run.Results.Count);
        if (!run.Succeeded) activity?.SetStatus(ActivityStatusCode.Error);
        RunDuration.Record(run.Duration.TotalSeconds, new("lakehouse.command", run.Command), new("lakehouse.outcome", run.Succeeded ? "succeeded" : "failed"));
    }

    /// <summary>A node has ended.</summary>
    /// <param name="activity">The node's own.</param>
    /// <param name="node">What became of it.</param>
    /// <param name="bronzeCommittedAt">When the newest transaction that the run reads committed at the source.</param>
    public static void Ended(Activity? activity, NodeResult node, DateTimeOffset? bronzeCommittedAt)
    {
        string outcome = node.Status.ToString().ToLowerInvariant();
        activity?.SetTag("lakehouse.outcome", outcome).SetTag("lakehouse.rows", node.Rows).SetTag("lakehouse.version", node.Version)
            .SetTag("lakehouse.unchanged", node.Unchanged).SetTag("lakehouse.quarantined", node.Quarantined);
        if (node.IsFailure) activity?.SetStatus(ActivityStatusCode.Error, node.Message);
        KeyValuePair<string, object?> name = new("lakehouse.node", node.Node.Name);
        NodeDuration.Record(node.Duration.TotalSeconds, name, new("lakehouse.outcome", outcome));
        if (node.Rows is > 0) Rows.Add(node.Rows.Value, name);
        if (node.Quarantined + (node.Failures ?? 0) is var failures and > 0) ExpectationFailures.Add(failures, name);
        if (node.Version is not null && bronzeCommittedAt is { } committed && Relations.Of(node.Node) is { } table)
            Freshness.Record(Math.Max(0, (DateTimeOffset.UtcNow - committed).TotalSeconds), new KeyValuePair<string, object?>("lakehouse.table", table.ToString()));
    }
}
