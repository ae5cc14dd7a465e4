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

    public static readonly Counter<long> Reconnects = Meter.CreateCounter<long>("lakehouse.ingestion.reconnects", "{reconnect}", "Streams that broke and were begun again.");

    public static readonly Histogram<double> Freshness = Meter.CreateHistogram<double>("lakehouse.ingestion.freshness", "s", "From the commit at the source to visible in bronze, for each batch's newest transaction.");

    public static readonly Gauge<long> LagBytes = Meter.CreateGauge<long>("lakehouse.ingestion.lag.bytes", "By", "Log that the replication slot holds back.");

    public static readonly Gauge<double> LagSeconds = Meter.CreateGauge<double>("lakehouse.ingestion.lag.seconds", "s", "Age of the newest change in bronze while changes wait; 0 when none wait.");

    public static readonly Gauge<int> StoppedTables = Meter.CreateGauge<int>("lakehouse.ingestion.tables.stopped", "{table}", "Tables whose changes go to bronze._stopped.");
}
