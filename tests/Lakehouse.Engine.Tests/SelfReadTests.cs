namespace Lakehouse.Engine.Tests;

/// <summary>A statement that reads the table which it changes reads the version that it commits on, also where another writer comes first.</summary>
public sealed class SelfReadTests
{
    [Theory]
    [InlineData("DELETE FROM t.r WHERE id >= 50", "INSERT OVERWRITE t.r SELECT id, n + 1 FROM t.r", "SELECT count(*), sum(n)::INTEGER FROM t.r", "50|50")]
    [InlineData("DELETE FROM t.r WHERE id >= 50", "CREATE OR REPLACE TABLE t.r AS SELECT id, n + 1 AS n FROM t.r", "SELECT count(*), sum(n)::INTEGER FROM t.r", "50|50")]
    [InlineData("UPDATE t.r SET n = 5 WHERE id = 3", "INSERT INTO t.r REPLACE WHERE id < 10 SELECT id, n + 1 FROM t.r WHERE id < 10", "SELECT count(*), max(n) FROM t.r", "100|6")]
    [InlineData("UPDATE t.r SET n = 5 WHERE id = 3", "UPDATE t.r SET n = (SELECT max(n) + 1 FROM t.r) WHERE id = 4", "SELECT n FROM t.r WHERE id = 4", "6")]
    [InlineData("UPDATE t.r SET n = 5 WHERE id = 3", "UPDATE t.r SET n = (SELECT max(n) + 1 FROM delta_scan('{0}')) WHERE id = 4", "SELECT n FROM t.r WHERE id = 4", "6")]
    [InlineData("DELETE FROM t.r WHERE id = 99", "DELETE FROM t.r WHERE id = (SELECT max(id) FROM t.r)", "SELECT count(*), max(id) FROM t.r", "98|97")]
    [InlineData("UPDATE t.r SET n = 5 WHERE id = 3", "MERGE INTO t.r USING (SELECT id + 1000 AS id, n FROM t.r WHERE id = 3) s ON r.id = s.id WHEN NOT MATCHED THEN INSERT *", "SELECT n FROM t.r WHERE id = 1003", "5")]
    [InlineData("UPDATE t.r SET n = 5 WHERE id = 3", "MERGE INTO t.r USING (SELECT id + 1000 AS id, n FROM delta_scan('{0}') WHERE id = 3) s ON r.id = s.id WHEN NOT MATCHED THEN INSERT *", "SELECT n FROM t.r WHERE id = 1003", "5")]
    [InlineData("INSERT INTO t.r SELECT 100, 0 WHERE 100 NOT IN (SELECT id FROM t.r)", "INSERT INTO t.r SELECT 100, 0 WHERE 100 NOT IN (SELECT id FROM t.r)", "SELECT count(*) FROM t.r WHERE id = 100", "1")]
    public async Task What_another_committed_meanwhile_is_read(string first, string second, string question, string answer)
    {
        await using var race = await Race.StartAsync("SELECT i::INTEGER AS id, 0 AS n FROM range(100) t(i)");

        await race.RunAsync(Run(first), Run(second));

        Assert.Equal([answer], await race.QueryAsync(question));

        Func<LakeTable, LakeSession, Task<List<string>>> Run(string sql) => (_, session) => TestLake.RowsAsync(session, sql.Replace("{0}", race.Folder, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("WriteSerializable", "100")]
    [InlineData("Serializable", "101")]
    public async Task A_blind_append_meanwhile_counts_as_the_tables_isolation_level_says(string level, string counted)
    {
        await using var race = await Race.StartAsync("SELECT i::INTEGER AS id, 0 AS n FROM range(100) t(i)", new Dictionary<string, string> { ["delta.isolationLevel"] = level });

        await race.RunAsync(
            (_, session) => TestLake.RowsAsync(session, "INSERT INTO t.r VALUES (500, 0)"),
            (_, session) => TestLake.RowsAsync(session, "INSERT INTO t.r SELECT 1000, count(*) FROM t.r"));

        Assert.Equal([counted], await race.QueryAsync("SELECT n FROM t.r WHERE id = 1000"));
    }

    [Fact]
    public async Task What_a_session_itself_shows_under_the_tables_name_stays()
    {
        await using var lake = new TestLake();
        await lake.RowsAsync("CREATE TABLE t.r AS SELECT 1 AS id");
        await lake.RowsAsync("INSERT INTO t.r VALUES (2)");
        var table = lake.Table("t.r");
        await lake.Session.DefineAsync(table.Name, await table.SnapshotAsync(0, TestContext.Current.CancellationToken), TestContext.Current.CancellationToken);

        await lake.RowsAsync("DELETE FROM t.r WHERE id IN (SELECT id FROM t.r)");

        await using var other = lake.Lake.OpenSession();
        Assert.Equal(["2"], await TestLake.RowsAsync(other, "SELECT id FROM t.r"));
    }
}
