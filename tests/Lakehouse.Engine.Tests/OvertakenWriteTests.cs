using Lakehouse.Delta;

namespace Lakehouse.Engine.Tests;

/// <summary>
/// What a writer has worked out before another commits is good afterwards only where the table still asks for the same: its rules,
/// the names of its columns in files, and that there is no table yet.
/// </summary>
public sealed class OvertakenWriteTests
{
    private const string Rows = "SELECT i::INTEGER AS id, 0 AS n FROM range(100) t(i)";
    private static readonly Dictionary<string, string> Mapped = new() { ["delta.columnMapping.mode"] = "name" };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_row_that_breaks_a_rule_which_came_meanwhile_is_refused(bool merged)
    {
        await using var race = await Race.StartAsync(Rows);

        var broken = await Assert.ThrowsAsync<RuleBrokenException>(() => race.RunAsync(
            (table, session) => table.AddConstraintAsync(session.Connection, "small", "n < 10"),
            (table, session) => merged
                ? table.MergeAsync(session.Connection, "SELECT 7 AS id, 99 AS n", new MergeOptions { Keys = ["id"] })
                : table.AppendAsync(session.Connection, "SELECT 7 AS id, 99 AS n")));

        Assert.Contains("99", broken.Message, StringComparison.Ordinal);
        Assert.Equal(["100|0"], await race.QueryAsync("SELECT count(*), max(n) FROM t.r"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Rows_go_into_the_column_that_has_the_name_when_they_are_committed(bool merged)
    {
        await using var race = await Race.StartAsync(Rows, Mapped);

        await race.RunAsync(
            async (table, session) =>
            {
                await table.RenameColumnAsync("n", "old");
                return await table.AddColumnsAsync(new StructType([new StructField("n", PrimitiveType.Integer)]));
            },
            (table, session) => merged
                ? table.MergeAsync(session.Connection, "SELECT 700 AS id, 99 AS n", new MergeOptions { Keys = ["id"] })
                : table.AppendAsync(session.Connection, "SELECT 700 AS id, 99 AS n"));

        Assert.Equal(["700|null|99"], await race.QueryAsync("SELECT id, old, n FROM t.r WHERE id = 700"));
    }

    [Fact]
    public async Task Staged_rows_are_refused_where_the_table_asks_for_other_files_by_now()
    {
        await using var lake = new TestLake();
        var table = lake.Table("t.r");
        await table.AppendAsync(lake.Connection, Rows, new WriteOptions { Properties = Mapped });
        var broken = await table.StageAsync(lake.Connection, "SELECT 700 AS id, 99 AS n");
        await table.AddConstraintAsync(lake.Connection, "small", "n < 10");
        var misnamed = await table.StageAsync(lake.Connection, "SELECT 700 AS id, 9 AS n");

        await Assert.ThrowsAsync<SchemaNotAcceptedException>(() => table.CommitAsync(broken));
        await lake.RowsAsync("ALTER TABLE t.r DROP CONSTRAINT small");
        await table.RenameColumnAsync("n", "old");
        await table.AddColumnsAsync(new StructType([new StructField("n", PrimitiveType.Integer)]));
        await Assert.ThrowsAsync<SchemaNotAcceptedException>(() => table.CommitAsync(misnamed));
        Assert.Equal(["100"], await lake.RowsAsync("SELECT count(*) FROM t.r"));
    }

    [Fact]
    public async Task A_merge_that_inserts_what_is_not_there_is_made_again_where_another_deleted_what_was()
    {
        await using var race = await Race.StartAsync("SELECT 1 AS id, 0 AS n");

        await race.RunAsync(
            (_, session) => TestLake.RowsAsync(session, "DELETE FROM t.r WHERE id IN (1, 2)"),
            (_, session) => TestLake.RowsAsync(session, "MERGE INTO t.r USING (SELECT unnest([1, 2]) AS id, 5 AS n) s ON r.id = s.id WHEN NOT MATCHED THEN INSERT *"));

        Assert.Equal(["1|5", "2|5"], await race.QueryAsync("FROM t.r ORDER BY id"));
    }

    [Theory]
    [InlineData("CREATE TABLE t.r AS SELECT 2 AS id", true, "1")]
    [InlineData("CREATE TABLE IF NOT EXISTS t.r AS SELECT 2 AS id", false, "1")]
    [InlineData("CREATE OR REPLACE TABLE t.r AS SELECT 2 AS id", false, "2")]
    [InlineData("CREATE TABLE IF NOT EXISTS t.r (id INTEGER)", false, "1")]
    public async Task A_table_that_another_made_meanwhile_is_there(string sql, bool isRefused, string rows)
    {
        await using var race = new Race();

        Exception? refused = null;
        try
        {
            await race.RunAsync(
                (_, session) => TestLake.RowsAsync(session, "CREATE TABLE t.r AS SELECT 1 AS id"),
                (_, session) => TestLake.RowsAsync(session, sql));
        }
        catch (TableExistsException exception)
        {
            refused = exception;
        }

        Assert.Equal(isRefused, refused is not null);
        Assert.Equal([rows], await race.QueryAsync("FROM t.r"));
    }

    [Fact]
    public async Task Replacing_some_rows_leaves_the_others_of_a_table_that_another_made_meanwhile()
    {
        await using var race = new Race();

        await race.RunAsync(
            (table, session) => table.AppendAsync(session.Connection, Rows),
            (table, session) => table.OverwriteAsync(session.Connection, "SELECT 5 AS id, 1 AS n", new WriteOptions { ReplaceWhere = "id < 10" }));

        Assert.Equal(["91|1"], await race.QueryAsync("SELECT count(*), sum(n)::INTEGER FROM t.r"));
    }

    [Fact]
    public async Task An_old_version_of_a_table_made_anew_is_that_of_the_new_one()
    {
        await using var lake = new TestLake();
        await using var other = Lake.Open(lake.Folder, new LakeOptions { Threads = 1 });
        await using var session = other.OpenSession();
        await lake.RowsAsync("CREATE TABLE t.r AS SELECT 1 AS id");
        await lake.RowsAsync("INSERT INTO t.r VALUES (2)");
        Assert.Equal(["2"], await TestLake.RowsAsync(session, "SELECT count(*) FROM t.r"));
        Directory.Delete(Path.Combine(lake.Folder, "t", "r"), recursive: true);
        await lake.RowsAsync("CREATE TABLE t.r AS SELECT 5 AS id");
        await lake.RowsAsync("INSERT INTO t.r VALUES (6), (7)");
        await lake.RowsAsync("INSERT INTO t.r VALUES (8)");

        Assert.Equal(["5", "6", "7"], await TestLake.RowsAsync(session, "SELECT id FROM t.r VERSION AS OF 1 ORDER BY id"));
    }

    [Fact]
    public async Task A_write_that_began_on_a_table_which_was_made_anew_is_made_again()
    {
        await using var race = await Race.StartAsync(Rows, further: "SELECT 500 AS id, 0 AS n");

        await race.RunAsync(
            async (table, session) =>
            {
                Directory.Delete(race.Folder, recursive: true);
                for (var i = 0; i < 4; i++) await table.AppendAsync(session.Connection, $"SELECT {i} AS id, 3 AS n");
                return 0L;
            },
            async (table, session) => (await table.MergeAsync(session.Connection, "SELECT 0 AS id, 4 AS n", new MergeOptions { Keys = ["id"] })).Version);

        Assert.Equal(["4|1"], await race.QueryAsync("SELECT count(*), count(*) FILTER (n = 4) FROM t.r"));
    }

    [Theory]
    [InlineData("0.1::DOUBLE", "0.1::FLOAT")]
    [InlineData("0.1::FLOAT", "0.1::FLOAT")]
    [InlineData("unnest(['a', 'b'])", "unnest(['b', 'a']::ENUM('b', 'a')[])")]
    [InlineData("TIMESTAMPTZ '2026-01-01 00:00:00+00'", "TIMESTAMPTZ '2026-01-01 00:00:00+00'")]
    [InlineData("12::INTEGER", "12.0::DECIMAL(10, 0)")]
    [InlineData("1e300::DOUBLE", "1e300::DOUBLE")]
    [InlineData("'x' || chr(0) || 'y'", "'x' || chr(0) || 'y'")]
    [InlineData("''", "''")]
    public async Task A_key_is_found_whatever_type_the_source_has(string target, string source)
    {
        await using var lake = new TestLake();
        await lake.RowsAsync("SET TimeZone = 'America/St_Johns'");
        var table = lake.Table("t.r");
        await table.AppendAsync(lake.Connection, $"SELECT {(source.Contains("FLOAT", StringComparison.Ordinal) && target.Contains("DOUBLE", StringComparison.Ordinal) ? "0.1::FLOAT::DOUBLE" : target)} AS k, 0 AS n");
        var before = (await lake.RowsAsync("FROM t.r")).Count;

        await table.MergeAsync(lake.Connection, $"SELECT {source} AS k, 1 AS n", new MergeOptions { Keys = ["k"] });

        Assert.Equal([$"{before}|{before}"], await lake.RowsAsync("SELECT count(*), sum(n)::INTEGER FROM t.r"));
    }

    [Fact]
    public async Task A_vacuum_keeps_files_of_its_own_folder_that_the_log_names_absolutely()
    {
        await using var lake = new TestLake();
        var table = lake.Table("t.r");
        await table.AppendAsync(lake.Connection, Rows);
        await lake.RowsAsync("CREATE TABLE t.c SHALLOW CLONE t.r");
        Directory.Delete(Path.Combine(lake.Folder, "t", "r", "_delta_log"), recursive: true);
        await lake.RowsAsync("CREATE TABLE t.r SHALLOW CLONE t.c");

        await table.VacuumAsync(new VacuumOptions { Retention = TimeSpan.Zero, AllowShortRetention = true });

        Assert.Equal(["100"], await lake.RowsAsync("SELECT count(*) FROM t.r"));
    }
}
