namespace Aspire.Npgsql;

/// <summary>How a PostgreSQL client is registered; the names are those of Aspire's client package, whose place this takes.</summary>
public sealed class NpgsqlSettings
{
    /// <summary>The connection string; from <c>ConnectionStrings:NAME</c> when not set.</summary>
    public string? ConnectionString { get; set; }

    /// <summary>Whether the health check is left out.</summary>
    public bool DisableHealthChecks { get; set; }

    /// <summary>Whether Npgsql's metrics are not exported.</summary>
    public bool DisableMetrics { get; set; }

    /// <summary>Whether Npgsql's traces are not exported.</summary>
    public bool DisableTracing { get; set; }
}
