using System.Data.Common;
using Lakehouse.DuckDb.Native;

namespace Lakehouse.DuckDb;

/// <summary>
/// A connection to a DuckDB database: made by <see cref="DuckDbDatabase.Connect"/>, or as ADO.NET does from a connection
/// string such as <c>Data Source=lake.duckdb;access_mode=read_only;memory_limit=1GB</c> (every key but the data source is a
/// setting of DuckDB). It serves one thread at a time; only <see cref="Interrupt"/> may be called from another.
/// </summary>
public sealed partial class DuckDbConnection : DbConnection
{
    private DuckDbDatabase? _database;
    private bool _ownsDatabase;
    private ConnectionHandle? _handle;
    private DuckDbResult? _active;

    internal DuckDbConnection(DuckDbDatabase database)
    {
        _database = database;
        _handle = database.OpenHandle();
        _connectionString = $"Data Source={database.Path}";
    }

    private ConnectionHandle Handle => _handle ?? throw new InvalidOperationException("The connection is closed: call Open first.");

    /// <summary>Runs one or several statements to their end.</summary>
    /// <returns>Rows that the last one inserted, updated, deleted or copied.</returns>
    /// <exception cref="DuckDbException">A statement is wrong or failed; those before it have run.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public long Execute(string sql, CancellationToken cancellationToken = default)
    {
        using var result = QueryAll(sql, cancellationToken);
        return result.RowsChanged;
    }

    /// <summary><see cref="Execute"/> on the thread pool; the token interrupts it.</summary>
    public Task<long> ExecuteAsync(string sql, CancellationToken cancellationToken = default) =>
        Task.Run(() => Execute(sql, cancellationToken), CancellationToken.None);

    /// <summary>Runs one or several statements and gives the last one's rows as a stream of chunks.</summary>
    /// <remarks>Outside a transaction DuckDB plans a statement in one and runs it in another. Of its own tables (not of files) it may
    /// see rows then that other connections committed in between, and has left out a condition that held for all there were
    /// before. Whoever shares such tables between connections that write asks within a transaction.</remarks>
    /// <param name="sql">The statements.</param>
    /// <param name="cancellationToken">Interrupts until the first rows are there; <see cref="DuckDbResult.NextChunk"/> takes its own.</param>
    /// <exception cref="DuckDbException">A statement is wrong or failed.</exception>
    public DuckDbResult Query(string sql, CancellationToken cancellationToken = default) =>
        RunAll(sql, cancellationToken, progress: null);

    /// <summary><see cref="Query"/> on the thread pool.</summary>
    /// <param name="sql">The statements.</param>
    /// <param name="cancellationToken">Interrupts until the first rows are there.</param>
    /// <param name="progress">
    /// Told the fraction done (0 to 1), from another thread, while the statement runs up to its first rows. DuckDB knows it only
    /// when <c>enable_progress_bar</c> is true and <c>enable_progress_bar_print</c> false; this method sets both.
    /// </param>
    public Task<DuckDbResult> QueryAsync(string sql, CancellationToken cancellationToken = default, IProgress<double>? progress = null) => Task.Run(
        () =>
        {
            if (progress is not null) Execute("SET enable_progress_bar = true; SET enable_progress_bar_print = false; SET progress_bar_time = 0", cancellationToken);
            return RunAll(sql, cancellationToken, progress);
        },
        CancellationToken.None);

    /// <summary>Runs one or several statements and keeps the last one's rows in DuckDB's memory: for few rows. A statement that reads
    /// files is planned once, where <see cref="Query"/>, which DuckDB lets stream only what was prepared, plans it twice.</summary>
    /// <returns>A result that later statements on the connection leave alone.</returns>
    /// <exception cref="DuckDbException">A statement is wrong or failed; those before it have run.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public unsafe DuckDbResult QueryAll(string sql, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(sql);
        cancellationToken.ThrowIfCancellationRequested();
        var handle = Handle;
        Supersede();
        var result = new ResultHandle(handle);
        try
        {
            int failed;
            fixed (byte* text = ErrorText.ToNative(sql))
            {
                using (InterruptScope.Begin(handle, cancellationToken))
                    failed = NativeMethods.duckdb_query(handle, text, result.Pointer);
            }

            if (failed != 0)
            {
                throw ErrorText.Read(
                    NativeMethods.Text(NativeMethods.duckdb_result_error(result.Pointer)),
                    sql,
                    (DuckDbErrorType)NativeMethods.duckdb_result_error_type(result.Pointer),
                    cancellationToken);
            }

            var rows = new DuckDbResult(this, handle, result, sql);
            return rows.StatementType != DuckDbStatementType.Invalid ? rows : throw new DuckDbException(DuckDbErrorType.Parser, "The SQL holds no statement.");
        }
        catch
        {
            result.Dispose();
            throw;
        }
    }

    /// <summary><see cref="QueryAll"/> on the thread pool.</summary>
    public Task<DuckDbResult> QueryAllAsync(string sql, CancellationToken cancellationToken = default) =>
        Task.Run(() => QueryAll(sql, cancellationToken), CancellationToken.None);

    /// <summary>The first column of the first row; default when there is no row or it is null.</summary>
    /// <exception cref="InvalidCastException">The value is not a <typeparamref name="T"/>.</exception>
    public T? Scalar<T>(string sql, CancellationToken cancellationToken = default)
    {
        using var result = Query(sql, cancellationToken);
        if (result.Columns.Count == 0 || !result.NextChunk(cancellationToken)) return default;
        var column = result.Column(0);
        return column.IsNull(0) ? default : column.GetValue<T>(0);
    }

    /// <summary><see cref="Scalar"/> on the thread pool.</summary>
    public Task<T?> ScalarAsync<T>(string sql, CancellationToken cancellationToken = default) =>
        Task.Run(() => Scalar<T>(sql, cancellationToken), CancellationToken.None);

    /// <summary>Opens an appender on a table; null for the schema and catalog in use.</summary>
    /// <exception cref="DuckDbException">There is no such table.</exception>
    public DuckDbAppender CreateAppender(string table, string? schema = null, string? catalog = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(table);
        return new DuckDbAppender(Handle, table, schema, catalog);
    }

    /// <summary>
    /// Registers a scalar function written in .NET, vectorised: the body gets whole columns. It serves all connections of the
    /// database until that closes. A function of the same name with other parameters overloads it.
    /// </summary>
    /// <param name="name">The SQL name.</param>
    /// <param name="parameters">The parameters' types.</param>
    /// <param name="returns">The type of the result.</param>
    /// <param name="body">Fills the output; called from DuckDB's threads, several at once.</param>
    /// <param name="options">About nulls and constants.</param>
    /// <exception cref="DuckDbException">DuckDB refused it.</exception>
    public void RegisterScalarFunction(
        string name, IReadOnlyList<DuckDbType> parameters, DuckDbType returns, DuckDbScalarFunction body, DuckDbFunctionOptions options = DuckDbFunctionOptions.None)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(body);
        new ScalarFunctionRegistration(name, parameters, returns, body, options).Register(Handle);
    }

    /// <summary>Interrupts the statement that runs now on another thread, which then fails; nothing when none does.</summary>
    public void Interrupt()
    {
        if (_handle is { } handle) NativeMethods.duckdb_interrupt(handle);
    }

    internal StatementBatch Parse(string sql)
    {
        ArgumentNullException.ThrowIfNull(sql);
        return new StatementBatch(this, Handle, sql);
    }

    private DuckDbResult RunAll(string sql, CancellationToken cancellationToken, IProgress<double>? progress)
    {
        using var batch = Parse(sql);
        while (true)
        {
            var result = batch.RunNext(parameters: null, cancellationToken, progress);
            if (batch.AtEnd) return result;
            result.Dispose();
        }
    }

    /// <summary>A new statement ends a stream that is still open: DuckDB has one per connection.</summary>
    internal void Supersede()
    {
        _active?.Supersede();
        _active = null;
    }

    internal DuckDbResult Track(DuckDbResult result) => _active = result;

    internal void Forget(DuckDbResult result)
    {
        if (_active == result) _active = null;
    }
}
