using System.Data;
using System.Data.Common;
using System.Diagnostics.CodeAnalysis;

namespace Lakehouse.DuckDb;

/// <summary>What ADO.NET asks of a connection.</summary>
public sealed partial class DuckDbConnection
{
    private string _connectionString = "";

    /// <summary>A closed connection without a connection string.</summary>
    public DuckDbConnection()
    {
    }

    /// <summary>A closed connection; <see cref="Open"/> opens it.</summary>
    public DuckDbConnection(string connectionString) => ConnectionString = connectionString;

    /// <inheritdoc/>
    [AllowNull]
    public override string ConnectionString
    {
        get => _connectionString;
        set
        {
            if (_handle is not null) throw new InvalidOperationException("The connection string cannot change while the connection is open.");
            _connectionString = value ?? "";
        }
    }

    /// <summary>The name of the catalog in use.</summary>
    public override string Database => _handle is null ? "" : Scalar<string>("SELECT current_database()") ?? "";

    /// <summary>The file, or <c>:memory:</c>.</summary>
    public override string DataSource => _database?.Path ?? new DuckDbConnectionStringBuilder(_connectionString).DataSource;

    /// <inheritdoc/>
    public override string ServerVersion => DuckDbDatabase.LibraryVersion;

    /// <inheritdoc/>
    public override ConnectionState State => _handle is null ? ConnectionState.Closed : ConnectionState.Open;

    /// <inheritdoc/>
    protected override DbProviderFactory DbProviderFactory => DuckDbProviderFactory.Instance;

    /// <summary>Opens the database that the connection string names; connections of one process to one file share it.</summary>
    /// <exception cref="DuckDbException">The file cannot be opened or a setting is not known.</exception>
    public override void Open()
    {
        if (_handle is not null) throw new InvalidOperationException("The connection is open already.");
        if (_database is null)
        {
            var builder = new DuckDbConnectionStringBuilder(_connectionString);
            _database = DuckDbDatabase.Open(builder.DataSource, builder.Settings);
            _ownsDatabase = true;
        }

        _handle = _database.OpenHandle();
        OnStateChange(new StateChangeEventArgs(ConnectionState.Closed, ConnectionState.Open));
    }

    /// <summary>Closes the connection and ends its open result; an open transaction is rolled back.</summary>
    public override void Close()
    {
        if (_handle is null) return;
        _active?.Dispose();
        _transaction?.Abandon();
        _transaction = null;
        _handle.Dispose();
        _handle = null;
        if (_ownsDatabase)
        {
            _database?.Dispose();
            _database = null;
            _ownsDatabase = false;
        }

        OnStateChange(new StateChangeEventArgs(ConnectionState.Open, ConnectionState.Closed));
    }

    /// <summary>Makes another catalog (an attached database) the one in use.</summary>
    public override void ChangeDatabase(string databaseName)
    {
        ArgumentException.ThrowIfNullOrEmpty(databaseName);
        Execute($"USE \"{databaseName.Replace("\"", "\"\"", StringComparison.Ordinal)}\"");
    }

    /// <summary>Begins a transaction, which is a snapshot: DuckDB knows no other isolation.</summary>
    public new DuckDbTransaction BeginTransaction() => BeginTransaction(IsolationLevel.Unspecified);

    /// <inheritdoc cref="BeginTransaction()"/>
    /// <exception cref="NotSupportedException">An isolation above a snapshot (serializable).</exception>
    public new DuckDbTransaction BeginTransaction(IsolationLevel isolationLevel)
    {
        if (isolationLevel == IsolationLevel.Serializable) throw new NotSupportedException("DuckDB's transactions are snapshots; it has no serializable ones.");
        if (_transaction is not null) throw new InvalidOperationException("The connection has an open transaction already; DuckDB has no nested ones.");
        return _transaction = new DuckDbTransaction(this);
    }

    /// <summary>A command on this connection.</summary>
    public new DuckDbCommand CreateCommand() => new() { Connection = this, Transaction = _transaction };

    /// <inheritdoc/>
    protected override DbTransaction BeginDbTransaction(IsolationLevel isolationLevel) => BeginTransaction(isolationLevel);

    /// <inheritdoc/>
    protected override DbCommand CreateDbCommand() => CreateCommand();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) Close();
        base.Dispose(disposing);
    }

    private DuckDbTransaction? _transaction;

    internal void EndTransaction(DuckDbTransaction transaction)
    {
        if (_transaction == transaction) _transaction = null;
    }
}
