using System.Diagnostics;
using System.Globalization;

namespace Lakehouse.Ingestion.Bronze;

/// <summary>
/// A batch as a trace: it begins when its first transaction committed at the source, so that its length is how long that
/// waited. Its context goes into the batch's commits, for runs to link to.
/// </summary>
internal static class BatchTrace
{
    private const string TraceParent = "traceparent";
    private const string CommittedAt = "lakehouse.committed_at";

    public static Activity? Start(string source, BatchEnd end)
    {
        DateTimeOffset began = end.FirstCommittedAt is { } first ? DuckDbLiterals.FromMicroseconds(first) : default;
        // The source's clock may be ahead of ours.
        if (began > DateTimeOffset.UtcNow) began = default;
        Activity? activity = Telemetry.Activities.StartActivity("cdc batch", ActivityKind.Consumer, parentContext: default, startTime: began);
        activity?.SetTag("lakehouse.source", source).SetTag("lakehouse.rows", end.Rows).SetTag("lakehouse.to_lsn", (long)end.ToLsn);
        if (end.FirstCommittedAt is not null) activity?.AddEvent(new ActivityEvent("first source commit", began));
        if (end.LastCommittedAt is { } last) activity?.AddEvent(new ActivityEvent("last source commit", DuckDbLiterals.FromMicroseconds(last)));
        return activity;
    }

    /// <summary>What the batch's commits say of it; null when there is nothing to say.</summary>
    public static IReadOnlyDictionary<string, string>? Tags(Activity? activity, BatchEnd end)
    {
        Dictionary<string, string>? tags = null;
        if (end.LastCommittedAt is { } last) (tags ??= [])[CommittedAt] = DuckDbLiterals.FromMicroseconds(last).ToString("O", CultureInfo.InvariantCulture);
        if (activity is { Recorded: true, Id: { } id }) (tags ??= [])[TraceParent] = id;
        return tags;
    }

    /// <summary>The batch and its row are visible.</summary>
    public static void Committed(string source, IReadOnlyList<BronzeTable> tables, BatchEnd end, long started)
    {
        KeyValuePair<string, object?> tag = new("source", source);
        Telemetry.BatchSize.Record(end.Rows, tag);
        Telemetry.CommitDuration.Record(Stopwatch.GetElapsedTime(started).TotalSeconds, tag);
        if (end.LastCommittedAt is not { } last || !Telemetry.TableFreshness.Enabled) return;
        double age = Math.Max(0, (DateTimeOffset.UtcNow - DuckDbLiterals.FromMicroseconds(last)).TotalSeconds);
        foreach (BronzeTable table in tables) Telemetry.TableFreshness.Record(age, new KeyValuePair<string, object?>("lakehouse.table", table.Name.ToString()));
    }
}
