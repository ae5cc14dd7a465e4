using Lakehouse.DuckDb.Native;

namespace Lakehouse.DuckDb;

/// <summary>
/// The statements of one SQL text, prepared and run one after the other: a statement may need what the one before it made.
/// </summary>
internal sealed unsafe class StatementBatch : IDisposable
{
    private readonly DuckDbConnection _connection;
    private readonly ConnectionHandle _handle;
    private readonly string _sql;
    private readonly ulong _count;
    private nint _statements;
    private ulong _next;

    internal StatementBatch(DuckDbConnection connection, ConnectionHandle handle, string sql)
    {
        _connection = connection;
        _handle = handle;
        _sql = sql;
        fixed (byte* text = ErrorText.ToNative(sql))
            _count = NativeMethods.duckdb_extract_statements(handle, text, out _statements);
        if (_count > 0) return;
        var error = NativeMethods.Text(NativeMethods.duckdb_extract_statements_error(_statements));
        Dispose();
        throw error.Length == 0
            ? new DuckDbException(DuckDbErrorType.Parser, "The SQL holds no statement.")
            : ErrorText.Read(error, sql, DuckDbErrorType.Parser);
    }

    internal int Count => (int)_count;

    internal bool AtEnd => _next == _count;

    /// <summary>Runs the next statement; rows are computed as they are read.</summary>
    /// <param name="parameters">Values to bind; null for none.</param>
    internal DuckDbResult RunNext(IParameterSource? parameters, CancellationToken cancellation, IProgress<double>? progress)
    {
        cancellation.ThrowIfCancellationRequested();
        var statement = Prepare();
        try
        {
            parameters?.Bind(statement, single: _count == 1);
            return Run(statement, cancellation, progress);
        }
        finally
        {
            NativeMethods.duckdb_destroy_prepare(ref statement);
        }
    }

    /// <summary>Prepares the next statement and runs nothing.</summary>
    internal void Check()
    {
        var statement = Prepare();
        NativeMethods.duckdb_destroy_prepare(ref statement);
    }

    /// <summary>Prepares the next statement; the caller destroys it.</summary>
    private nint Prepare()
    {
        ObjectDisposedException.ThrowIf(_statements == 0, this);
        var failed = NativeMethods.duckdb_prepare_extracted_statement(_handle, _statements, _next, out var statement) != 0;
        _next++;
        if (!failed) return statement;
        var error = ErrorText.Read(NativeMethods.Text(NativeMethods.duckdb_prepare_error(statement)), _sql);
        NativeMethods.duckdb_destroy_prepare(ref statement);
        throw error;
    }

    private DuckDbResult Run(nint statement, CancellationToken cancellation, IProgress<double>? progress)
    {
        _connection.Supersede();
        ResultHandle? result = null;
        nint pending = 0;
        try
        {
            using (InterruptScope.Begin(_handle, cancellation, progress))
            {
                if (NativeMethods.duckdb_pending_prepared_streaming(statement, out pending) != 0 || !Work(pending))
                    throw ErrorText.Read(NativeMethods.Text(NativeMethods.duckdb_pending_error(pending)), _sql, DuckDbErrorType.Unknown, cancellation);
                result = new ResultHandle(_handle);
                if (NativeMethods.duckdb_execute_pending(pending, result.Pointer) != 0)
                {
                    throw ErrorText.Read(
                        NativeMethods.Text(NativeMethods.duckdb_result_error(result.Pointer)),
                        _sql,
                        (DuckDbErrorType)NativeMethods.duckdb_result_error_type(result.Pointer),
                        cancellation);
                }
            }

            progress?.Report(1);
            return _connection.Track(new DuckDbResult(_connection, _handle, result, _sql));
        }
        catch
        {
            result?.Dispose();
            throw;
        }
        finally
        {
            if (pending != 0) NativeMethods.duckdb_destroy_pending(ref pending);
        }
    }

    /// <summary>Takes part in the statement's work until its result is ready. DuckDB's own loop asks for the next task without a pause,
    /// under a lock, while its other threads finish the last ones; this one leaves the processor to them, and to other statements.</summary>
    /// <returns>False when the statement failed.</returns>
    private static bool Work(nint pending)
    {
        while (true)
        {
            switch (NativeMethods.duckdb_pending_execute_task(pending))
            {
                case NativePendingState.NotReady:
                    break;
                case NativePendingState.NoTasks:
                    Thread.Yield();
                    break;
                case NativePendingState.Error:
                    return false;
                default:
                    return true;
            }
        }
    }

    public void Dispose()
    {
        if (_statements != 0) NativeMethods.duckdb_destroy_extracted(ref _statements);
    }
}

/// <summary>Gives values to a prepared statement's parameters.</summary>
internal interface IParameterSource
{
    /// <param name="statement">The native prepared statement.</param>
    /// <param name="single">Whether it is the only statement, so that a value it does not use is a mistake.</param>
    void Bind(nint statement, bool single);
}
