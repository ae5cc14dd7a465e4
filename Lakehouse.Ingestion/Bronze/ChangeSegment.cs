using Lakehouse.DuckDb;

namespace Lakehouse.Ingestion.Bronze;

/// <summary>Where a batch ends: at the end of a source transaction.</summary>
/// <param name="ToLsn">The end of the last transaction, or an idle position after it.</param>
/// <param name="Rows">Rows of the whole batch.</param>
/// <param name="HeldRows">Rows of the batch's transactions that tables hold already, from before a failure.</param>
/// <param name="FirstCommittedAt">Microseconds since 1970-01-01 UTC; null without transactions.</param>
internal sealed record BatchEnd(ulong ToLsn, long Rows, long HeldRows, long? FirstCommittedAt, long? LastCommittedAt);

/// <summary>
/// A bounded part of a batch on its way from the stream to the lake: small batches are one segment, large transactions
/// are several, so that memory holds two segments at most while one is filled and the other written.
/// </summary>
internal sealed class ChangeSegment(DuckDbDatabase database) : IDisposable
{
    private readonly Dictionary<BronzeTable, ChangeBuffer> _current = [];
    private readonly List<ChangeBuffer> _buffers = [];
    private int _names;

    /// <summary>The connection that holds the buffered rows; used by one thread at a time.</summary>
    public DuckDbConnection Connection { get; } = database.Connect();

    /// <summary>The buffers in the order they were begun; a table whose shape changed has several.</summary>
    public IReadOnlyList<ChangeBuffer> Buffers => _buffers;

    /// <summary>Changes of stopped tables; null when there are none.</summary>
    public StoppedBuffer? Stopped { get; private set; }

    public long Rows { get; set; }

    /// <summary>Bytes of replication messages.</summary>
    public long Bytes { get; set; }

    /// <summary>Set when the segment is the last of its batch.</summary>
    public BatchEnd? End { get; set; }

    /// <summary>The buffer for a table's rows of this shape.</summary>
    public ChangeBuffer BufferFor(BronzeTable table, TableShape shape)
    {
        if (_current.TryGetValue(table, out var buffer) && ReferenceEquals(buffer.Shape, shape)) return buffer;
        buffer = new ChangeBuffer(Connection, $"changes_{_names++}", table, shape);
        _buffers.Add(buffer);
        _current[table] = buffer;
        return buffer;
    }

    /// <summary>The buffer for changes of stopped tables.</summary>
    public StoppedBuffer StoppedBuffer() => Stopped ??= new StoppedBuffer(Connection, $"stopped_{_names++}");

    /// <summary>Drops everything, for use again.</summary>
    public void Clear()
    {
        foreach (var buffer in _buffers) buffer.Dispose();
        Stopped?.Dispose();
        _buffers.Clear();
        _current.Clear();
        Stopped = null;
        End = null;
        Rows = 0;
        Bytes = 0;
    }

    public void Dispose()
    {
        Clear();
        Connection.Dispose();
    }
}
