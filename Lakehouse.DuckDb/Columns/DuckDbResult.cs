using Lakehouse.DuckDb.Native;

namespace Lakehouse.DuckDb;

/// <summary>
/// A result read chunk by chunk, column at a time. It streams: rows are computed as they are asked for, and the next
/// statement on the same connection ends it. Not safe for use from several threads at once.
/// </summary>
public sealed unsafe class DuckDbResult : IDisposable
{
    private readonly DuckDbConnection _connection;
    private readonly ConnectionHandle _connectionHandle;
    private readonly ResultHandle _handle;
    private readonly string? _sql;
    private nint _chunk;
    private bool _disposed, _superseded, _ended;

    internal DuckDbResult(DuckDbConnection connection, ConnectionHandle connectionHandle, ResultHandle handle, string? sql)
    {
        _connection = connection;
        _connectionHandle = connectionHandle;
        _handle = handle;
        _sql = sql;
        var native = handle.Pointer;
        StatementType = (DuckDbStatementType)NativeMethods.duckdb_result_statement_type(*native);
        ReturnsRows = NativeMethods.duckdb_result_return_type(*native) == 3;
        ChangesRows = NativeMethods.duckdb_result_return_type(*native) == 1;
        RowsChanged = (long)NativeMethods.duckdb_rows_changed(native);
        var columns = new DuckDbColumn[NativeMethods.duckdb_column_count(native)];
        for (var i = 0; i < columns.Length; i++)
        {
            columns[i] = new(
                NativeMethods.Text(NativeMethods.duckdb_column_name(native, (ulong)i)),
                NativeTypes.Take(NativeMethods.duckdb_column_logical_type(native, (ulong)i)));
        }

        Columns = columns;
    }

    /// <summary>The columns in order. A statement that changes rows has one, <c>Count</c>.</summary>
    public IReadOnlyList<DuckDbColumn> Columns { get; }

    /// <summary>What kind of statement gave this.</summary>
    public DuckDbStatementType StatementType { get; }

    /// <summary>Whether the statement is a query (SELECT, RETURNING, CALL…) rather than one that counts or only acts.</summary>
    public bool ReturnsRows { get; }

    /// <summary>Whether the statement is one that counts rows (INSERT, UPDATE, DELETE, COPY…).</summary>
    public bool ChangesRows { get; }

    /// <summary>Rows inserted, updated, deleted or copied; 0 for a query.</summary>
    public long RowsChanged { get; }

    /// <summary>Rows in the current chunk, at most 2,048; 0 before the first and after the last.</summary>
    public int RowCount { get; private set; }

    internal bool IsDisposed => _disposed;

    /// <summary>Moves to the next chunk, computing it. Vectors of the chunk before are gone.</summary>
    /// <returns>False at the end.</returns>
    /// <exception cref="DuckDbException">The query failed on the way.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled; the result is ended.</exception>
    public bool NextChunk(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ReleaseChunk();
        if (_ended) return false;
        if (_superseded)
        {
            throw new InvalidOperationException(
                "A newer statement on the same connection, or its closing, ended this result. Read a result to its end first, or open one connection per result.");
        }

        // Also where the token was cancelled between two chunks: a caller sees one outcome, whenever it came.
        _ended = cancellationToken.IsCancellationRequested;
        cancellationToken.ThrowIfCancellationRequested();
        using (InterruptScope.Begin(_connectionHandle, cancellationToken))
            _chunk = NativeMethods.duckdb_fetch_chunk(*_handle.Pointer);
        if (_chunk != 0) RowCount = (int)NativeMethods.duckdb_data_chunk_get_size(_chunk);
        if (RowCount > 0) return true;

        _ended = true;
        var error = NativeMethods.Text(NativeMethods.duckdb_result_error(_handle.Pointer));
        if (error.Length == 0) return false;
        var exception = ErrorText.Read(error, _sql, (DuckDbErrorType)NativeMethods.duckdb_result_error_type(_handle.Pointer));
        if (exception.ErrorType == DuckDbErrorType.Interrupt && cancellationToken.IsCancellationRequested)
            throw new OperationCanceledException("The query was cancelled while its rows were read.", exception, cancellationToken);
        throw exception;
    }

    /// <summary><see cref="NextChunk"/> on the thread pool, as computing a chunk can take long.</summary>
    public ValueTask<bool> NextChunkAsync(CancellationToken cancellationToken = default) =>
        new(Task.Run(() => NextChunk(cancellationToken), CancellationToken.None));

    /// <summary>A column of the current chunk; valid until the next one.</summary>
    /// <exception cref="InvalidOperationException">There is no current chunk.</exception>
    public DuckDbVector Column(int index)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_chunk == 0) throw new InvalidOperationException("There is no current chunk: call NextChunk first, and stop when it returns false.");
        return new DuckDbVector(Columns[index].Type, NativeMethods.duckdb_data_chunk_get_vector(_chunk, (ulong)index), RowCount);
    }

    /// <summary>Ends the result; what was not read is not computed.</summary>
    public void Dispose()
    {
        if (_disposed) return;
        ReleaseChunk();
        _disposed = true;
        _connection.Forget(this);
        _handle.Dispose();
    }

    /// <summary>Told by the connection, before it runs another statement.</summary>
    internal void Supersede() => _superseded = true;

    private void ReleaseChunk()
    {
        RowCount = 0;
        if (_chunk != 0) NativeMethods.duckdb_destroy_data_chunk(ref _chunk);
    }
}
