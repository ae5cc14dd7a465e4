namespace Lakehouse.Engine.Tests;

public sealed class PruningTests
{
    [Theory]
    [InlineData("SELECT * FROM t.days WHERE _date = '2026-01-03'", 1)]
    [InlineData("SELECT * FROM t.days WHERE _date >= DATE '2026-01-09'", 2)]
    [InlineData("SELECT * FROM t.days d WHERE d._date BETWEEN DATE '2026-01-02' AND DATE '2026-01-04'", 3)]
    [InlineData("SELECT * FROM t.days WHERE _date IN ('2026-01-02', '2026-01-05')", 2)]
    [InlineData("SELECT * FROM t.days WHERE id < 250", 3)]
    [InlineData("SELECT * FROM t.days WHERE 905 <= id", 1)]
    [InlineData("SELECT * FROM t.days WHERE id = 150 OR id = 850", 2)]
    [InlineData("SELECT * FROM t.days WHERE id = 150 OR length(name) = 3", 10)]
    [InlineData("SELECT * FROM t.days WHERE id + 1 = 150", 10)]
    [InlineData("SELECT * FROM t.days WHERE name = 'name 0150'", 1)]
    [InlineData("SELECT * FROM t.days WHERE placed_at < TIMESTAMP '2026-01-02 00:00:00'", 1)]
    [InlineData("SELECT * FROM t.days WHERE amount > 900.5", 1)]
    [InlineData("SELECT * FROM t.days WHERE id IS NULL", 0)]
    [InlineData("SELECT * FROM t.days a JOIN t.days b ON a.id = b.id WHERE a.id < 100 AND b.id < 200", 2)]
    [InlineData("SELECT * FROM t.days a JOIN t.days b ON a.id = b.id WHERE a.id < 100", 10)]
    [InlineData("WITH few AS (SELECT * FROM t.days WHERE id < 100) SELECT * FROM few WHERE id > 5", 1)]
    [InlineData("SELECT * FROM range(3) r(x) WHERE EXISTS (SELECT 1 FROM t.days WHERE id = 5)", 1)]
    [InlineData("CREATE TEMP TABLE copy AS SELECT * FROM t.days WHERE id = 5", 10)]
    public async Task Only_files_that_may_hold_wanted_rows_are_read(string sql, int files)
    {
        await using var lake = new TestLake();
        await lake.Table("t.days").AppendAsync(
            lake.Connection,
            "SELECT i AS id, format('name {:04d}', i) AS name, TIMESTAMP '2026-01-01' + INTERVAL (i // 100) DAY AS placed_at, i::DECIMAL(10,2) AS amount, (DATE '2026-01-01' + (i // 100)::INTEGER) AS _date FROM range(1000) t(i)",
            new WriteOptions { PartitionBy = ["_date"] });

        await lake.Session.BindAsync(sql);

        var bound = Assert.Single(lake.Session.Bound);
        Assert.Equal((files, 10), (bound.FilesPlanned, bound.FilesInTable));
    }

    [Fact]
    public async Task A_merge_reads_only_files_whose_keys_may_match()
    {
        await using var lake = new TestLake();
        var table = lake.Table("t.parts");
        for (var i = 0; i < 5; i++) await table.AppendAsync(lake.Connection, $"SELECT i AS id, 0 AS v FROM range({i * 100}, {i * 100 + 100}) t(i)");

        var result = await table.MergeAsync(lake.Connection, "SELECT i AS id, 1 AS v FROM range(210, 220) t(i)", new MergeOptions { Keys = ["id"] });

        Assert.Equal("1", result.Snapshot.CommitInfo!.OperationMetrics["numTargetFilesScanned"]);
    }
}
