using System.Data;
using System.Data.Common;
using System.Diagnostics.CodeAnalysis;

namespace Lakehouse.DuckDb;

/// <summary>One or several SQL statements with parameters: <c>?</c>, <c>$1</c> or <c>$name</c>.</summary>
public sealed class DuckDbCommand : DbCommand
{
    private CancellationTokenSource _cancel = new();

    /// <summary>An empty command.</summary>
    public DuckDbCommand()
    {
    }

    /// <summary>A command on a connection.</summary>
    public DuckDbCommand(string commandText, DuckDbConnection connection)
    {
        CommandText = commandText;
        Connection = connection;
    }

    /// <inheritdoc/>
    [AllowNull]
    public override string CommandText { get => field; set => field = value ?? ""; } = "";

    /// <summary>Seconds after which the command is interrupted; 0, the default, for never.</summary>
    public override int CommandTimeout
    {
        get;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            field = value;
        }
    }

    /// <summary>Only <see cref="CommandType.Text"/>.</summary>
    public override CommandType CommandType
    {
        get => CommandType.Text;
        set
        {
            if (value != CommandType.Text) throw new NotSupportedException("DuckDB runs SQL text only; it has no stored procedures.");
        }
    }

    /// <inheritdoc/>
    public override UpdateRowSource UpdatedRowSource { get; set; } = UpdateRowSource.None;

    /// <inheritdoc/>
    public override bool DesignTimeVisible { get; set; }

    /// <summary>The connection to run on.</summary>
    public new DuckDbConnection? Connection { get; set; }

    /// <summary>The transaction; DuckDB runs every command in the connection's open one in any case.</summary>
    public new DuckDbTransaction? Transaction { get; set; }

    /// <summary>The parameters.</summary>
    public new DuckDbParameterCollection Parameters { get; } = [];

    /// <inheritdoc/>
    protected override DbConnection? DbConnection { get => Connection; set => Connection = (DuckDbConnection?)value; }

    /// <inheritdoc/>
    protected override DbTransaction? DbTransaction { get => Transaction; set => Transaction = (DuckDbTransaction?)value; }

    /// <inheritdoc/>
    protected override DbParameterCollection DbParameterCollection => Parameters;

    /// <summary>Interrupts the command that runs on another thread.</summary>
    public override void Cancel() => Interlocked.Exchange(ref _cancel, new()).Cancel();

    /// <summary>Checks that every statement prepares; each run prepares anew, as DuckDB's plans depend on the catalog.</summary>
    public override void Prepare()
    {
        using var batch = Open().Parse(CommandText);
        if (batch.Count == 1) batch.Check();
    }

    /// <summary>Runs all statements.</summary>
    /// <returns>The rows that they changed together; -1 when none of them changes rows.</returns>
    public override int ExecuteNonQuery() => ExecuteNonQuery(CancellationToken.None);

    /// <inheritdoc/>
    public override Task<int> ExecuteNonQueryAsync(CancellationToken cancellationToken) =>
        Task.Run(() => ExecuteNonQuery(cancellationToken), CancellationToken.None);

    /// <summary>The first column of the first row; null when there is no row, <see cref="DBNull"/> when it is null.</summary>
    public override object? ExecuteScalar() => ExecuteScalar(CancellationToken.None);

    /// <inheritdoc/>
    public override Task<object?> ExecuteScalarAsync(CancellationToken cancellationToken) =>
        Task.Run(() => ExecuteScalar(cancellationToken), CancellationToken.None);

    /// <summary>Runs the statements one by one as the reader is moved over their results.</summary>
    public new DuckDbDataReader ExecuteReader() => ExecuteReader(CommandBehavior.Default);

    /// <inheritdoc cref="ExecuteReader()"/>
    public new DuckDbDataReader ExecuteReader(CommandBehavior behavior) => ExecuteReader(behavior, CancellationToken.None);

    /// <summary><see cref="ExecuteReader()"/> on the thread pool.</summary>
    public new async Task<DuckDbDataReader> ExecuteReaderAsync(CancellationToken cancellationToken = default) =>
        await Task.Run(() => ExecuteReader(CommandBehavior.Default, cancellationToken), CancellationToken.None).ConfigureAwait(false);

    /// <inheritdoc/>
    protected override DbParameter CreateDbParameter() => new DuckDbParameter();

    /// <inheritdoc/>
    protected override DbDataReader ExecuteDbDataReader(CommandBehavior behavior) => ExecuteReader(behavior);

    /// <inheritdoc/>
    protected override async Task<DbDataReader> ExecuteDbDataReaderAsync(CommandBehavior behavior, CancellationToken cancellationToken) =>
        await Task.Run(() => ExecuteReader(behavior, cancellationToken), CancellationToken.None).ConfigureAwait(false);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) _cancel.Dispose();
        base.Dispose(disposing);
    }

    private DuckDbDataReader ExecuteReader(CommandBehavior behavior, CancellationToken cancellationToken)
    {
        var connection = Open();
        var batch = connection.Parse(CommandText);
        try
        {
            return new DuckDbDataReader(connection, batch, Parameters, behavior, new CommandDeadline(_cancel.Token, CommandTimeout), cancellationToken);
        }
        catch
        {
            batch.Dispose();
            throw;
        }
    }

    private int ExecuteNonQuery(CancellationToken cancellationToken)
    {
        using var reader = ExecuteReader(CommandBehavior.Default, cancellationToken);
        while (reader.NextResult(cancellationToken)) { }
        return reader.RecordsAffected;
    }

    private object? ExecuteScalar(CancellationToken cancellationToken)
    {
        using var reader = ExecuteReader(CommandBehavior.Default, cancellationToken);
        if (reader.FieldCount == 0 || !reader.Read(cancellationToken)) return null;
        return reader.GetValue(0);
    }

    private DuckDbConnection Open() => Connection ?? throw new InvalidOperationException("The command has no connection.");
}
