using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Lakehouse.Engine;

/// <summary>What the engine tells OpenTelemetry: activity source and meter are both named <c>Lakehouse.Engine</c>.</summary>
internal static class Telemetry
{
    private const string Name = "Lakehouse.Engine";

    public static readonly ActivitySource Activities = new(Name);

    private static readonly Meter Meter = new(Name);

    public static readonly Histogram<double> QueryDuration = Meter.CreateHistogram(
        "lakehouse.engine.query.duration", "s", "From a query's text to its first rows: binding tables to versions, planning, and what runs before rows flow.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] });

    private static readonly Counter<long> TendedFiles = Meter.CreateCounter<long>("lakehouse.engine.tender.files", "{file}", "Files that the tender rewrote.");
    private static readonly Counter<long> TendedBytes = Meter.CreateCounter<long>("lakehouse.engine.tender.bytes", "By", "Their sizes.");
    private static readonly Counter<long> PurgedRows = Meter.CreateCounter<long>("lakehouse.engine.tender.purged_rows", "{row}", "Deleted rows that the tender took out of files.");
    private static readonly Counter<long> TenderConflicts = Meter.CreateCounter<long>("lakehouse.engine.tender.conflicts", "{file}", "Files that the tender left because another writer came first.");

    /// <summary>Counts what the tender did to a table.</summary>
    public static void Tended(TableName table, OptimizeResult result)
    {
        var tag = new KeyValuePair<string, object?>("lakehouse.table", table.ToString());
        TendedFiles.Add(result.FilesRemoved, tag);
        TendedBytes.Add(result.BytesRemoved, tag);
        PurgedRows.Add(result.RowsPurged, tag);
        TenderConflicts.Add(result.FilesInConflict, tag);
    }
}
