namespace Lakehouse.Engine.Tests.Scan;

/// <summary>Conditions on columns that DuckDB would test wrongly while it scans their files.</summary>
public sealed class FilteredColumnTests
{
    [Fact]
    public async Task A_widened_column_is_compared_in_its_wide_type()
    {
        await using var lake = new TestLake();
        await lake.RowsAsync("CREATE TABLE t.w (n BIGINT, day DATE, f FLOAT, s STRUCT(x INTEGER)) TBLPROPERTIES ('delta.enableTypeWidening' = 'true')");
        await lake.RowsAsync("INSERT INTO t.w SELECT i, DATE '2026-01-01' + i::INTEGER, i / 10, {'x': i} FROM range(10) t(i)");
        foreach (var (path, type) in new[] { ("n", "DECIMAL(22,2)"), ("day", "TIMESTAMP"), ("f", "DOUBLE"), ("s.x", "DECIMAL(12,2)") })
            await lake.RowsAsync($"ALTER TABLE t.w ALTER COLUMN {path} TYPE {type}");

        Assert.Equal(["0"], await lake.RowsAsync("SELECT count(*) FROM t.w WHERE n = 2.21"));
        Assert.Equal(["7"], await lake.RowsAsync("SELECT count(*) FROM t.w WHERE n > 2.5"));
        Assert.Equal(["2"], await lake.RowsAsync("SELECT count(*) FROM t.w WHERE day < TIMESTAMP '2026-01-02 03:00:00'"));
        Assert.Equal(["0"], await lake.RowsAsync("SELECT count(*) FROM t.w WHERE f = 0.1::DOUBLE"));
        Assert.Equal(["7"], await lake.RowsAsync("SELECT count(*) FROM t.w WHERE s.x > 2.5"));
        Assert.Equal(["0"], await lake.RowsAsync("SELECT count(*) FROM t.w JOIN (SELECT 2.21::DECIMAL(22,2) AS k) ON n = k"));
    }

    [Fact]
    public async Task A_delete_by_a_widened_column_takes_no_row_that_does_not_match()
    {
        await using var lake = new TestLake();
        await lake.RowsAsync("CREATE TABLE t.w (n BIGINT) TBLPROPERTIES ('delta.enableTypeWidening' = 'true')");
        await lake.RowsAsync("INSERT INTO t.w SELECT i FROM range(5) t(i)");
        await lake.RowsAsync("ALTER TABLE t.w ALTER COLUMN n TYPE DECIMAL(22,2)");

        await lake.RowsAsync("DELETE FROM t.w WHERE n = 2.21 OR n > 2.5");

        Assert.Equal(["0.00", "1.00", "2.00"], await lake.RowsAsync("SELECT n FROM t.w ORDER BY n"));
    }

    [Fact]
    public async Task Bytes_are_found_by_their_value()
    {
        await using var lake = new TestLake();
        await lake.RowsAsync("CREATE TABLE t.b (b BLOB)");
        await lake.RowsAsync("INSERT INTO t.b SELECT from_hex('00FF') FROM range(10)");

        Assert.Equal(["10"], await lake.RowsAsync("SELECT count(*) FROM t.b WHERE b = from_hex('00FF')"));
        Assert.Equal(["10"], await lake.RowsAsync("SELECT count(*) FROM t.b JOIN (SELECT from_hex('00FF') AS k) ON b = k"));
    }

    [Fact]
    public async Task The_end_of_time_is_written_and_found()
    {
        await using var lake = new TestLake();
        await lake.RowsAsync("CREATE TABLE t.e (until TIMESTAMPTZ, local TIMESTAMP)");

        await lake.RowsAsync("INSERT INTO t.e VALUES (TIMESTAMPTZ '9999-12-31 23:59:59.999999+00', TIMESTAMP '9999-12-31 23:59:59.999999')");

        Assert.Equal(["1"], await lake.RowsAsync("SELECT count(*) FROM t.e WHERE until > TIMESTAMPTZ '9999-12-31 23:59:59.999+00' AND local > TIMESTAMP '9999-12-31 23:59:59.999'"));
    }
}
