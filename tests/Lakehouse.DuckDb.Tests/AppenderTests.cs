namespace Lakehouse.DuckDb.Tests;

public sealed class AppenderTests : IDisposable
{
    private readonly DuckDbConnection _connection;
    private readonly DuckDbDatabase _database = DuckDbDatabase.Open();

    public AppenderTests()
    {
        _connection = _database.Connect();
        _connection.Execute("CREATE TABLE t(id BIGINT, name VARCHAR, tags VARCHAR[])");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2047)]
    [InlineData(2048)]
    [InlineData(2049)]
    [InlineData(300_000)]
    public void Rows_arrive_whatever_the_chunk_boundary(int rows)
    {
        using var appender = _connection.CreateAppender("t");
        using var chunk = new DuckDbChunk(appender.ColumnTypes);
        for (var start = 0; start < rows; start += DuckDbChunk.Capacity)
        {
            chunk.Reset();
            var count = Math.Min(DuckDbChunk.Capacity, rows - start);
            DuckDbVectorWriter id = chunk.Column(0), name = chunk.Column(1), tags = chunk.Column(2);
            var ids = id.Values<long>();
            long elements = 0;
            for (var row = 0; row < count; row++)
            {
                ids[row] = start + row;
                if (row % 3 == 0) name.SetNull(row);
                else name.SetString(row, $"the name of row {start + row}");
                var length = row % 4;
                tags.ChildCount = elements + length;
                tags.SetList(row, elements, length);
                for (var i = 0; i < length; i++) tags.Child.SetString((int)elements + i, $"t{i}");
                elements += length;
            }

            chunk.RowCount = count;
            appender.Append(chunk);
        }

        appender.Flush();
        Assert.Equal(rows, _connection.Scalar<long>("SELECT count(*) FROM t"));
        Assert.Equal(0L, _connection.Scalar<long>(
            """
            SELECT count(*) FROM t WHERE name IS DISTINCT FROM (CASE WHEN id % 2048 % 3 <> 0 THEN 'the name of row ' || id END)
            OR tags IS DISTINCT FROM [x FOR x IN ['t0', 't1', 't2'] IF x < 't' || (id % 2048 % 4)]
            """));
        Assert.Equal(rows > 0 ? rows - 1 : null, _connection.Scalar<long?>("SELECT max(id) FROM t"));
    }

    [Fact]
    public void Without_a_flush_nothing_is_added()
    {
        using (var appender = _connection.CreateAppender("t"))
        {
            using var chunk = new DuckDbChunk(appender.ColumnTypes);
            chunk.Column(0).SetValue(0, 1);
            chunk.Column(1).SetValue(0, "x");
            chunk.Column(2).SetValue(0, null);
            chunk.RowCount = 1;
            appender.Append(chunk);
        }

        Assert.Equal(0L, _connection.Scalar<long>("SELECT count(*) FROM t"));
    }

    [Fact]
    public void A_missing_table_is_named() =>
        Assert.Contains("'nowhere'", Assert.Throws<DuckDbException>(() => _connection.CreateAppender("nowhere")).Message);

    [Fact]
    public void A_violated_constraint_fails_the_flush()
    {
        _connection.Execute("CREATE TABLE k(id INTEGER PRIMARY KEY)");
        using var appender = _connection.CreateAppender("k");
        using var chunk = new DuckDbChunk(appender.ColumnTypes);
        chunk.Column(0).Values<int>()[..2].Fill(7);
        chunk.RowCount = 2;
        appender.Append(chunk);
        var error = Assert.Throws<DuckDbException>(appender.Flush);
        Assert.Equal(DuckDbErrorType.Constraint, error.ErrorType);
        appender.Dispose();
        Assert.Equal(0L, _connection.Scalar<long>("SELECT count(*) FROM k"));
    }

    [Fact]
    public void Invalid_UTF8_is_refused_rather_than_made_null()
    {
        using var chunk = new DuckDbChunk([DuckDbType.Varchar]);
        Assert.Throws<ArgumentException>(() => chunk.Column(0).SetUtf8(0, [0xFF, 0xFE]));
        Assert.Throws<ArgumentException>(() => chunk.Column(0).SetString(0, "\ud800"));
    }

    public void Dispose()
    {
        _connection.Dispose();
        _database.Dispose();
    }
}
