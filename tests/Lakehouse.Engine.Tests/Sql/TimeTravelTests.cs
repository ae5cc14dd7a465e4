using System.Globalization;
using Lakehouse.Delta;
using Lakehouse.Engine.Sql;

namespace Lakehouse.Engine.Tests.Sql;

/// <summary>Versions and times in SQL text.</summary>
public sealed class TimeTravelTests
{
    [Theory]
    [InlineData("SELECT count(*) FROM t.numbers VERSION AS OF 0", "3")]
    [InlineData("SELECT count(*) FROM t.numbers FOR VERSION AS OF 1", "6")]
    [InlineData("SELECT count(*) FROM t.numbers FOR SYSTEM_VERSION AS OF '0'", "3")]
    [InlineData("SELECT count(*) FROM t.numbers AT (VERSION => 0) WHERE numbers.id >= 1", "2")]
    [InlineData("SELECT count(*) FROM T.\"Numbers\" version as of 0 AS n WHERE n.id >= 1", "2")]
    [InlineData("SELECT count(*) FROM t.numbers VERSION AS OF 0 a JOIN t.numbers VERSION AS OF 1 b USING (id) JOIN t.numbers c USING (id)", "3")]
    [InlineData("SELECT count(*) FROM t.numbers WHERE id NOT IN (SELECT id FROM t.numbers VERSION AS OF 1)", "1")]
    [InlineData("SELECT 't.numbers VERSION AS OF 0' FROM t.numbers VERSION AS OF 0 LIMIT 1", "t.numbers VERSION AS OF 0")]
    [InlineData("SELECT version FROM (SELECT id AS version FROM t.numbers AT (VERSION => 0)) WHERE version = 2", "2")]
    public async Task A_version_is_read(string sql, string expected)
    {
        await using var lake = await NumbersAsync();

        Assert.Equal([expected], await lake.RowsAsync(sql));
        Assert.Equal(["7"], await lake.RowsAsync("SELECT count(*) FROM t.numbers"));
    }

    [Fact]
    public async Task A_time_is_read()
    {
        await using var lake = await NumbersAsync();
        string first = (await lake.Table("t.numbers").SnapshotAsync(0, TestContext.Current.CancellationToken)).Timestamp.ToString("yyyy-MM-dd HH:mm:ss.fff", CultureInfo.InvariantCulture);

        Assert.Equal(["3"], await lake.RowsAsync($"SELECT count(*) FROM t.numbers TIMESTAMP AS OF '{first}'"));
        Assert.Equal(["3"], await lake.RowsAsync($"SELECT count(*) FROM t.numbers FOR SYSTEM_TIME AS OF TIMESTAMP '{first}'"));
        Assert.Equal(["3"], await lake.RowsAsync($"SELECT count(*) FROM t.numbers AT (TIMESTAMP => '{first}Z')"));
        await Assert.ThrowsAsync<VersionNotFoundException>(() => lake.RowsAsync("SELECT count(*) FROM t.numbers TIMESTAMP AS OF '2001-01-01'"));
    }

    [Fact]
    public async Task A_folder_is_read_as_Spark_names_it()
    {
        await using var lake = await NumbersAsync();
        string folder = Path.Combine(lake.Folder, "t", "numbers");

        Assert.Equal(["7"], await lake.RowsAsync($"SELECT count(*) FROM delta.`{folder}`"));
        Assert.Equal(["3"], await lake.RowsAsync($"SELECT count(*) FROM delta.`{folder}` VERSION AS OF 0 AS old"));
        Assert.Equal(["3"], await lake.RowsAsync($"SELECT count(*) FROM delta_scan('{folder}', version => 0)"));
    }

    [Fact]
    public async Task A_view_keeps_reading_its_version()
    {
        await using var lake = await NumbersAsync();
        await lake.RowsAsync("CREATE VIEW old AS SELECT * FROM t.numbers VERSION AS OF 0");

        Assert.Equal(["6"], await lake.RowsAsync("SELECT count(*) FROM t.numbers VERSION AS OF 1"));
        Assert.Equal(["3"], await lake.RowsAsync("SELECT count(*) FROM old"));
    }

    [Fact]
    public async Task Files_are_left_out_by_the_conditions_of_the_query_that_reads_the_version()
    {
        await using var lake = await NumbersAsync();

        Assert.Equal(["1"], await lake.RowsAsync("SELECT count(*) FROM t.numbers VERSION AS OF 1 WHERE id = 10"));

        var past = Assert.Single(lake.Session.Bound, table => table.Version == 1);
        Assert.Equal((1, 2), (past.FilesPlanned, past.FilesInTable));
    }

    [Theory]
    [InlineData("SELECT 1 FROM t.numbers VERSION AS OF 1 + 1 - 1", null)]
    [InlineData("SELECT 1 FROM t.numbers VERSION AS OF x", "line 1 near 'x'")]
    [InlineData("SELECT 1\nFROM t.numbers TIMESTAMP AS OF current_timestamp", "line 2 near 'current_timestamp'")]
    [InlineData("SELECT 1 FROM t.numbers TIMESTAMP AS OF 'yesterday'", "near ''yesterday''")]
    [InlineData("SELECT 1 FROM t.numbers AT (VERSION => 1", "line 1 at its end")]
    public async Task What_cannot_be_read_is_told_with_its_place(string sql, string? place)
    {
        await using var lake = await NumbersAsync();

        if (place is null)
        {
            await Assert.ThrowsAsync<DuckDb.DuckDbException>(() => lake.RowsAsync(sql));
            return;
        }
        var error = await Assert.ThrowsAsync<SqlSyntaxException>(() => lake.RowsAsync(sql));
        Assert.Contains(place, error.Message, StringComparison.Ordinal);
        Assert.Contains("VERSION AS OF 3", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_version_that_is_not_there_is_named()
    {
        await using var lake = await NumbersAsync();

        var error = await Assert.ThrowsAsync<VersionNotFoundException>(() => lake.RowsAsync("FROM t.numbers VERSION AS OF 17"));
        Assert.Contains("17", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("SELECT a.version, b.timestamp FROM t.a a, t.b b WHERE x = 'VERSION AS OF 3'")]
    [InlineData("SELECT t.version AS of FROM s.t")]
    public void Other_SQL_stays_as_it_is(string sql)
    {
        var (rewritten, tables) = TimeTravel.Rewrite(sql, _ => 0);

        Assert.Same(sql, rewritten);
        Assert.Empty(tables);
    }

    [Fact]
    public void Positions_stay()
    {
        const string sql = "SELECT * FROM t.numbers VERSION AS OF 3 WHERE nope = 1";
        var (rewritten, tables) = TimeTravel.Rewrite(sql, _ => 0);

        Assert.Equal(sql.Length, rewritten.Length);
        Assert.Equal(sql.IndexOf("nope", StringComparison.Ordinal), rewritten.IndexOf("nope", StringComparison.Ordinal));
        Assert.Equal(new PastTable(TableName.Parse("t.numbers"), null, new TableMoment(3, null)), Assert.Single(tables).Value);
    }

    /// <summary>Three rows in version 0, three more in 1, one in 2.</summary>
    private static async Task<TestLake> NumbersAsync()
    {
        var lake = new TestLake();
        var table = lake.Table("t.numbers");
        foreach (string rows in new[] { "range(3)", "range(10, 13)", "range(20, 21)" })
            await table.AppendAsync(lake.Connection, $"SELECT i AS id FROM {rows} r(i)", cancellationToken: TestContext.Current.CancellationToken);
        return lake;
    }
}
