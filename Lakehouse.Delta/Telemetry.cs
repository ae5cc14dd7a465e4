using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Lakehouse.Delta;

/// <summary>What commits tell OpenTelemetry: activity source and meter are both named <c>Lakehouse.Delta</c>.</summary>
internal static class Telemetry
{
    private const string Name = "Lakehouse.Delta";

    private static readonly ActivitySource Activities = new(Name);
    private static readonly Meter Meter = new(Name);

    private static readonly Histogram<double> CommitDuration = Meter.CreateHistogram(
        "lakehouse.delta.commit.duration", "s", "From the first attempt of a commit to its end, won or lost.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] });

    private static readonly Counter<long> Retries = Meter.CreateCounter<long>("lakehouse.delta.commit.retries", "{retry}", "Attempts after the first: another commit had come first.");

    private static readonly Counter<long> Conflicts = Meter.CreateCounter<long>("lakehouse.delta.commit.conflicts", "{conflict}", "Commits that failed because another came first and both cannot stand.");

    private static readonly Histogram<double> IcebergDuration = Meter.CreateHistogram<double>("lakehouse.delta.iceberg.duration", "s", "Writing a version's Iceberg metadata after its commit; with error.type where it failed.");

    public static Activity? StartIceberg(string tablePath, long version) =>
        Activities.StartActivity("iceberg metadata")?.SetTag("lakehouse.table", TableOf(tablePath)).SetTag("lakehouse.version", version);

    public static void IcebergWritten(Activity? activity, string tablePath, long started, Exception? error)
    {
        TagList tags = new() { { "lakehouse.table", TableOf(tablePath) } };
        if (error is not null)
        {
            activity?.SetStatus(ActivityStatusCode.Error, error.Message).SetTag("error.type", error.GetType().Name);
            tags.Add("error.type", error.GetType().Name);
        }

        IcebergDuration.Record(Stopwatch.GetElapsedTime(started).TotalSeconds, tags);
    }

    public static Activity? StartCommit(string tablePath, string? operation) =>
        Activities.StartActivity("delta commit")?.SetTag("lakehouse.table", TableOf(tablePath)).SetTag("lakehouse.operation", operation);

    public static void Committed(Activity? activity, string tablePath, string? operation, long started, CommitResult result)
    {
        activity?.SetTag("lakehouse.version", result.Version).SetTag("lakehouse.attempts", result.Attempts);
        TagList tags = new() { { "lakehouse.table", TableOf(tablePath) }, { "lakehouse.operation", operation } };
        CommitDuration.Record(Stopwatch.GetElapsedTime(started).TotalSeconds, tags);
        if (result.Attempts > 1) Retries.Add(result.Attempts - 1, tags);
    }

    public static void Failed(Activity? activity, string tablePath, string? operation, long started, Exception error)
    {
        string kind = error.GetType().Name;
        activity?.SetStatus(ActivityStatusCode.Error, error.Message).SetTag("error.type", kind);
        TagList tags = new() { { "lakehouse.table", TableOf(tablePath) }, { "lakehouse.operation", operation }, { "error.type", kind } };
        CommitDuration.Record(Stopwatch.GetElapsedTime(started).TotalSeconds, tags);
        if (error is CommitConflictException conflict)
            Conflicts.Add(1, new("lakehouse.table", TableOf(tablePath)), new("lakehouse.conflict", conflict.Conflict.ToString()));
    }

    private static string TableOf(string path) => path.Replace('/', '.');
}
