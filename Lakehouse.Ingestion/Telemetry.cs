using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Lakehouse.Ingestion;

/// <summary>What ingestion tells OpenTelemetry: activity source and meter are both named <c>Lakehouse.Ingestion</c>.</summary>
internal static class Telemetry
{
    public const string Name = "Lakehouse.Ingestion";

    public static readonly ActivitySource Activities = new(Name);

    private static readonly Meter Meter = new(Name);

    public static readonly Counter<long> Rows = Meter.CreateCounter<long>("lakehouse.ingestion.rows", "{row}", "Change rows committed to bronze.");

    public static readonly Counter<long> Batches = Meter.CreateCounter<long>("lakehouse.ingestion.batches", "{batch}", "Batches committed to bronze.");

    public static readonly Histogram<long> BatchSize = Meter.CreateHistogram(
        "lakehouse.ingestion.batch.size", "{row}", "Change rows of a batch.",
        advice: new InstrumentAdvice<long> { HistogramBucketBoundaries = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000] });

    public static readonly Histogram<double> CommitDuration = Meter.CreateHistogram(
        "lakehouse.ingestion.commit.duration", "s", "From the first table's commit of a batch to its row in bronze._commits.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] });

    public static readonly Gauge<double> TableFreshness = Meter.CreateGauge<double>("lakehouse.table.freshness", "s", "Age of the newest source transaction in a table when it became visible.");

    public static readonly Counter<long> Reconnects = Meter.CreateCounter<long>("lakehouse.ingestion.reconnects", "{reconnect}", "Streams that broke and were begun again.");

    public static readonly Histogram<double> Freshness = Meter.CreateHistogram<double>("lakehouse.ingestion.freshness", "s", "From the commit at the source to visible in bronze, for each batch's newest transaction.");

    public static readonly Gauge<long> LagBytes = Meter.CreateGauge<long>("lakehouse.ingestion.lag.bytes", "By", "Log that the replication slot holds back.");

    public static readonly Gauge<double> LagSeconds = Meter.CreateGauge<double>("lakehouse.ingestion.lag.seconds", "s", "Age of the newest change in bronze while changes wait; 0 when none wait.");

    public static readonly Gauge<int> StoppedTables = Meter.CreateGauge<int>("lakehouse.ingestion.tables.stopped", "{table}", "Tables whose changes go to bronze._stopped.");
}
