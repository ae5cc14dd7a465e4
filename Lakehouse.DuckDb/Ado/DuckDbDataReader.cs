using System.Collections;
using System.Data;
using System.Data.Common;

namespace Lakehouse.DuckDb;

/// <summary>
/// Reads a command's results row by row, in order; rows are computed as they are read. Another command on the same connection
/// ends it, as DuckDB has one stream per connection.
/// </summary>
public sealed partial class DuckDbDataReader : DbDataReader
{
    private readonly DuckDbConnection _connection;
    private readonly StatementBatch _batch;
    private readonly DuckDbParameterCollection _parameters;
    private readonly CommandBehavior _behavior;
    private readonly CommandDeadline _deadline;
    private DuckDbResult? _result;
    private int _row = -1;
    private int _recordsAffected = -1;
    private bool _closed, _ended;
    private bool? _peeked;

    internal DuckDbDataReader(DuckDbConnection connection, StatementBatch batch, DuckDbParameterCollection parameters, CommandBehavior behavior, CommandDeadline deadline, CancellationToken cancellationToken)
    {
        _connection = connection;
        _batch = batch;
        _parameters = parameters;
        _behavior = behavior;
        _deadline = deadline;
        NextResult(cancellationToken);
    }

    /// <inheritdoc/>
    public override int FieldCount => _result?.Columns.Count ?? 0;

    /// <inheritdoc/>
    public override bool HasRows => _result is not null && (_row >= 0 || Peek(CancellationToken.None));

    /// <inheritdoc/>
    public override bool IsClosed => _closed;

    /// <summary>Rows changed by the statements run so far; -1 when none changes rows.</summary>
    public override int RecordsAffected => _recordsAffected;

    /// <inheritdoc/>
    public override int Depth => 0;

    /// <inheritdoc/>
    public override object this[int ordinal] => GetValue(ordinal);

    /// <inheritdoc/>
    public override object this[string name] => GetValue(GetOrdinal(name));

    /// <inheritdoc/>
    public override bool Read() => Read(CancellationToken.None);

    /// <summary>On the thread pool where a chunk must be computed, at once within a chunk.</summary>
    public override Task<bool> ReadAsync(CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested) return Task.FromCanceled<bool>(cancellationToken);
        return _result is not null && _peeked is null && _row + 1 < _result.RowCount
            ? Task.FromResult(Read(cancellationToken))
            : Task.Run(() => Read(cancellationToken), CancellationToken.None);
    }

    /// <inheritdoc/>
    public override bool NextResult() => NextResult(CancellationToken.None);

    /// <inheritdoc/>
    public override Task<bool> NextResultAsync(CancellationToken cancellationToken) =>
        Task.Run(() => NextResult(cancellationToken), CancellationToken.None);

    /// <summary>Runs the statements that are left, as ADO.NET asks, and closes.</summary>
    public override void Close()
    {
        if (_closed) return;
        try
        {
            while (NextResult(CancellationToken.None)) { }
        }
        finally
        {
            _closed = true;
            _result?.Dispose();
            _result = null;
            _batch.Dispose();
            if (_behavior.HasFlag(CommandBehavior.CloseConnection)) _connection.Close();
        }
    }

    /// <inheritdoc/>
    public override IEnumerator GetEnumerator() => new DbEnumerator(this, closeReader: false);

    internal bool Read(CancellationToken cancellationToken)
    {
        if (_closed) throw new InvalidOperationException("The reader is closed.");
        if (_result is null || _ended) return false;
        if (_peeked is { } peeked)
        {
            _peeked = null;
            _row = 0;
            return peeked || End();
        }

        if (_row + 1 < _result.RowCount)
        {
            _row++;
            return true;
        }

        _row = 0;
        return _deadline.Run(_result.NextChunk, cancellationToken) || End();
    }

    /// <summary>Moves to the next statement's rows, running statements without rows on the way.</summary>
    internal bool NextResult(CancellationToken cancellationToken)
    {
        if (_closed) throw new InvalidOperationException("The reader is closed.");
        _result?.Dispose();
        _result = null;
        _row = -1;
        _peeked = null;
        _ended = false;
        while (!_batch.AtEnd)
        {
            var result = _deadline.Run(token => _batch.RunNext(_parameters, token, progress: null), cancellationToken);
            if (result.ReturnsRows)
            {
                _result = result;
                return true;
            }

            if (result.ChangesRows) _recordsAffected = (int)Math.Min(int.MaxValue, Math.Max(_recordsAffected, 0) + result.RowsChanged);
            result.Dispose();
        }

        return false;
    }

    private bool End()
    {
        _ended = true;
        _row = -1;
        return false;
    }

    private bool Peek(CancellationToken cancellationToken)
    {
        if (_ended || _result is null) return false;
        return _peeked ??= _deadline.Run(_result.NextChunk, cancellationToken);
    }

    private DuckDbVector Current(int ordinal)
    {
        if (_closed) throw new InvalidOperationException("The reader is closed.");
        if (_result is null) throw new InvalidOperationException("The statements give no rows.");
        if ((uint)ordinal >= (uint)_result.Columns.Count) throw new IndexOutOfRangeException($"There is no column {ordinal}; the result has {_result.Columns.Count}.");
        if (_row < 0 || _ended) throw new InvalidOperationException("There is no current row: call Read first, and stop when it returns false.");
        return _result.Column(ordinal);
    }

    private DuckDbColumn Column(int ordinal)
    {
        if (_closed) throw new InvalidOperationException("The reader is closed.");
        if (_result is null || (uint)ordinal >= (uint)_result.Columns.Count) throw new IndexOutOfRangeException($"There is no column {ordinal}; the result has {FieldCount}.");
        return _result.Columns[ordinal];
    }
}
