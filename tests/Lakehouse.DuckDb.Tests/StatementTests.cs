namespace Lakehouse.DuckDb.Tests;

public sealed class StatementTests : IDisposable
{
    private readonly DuckDbDatabase _database = DuckDbDatabase.Open();
    private readonly DuckDbConnection _connection;

    public StatementTests() => _connection = _database.Connect();

    [Fact]
    public void Execute_runs_all_statements_and_counts_the_last_ones_rows()
    {
        Assert.Equal(3, _connection.Execute("CREATE TABLE t(i INTEGER); INSERT INTO t VALUES (1); INSERT INTO t VALUES (2), (3), (4)"));
        Assert.Equal(4L, _connection.Scalar<long>("SELECT count(*) FROM t"));
        Assert.Equal(2, _connection.Execute("DELETE FROM t WHERE i > 2"));
    }

    [Fact]
    public void Query_gives_columns_and_typed_spans()
    {
        using var result = _connection.Query("SELECT i::INTEGER AS i, i * 10 AS big, CASE WHEN i % 2 = 0 THEN 'even number ' || i END AS s FROM range(5000) r(i)");
        Assert.Equal([new("i", DuckDbType.Integer), new("big", DuckDbType.BigInt), new("s", DuckDbType.Varchar)], result.Columns);
        long sum = 0, big = 0, nulls = 0, rows = 0;
        while (result.NextChunk())
        {
            var numbers = result.Column(0).Values<int>();
            var texts = result.Column(2);
            for (var row = 0; row < result.RowCount; row++)
            {
                sum += numbers[row];
                big += result.Column(1).Values<long>()[row];
                if (texts.IsNull(row)) nulls++;
                else Assert.Equal($"even number {numbers[row]}", texts.GetString(row));
            }

            rows += result.RowCount;
        }

        Assert.Equal((5000, 12_497_500, 124_975_000, 2500), (rows, sum, big, nulls));
        Assert.False(result.NextChunk());
    }

    [Fact]
    public void A_newer_statement_ends_an_open_stream_with_a_clear_error()
    {
        using var result = _connection.Query("SELECT * FROM range(1000000)");
        Assert.True(result.NextChunk());
        _connection.Execute("SELECT 1");
        Assert.Contains("one connection per result", Assert.Throws<InvalidOperationException>(() => result.NextChunk()).Message);
    }

    [Fact]
    public void Rows_that_are_kept_outlive_later_statements()
    {
        using var result = _connection.QueryAll("CREATE TABLE t AS FROM range(5000); SELECT range AS i FROM t");
        _connection.Execute("DROP TABLE t");
        long rows = 0, sum = 0;
        while (result.NextChunk())
        {
            rows += result.RowCount;
            foreach (var value in result.Column(0).Values<long>()) sum += value;
        }

        Assert.Equal((5000, 12_497_500), (rows, sum));
    }

    [Fact]
    public void A_failure_of_either_way_of_asking_is_the_same()
    {
        foreach (var sql in new[] { "SELECT nothing", "SELECT error('no')", "SELECT 1; SELEC 2", "SELECT i / (i - 4999)::INTEGER::BIGINT, ('x' || i)::INTEGER FROM range(5000) r(i)", " " })
        {
            var streamed = Assert.Throws<DuckDbException>(() => _connection.Query(sql));
            var kept = Assert.Throws<DuckDbException>(() => _connection.QueryAll(sql));
            Assert.Equal((streamed.ErrorType, streamed.Message, streamed.Position), (kept.ErrorType, kept.Message, kept.Position));
        }
    }

    [Fact]
    public void Rows_are_computed_as_they_are_read()
    {
        // All of it would be 8 TB.
        using var result = _connection.Query("SELECT i FROM range(1000000000000) r(i)");
        Assert.True(result.NextChunk());
        Assert.Equal(2048, result.RowCount);
    }

    [Fact]
    public void An_error_half_way_is_thrown_while_reading()
    {
        using var result = _connection.Query("SELECT CASE WHEN i = 900000 THEN error('row ' || i) ELSE i::VARCHAR END FROM range(1000000) r(i)");
        var error = Assert.Throws<DuckDbException>(() =>
        {
            while (result.NextChunk()) { }
        });
        Assert.Contains("row 900000", error.Message);
        Assert.False(result.NextChunk());
    }

    [Fact]
    public void Text_without_statements_is_refused() =>
        Assert.Equal(DuckDbErrorType.Parser, Assert.Throws<DuckDbException>(() => _connection.Execute(" -- nothing")).ErrorType);

    [Fact]
    public void The_library_is_the_pinned_one() => Assert.StartsWith("v1.5.", DuckDbDatabase.LibraryVersion);

    public void Dispose()
    {
        _connection.Dispose();
        _database.Dispose();
    }
}
