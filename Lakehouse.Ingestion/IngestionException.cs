using NpgsqlTypes;

namespace Lakehouse.Ingestion;

/// <summary>Something went wrong while taking changes from a source into bronze. The message says what failed and what to do.</summary>
public class IngestionException : Exception
{
    /// <param name="message">What failed and what to do, in one or two sentences.</param>
    /// <param name="source">The source's name in <c>lakehouse.yaml</c>; null when it is not about one source.</param>
    /// <param name="table">The source table as <c>schema.table</c>; null when it is not about one table.</param>
    /// <param name="lsn">The position in the source's log it is about; null when there is none.</param>
    /// <param name="inner">The cause.</param>
    public IngestionException(
        string message, string? source = null, string? table = null, NpgsqlLogSequenceNumber? lsn = null, Exception? inner = null)
        : base(Compose(message, source, table, lsn), inner)
    {
        SourceName = source;
        Table = table;
        Lsn = lsn;
    }

    /// <summary>The source's name in <c>lakehouse.yaml</c>.</summary>
    public string? SourceName { get; }

    /// <summary>The source table as <c>schema.table</c>.</summary>
    public string? Table { get; }

    /// <summary>The position in the source's log.</summary>
    public NpgsqlLogSequenceNumber? Lsn { get; }

    /// <summary>Whether trying again without changing anything can help. The ingester retries these itself, with backoff.</summary>
    public virtual bool IsTransient => false;

    private static string Compose(string message, string? source, string? table, NpgsqlLogSequenceNumber? lsn)
    {
        var where = new List<string>(3);
        if (source is not null) where.Add($"source '{source}'");
        if (table is not null) where.Add($"table {table}");
        if (lsn is { } position) where.Add($"LSN {position}");
        return where.Count == 0 ? message : $"{string.Join(", ", where)}: {message}";
    }
}

/// <summary>The source cannot be reached, or it refused the connection (wrong password, unknown database or role).</summary>
public sealed class SourceConnectionException(string message, string? source, bool transient, Exception? inner = null)
    : IngestionException(message, source, inner: inner)
{
    /// <inheritdoc/>
    public override bool IsTransient => transient;
}

/// <summary>The source's server, role or table is set up in a way that change data capture cannot work with.</summary>
public sealed class SourceSetupException(string message, string? source, string? table = null, Exception? inner = null)
    : IngestionException(message, source, table, inner: inner);

/// <summary>A table that the configuration names is not in the source.</summary>
public sealed class SourceTableNotFoundException(string message, string? source, string? table)
    : IngestionException(message, source, table);

/// <summary>The publication lacks a table or an operation, and may not be altered from here.</summary>
public sealed class PublicationException(string message, string? source, string? table = null, Exception? inner = null)
    : IngestionException(message, source, table, inner: inner);

/// <summary>
/// The replication slot is gone, was invalidated or was made anew while bronze holds positions of it: changes between the
/// two were lost at the source, so going on would leave a silent gap.
/// </summary>
public sealed class SlotLostException(string message, string? source, NpgsqlLogSequenceNumber? lsn)
    : IngestionException(message, source, lsn: lsn);

/// <summary>Another consumer reads the replication slot.</summary>
public sealed class SlotInUseException(string message, string? source, Exception? inner = null)
    : IngestionException(message, source, inner: inner);

/// <summary>The slot held back more of the source's log than the configured hard limit, and was dropped to save the source's disk.</summary>
public sealed class LagLimitException(string message, string? source, NpgsqlLogSequenceNumber? lsn)
    : IngestionException(message, source, lsn: lsn);

/// <summary>Bytes on the replication stream that do not follow PostgreSQL's protocol.</summary>
public sealed class ReplicationProtocolException(string message, string? source = null, NpgsqlLogSequenceNumber? lsn = null)
    : IngestionException(message, source, lsn: lsn);
