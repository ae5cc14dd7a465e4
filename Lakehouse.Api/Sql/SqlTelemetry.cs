using System.Diagnostics;
using System.Diagnostics.Metrics;
using Lakehouse.Api.Problems;

namespace Lakehouse.Api.Sql;

/// <summary>What queries tell OpenTelemetry: activity source and meter are both named <c>Lakehouse.Api</c>. A query's text is in neither.</summary>
internal static class SqlTelemetry
{
    private const string Name = "Lakehouse.Api";

    private static readonly ActivitySource Activities = new(Name);
    private static readonly Meter Meter = new(Name);

    private static readonly Histogram<double> Duration = Meter.CreateHistogram(
        "lakehouse.api.query.duration", "s", "From a statement's arrival to its first page, by outcome.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60] });

    /// <summary>Measures a query that gives a page.</summary>
    public static async Task<SqlPage> MeasureAsync(Func<Task<SqlPage>> query)
    {
        long started = Stopwatch.GetTimestamp();
        using Activity? activity = Activities.StartActivity("sql query");
        activity?.SetTag("db.system.name", "duckdb");
        string outcome = "succeeded";
        try
        {
            SqlPage page = await query();
            activity?.SetTag("lakehouse.tables", string.Join(", ", page.Tables.Keys));
            return page;
        }
        catch (Exception error)
        {
            outcome = error is SqlProblemException ? "rejected" : error is OperationCanceledException ? "cancelled" : "failed";
            activity?.SetStatus(ActivityStatusCode.Error, error.Message).SetTag("error.type", error.GetType().Name);
            throw;
        }
        finally
        {
            Duration.Record(Stopwatch.GetElapsedTime(started).TotalSeconds, new KeyValuePair<string, object?>("lakehouse.outcome", outcome));
        }
    }
}
