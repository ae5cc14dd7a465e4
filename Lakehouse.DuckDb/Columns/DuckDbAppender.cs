using Lakehouse.DuckDb.Native;

namespace Lakehouse.DuckDb;

/// <summary>
/// Appends chunks to a table. DuckDB gathers them and inserts by about 200,000 rows; <see cref="Flush"/> inserts the rest.
/// Disposing without a flush drops what was not inserted yet, so that a failure half way is not completed by
/// <c>using</c>; run it in a transaction to have all or nothing.
/// </summary>
public sealed class DuckDbAppender : IDisposable
{
    private readonly ConnectionHandle _connection;
    private readonly string _table;
    private nint _appender;

    internal DuckDbAppender(ConnectionHandle connection, string table, string? schema, string? catalog)
    {
        _table = table;
        var failed = NativeMethods.duckdb_appender_create_ext(connection, catalog, schema, table, out _appender) != 0;
        if (failed)
        {
            var error = Error("open");
            NativeMethods.duckdb_appender_destroy(ref _appender);
            throw error;
        }

        // The appender runs on the connection until it is destroyed.
        var added = false;
        connection.DangerousAddRef(ref added);
        _connection = connection;
        var columns = new DuckDbType[NativeMethods.duckdb_appender_column_count(_appender)];
        for (var i = 0; i < columns.Length; i++) columns[i] = NativeTypes.Take(NativeMethods.duckdb_appender_column_type(_appender, (ulong)i));
        ColumnTypes = columns;
    }

    /// <summary>The table's column types, to make the <see cref="DuckDbChunk"/> from.</summary>
    public IReadOnlyList<DuckDbType> ColumnTypes { get; }

    /// <summary>Appends the chunk's rows. They are copied: the chunk may be reset and filled again. Other types than the table's are cast.</summary>
    /// <exception cref="DuckDbException">A column too many or too few, a cast that fails, or a constraint that the rows gathered so far violate.</exception>
    public void Append(DuckDbChunk chunk)
    {
        ArgumentNullException.ThrowIfNull(chunk);
        ObjectDisposedException.ThrowIf(_appender == 0, this);
        if (chunk.RowCount > 0 && NativeMethods.duckdb_append_data_chunk(_appender, chunk.Native) != 0) throw Error("append to");
        GC.KeepAlive(chunk);
    }

    /// <summary>Inserts what was appended; after it the rows are in the table (and committed, unless a transaction is open).</summary>
    /// <exception cref="DuckDbException">A constraint is violated; nothing of the rows gathered was inserted.</exception>
    public void Flush()
    {
        ObjectDisposedException.ThrowIf(_appender == 0, this);
        if (NativeMethods.duckdb_appender_flush(_appender) != 0) throw Error("flush rows into");
    }

    /// <summary>Drops what was not flushed and ends the appender.</summary>
    public void Dispose()
    {
        if (_appender == 0) return;
        // Destroying would flush otherwise.
        _ = NativeMethods.duckdb_appender_clear(_appender);
        _ = NativeMethods.duckdb_appender_destroy(ref _appender);
        _connection.DangerousRelease();
    }

    private unsafe DuckDbException Error(string doing)
    {
        var data = NativeMethods.duckdb_appender_error_data(_appender);
        try
        {
            var error = ErrorText.Read(NativeMethods.Text(NativeMethods.duckdb_error_data_message(data)), sql: null, (DuckDbErrorType)NativeMethods.duckdb_error_data_error_type(data));
            return new DuckDbException(error.ErrorType, $"Could not {doing} table '{_table}': {error.Message}", hint: error.Hint);
        }
        finally
        {
            NativeMethods.duckdb_destroy_error_data(ref data);
        }
    }
}
