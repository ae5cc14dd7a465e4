using System.Data;
using System.Data.Common;

namespace Lakehouse.DuckDb;

/// <summary>A transaction of a connection: a snapshot that commits or rolls back as a whole.</summary>
public sealed class DuckDbTransaction : DbTransaction
{
    private DuckDbConnection? _connection;

    internal DuckDbTransaction(DuckDbConnection connection)
    {
        connection.Execute("BEGIN TRANSACTION");
        _connection = connection;
    }

    /// <inheritdoc/>
    public override IsolationLevel IsolationLevel => IsolationLevel.Snapshot;

    /// <inheritdoc/>
    protected override DbConnection? DbConnection => _connection;

    /// <summary>Makes the changes durable and visible to others.</summary>
    /// <exception cref="DuckDbException">A conflict with another transaction; this one is rolled back.</exception>
    public override void Commit() => End("COMMIT");

    /// <summary>Undoes the changes.</summary>
    public override void Rollback() => End("ROLLBACK");

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && _connection is not null)
        {
            try
            {
                Rollback();
            }
            catch (DuckDbException)
            {
                // The transaction was ended by DuckDB or by SQL already: there is nothing to undo.
            }
        }

        base.Dispose(disposing);
    }

    /// <summary>The connection is closing, which rolls back.</summary>
    internal void Abandon() => _connection = null;

    private void End(string sql)
    {
        var connection = _connection ?? throw new InvalidOperationException("The transaction has ended already.");
        // DuckDB ends a transaction whose commit fails.
        _connection = null;
        connection.EndTransaction(this);
        connection.Execute(sql);
    }
}
