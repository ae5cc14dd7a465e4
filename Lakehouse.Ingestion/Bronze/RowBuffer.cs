using Lakehouse.DuckDb;
using Lakehouse.Ingestion.Postgres.Source;

namespace Lakehouse.Ingestion.Bronze;

/// <summary>
/// Rows on their way to a table: written column by column into a chunk of DuckDB vectors, which goes to a temporary table
/// in DuckDB's memory whenever it is full. Nothing is allocated per row.
/// </summary>
internal abstract class RowBuffer : IDisposable
{
    private readonly DuckDbConnection _connection;
    private readonly DuckDbChunk _chunk;
    private readonly DuckDbAppender _appender;
    private int _row = -1;
    private bool _flushed;

    protected RowBuffer(DuckDbConnection connection, string name, IEnumerable<(string Name, DuckDbType Type)> columns)
    {
        _connection = connection;
        TemporaryTable = name;
        var list = columns.ToList();
        connection.Execute($"CREATE TEMP TABLE {name} ({string.Join(", ", list.Select(c => $"{Sql.Identifier(c.Name)} {c.Type}"))})");
        _chunk = new DuckDbChunk([.. list.Select(c => c.Type)]);
        _appender = connection.CreateAppender(name, schema: null, catalog: "temp");
        Columns = new DuckDbVectorWriter[list.Count];
        TakeColumns();
    }

    /// <summary>The temporary table that holds the rows after <see cref="Flush"/>.</summary>
    public string TemporaryTable { get; }

    /// <summary>Rows begun.</summary>
    public long Rows { get; private set; }

    /// <summary>The writers of the current chunk's columns.</summary>
    protected DuckDbVectorWriter[] Columns { get; }

    /// <summary>The place of a new row in the current chunk. Every column of the row must be written.</summary>
    protected int NextRow()
    {
        if (++_row == DuckDbChunk.Capacity)
        {
            AppendChunk(_row);
            _row = 0;
        }
        Rows++;
        return _row;
    }

    /// <summary>Moves all rows into the temporary table; none may follow.</summary>
    public void Flush()
    {
        if (_flushed) return;
        _flushed = true;
        if (_row >= 0) AppendChunk(_row + 1);
        _appender.Flush();
    }

    /// <summary>Drops the rows.</summary>
    public void Dispose()
    {
        _appender.Dispose();
        _chunk.Dispose();
        _connection.Execute($"DROP TABLE IF EXISTS temp.{TemporaryTable}");
    }

    private void AppendChunk(int rows)
    {
        _chunk.RowCount = rows;
        _appender.Append(_chunk);
        _chunk.Reset();
        TakeColumns();
    }

    private void TakeColumns()
    {
        for (var i = 0; i < Columns.Length; i++) Columns[i] = _chunk.Column(i);
    }
}
