namespace Lakehouse.Cli.Ingest;

/// <summary>One line of <c>lakehouse ingest --json</c>. What does not belong to an event is left out.</summary>
/// <param name="Event">snapshot, batch, stopped, warning, reconnecting, lag-alert or caught-up.</param>
/// <param name="At">When it was reported (UTC).</param>
public sealed record IngestionEvent(string Event, DateTimeOffset At)
{
    public string? Source { get; init; }

    /// <summary>The source's table, schema.table.</summary>
    public string? Table { get; init; }

    public long? Rows { get; init; }

    /// <summary>Everything that the source committed up to here is in bronze.</summary>
    public string? Lsn { get; init; }

    /// <summary>Bronze tables with their Delta versions after the batch.</summary>
    public IReadOnlyDictionary<string, long>? Tables { get; init; }

    /// <summary>From the commit of the batch's last transaction at the source until it was visible.</summary>
    public double? FreshnessMs { get; init; }

    /// <summary>Log that the slot holds back at the source.</summary>
    public long? LagBytes { get; init; }

    public string? Message { get; init; }
}
