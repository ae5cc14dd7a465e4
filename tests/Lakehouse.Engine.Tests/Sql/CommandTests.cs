using Lakehouse.Delta;
using Lakehouse.DuckDb;

namespace Lakehouse.Engine.Tests.Sql;

/// <summary>Statements that the lake carries out itself.</summary>
public sealed class CommandTests
{
    [Fact]
    public async Task A_table_lives_its_whole_life_in_SQL()
    {
        await using var lake = new TestLake();

        Assert.Equal(["0|0|0"], await lake.RowsAsync("CREATE TABLE t.people (id BIGINT NOT NULL, name VARCHAR, born DATE) PARTITIONED BY (born) TBLPROPERTIES ('delta.enableChangeDataFeed' = 'true');"));
        Assert.Equal(["1|2|2|0"], await lake.RowsAsync("INSERT INTO t.people VALUES (1, 'Ann', '2001-02-03'), ('2', 'Bob', NULL)"));
        Assert.Equal(["2|1|1|0"], await lake.RowsAsync("INSERT INTO t.people (name, id) SELECT 'Cid', 3"));
        Assert.Equal(["3|1|1|0"], await lake.RowsAsync("INSERT INTO t.people BY NAME SELECT 4 AS id, DATE '2004-01-01' AS born, NULL::VARCHAR AS name"));
        Assert.Equal(["4|2"], await lake.RowsAsync("UPDATE t.people p SET name = coalesce(upper(p.name), 'none'), born = CASE WHEN p.id = 4 THEN born + 1 ELSE born END WHERE p.id > 2"));
        Assert.Equal(["5|1"], await lake.RowsAsync("DELETE FROM t.people WHERE people.id IN (SELECT id FROM t.people VERSION AS OF 1 WHERE name = 'Bob')"));
        Assert.Equal(
            ["6|1|1|1"],
            await lake.RowsAsync("""
                MERGE INTO t.people AS p USING (SELECT * FROM (VALUES (1, 'Anna'), (3, NULL), (5, 'Eve')) v(id, name)) AS s ON p.id = s.id
                WHEN MATCHED AND s.name IS NULL THEN DELETE
                WHEN MATCHED THEN UPDATE SET p.name = CASE WHEN p.name = 'Ann' THEN s.name ELSE p.name END
                WHEN NOT MATCHED THEN INSERT (id, name, born) VALUES (s.id, concat(s.name, '!'), DATE '2005-01-01')
                """));
        Assert.Equal(["1|Anna|2001-02-03", "4|none|2004-01-02", "5|Eve!|2005-01-01"], (await lake.RowsAsync("SELECT id, name, born::VARCHAR FROM t.people ORDER BY id")));
        Assert.Equal(["update_postimage|Anna"], await lake.RowsAsync("SELECT _change_type, name FROM table_changes('t.people', 6) WHERE id = 1 AND _change_type = 'update_postimage'"));

        await lake.RowsAsync("ALTER TABLE t.people ADD COLUMNS (town VARCHAR, size DECIMAL(5,2))");
        await lake.RowsAsync("ALTER TABLE t.people ADD CONSTRAINT sane CHECK (size IS NULL OR (size > 0 AND size < 300))");
        await Assert.ThrowsAsync<RuleBrokenException>(() => lake.RowsAsync("UPDATE t.people SET size = 301"));
        await lake.RowsAsync("ALTER TABLE t.people DROP CONSTRAINT sane");
        await lake.RowsAsync("ALTER TABLE t.people SET TBLPROPERTIES ('delta.columnMapping.mode' = 'name', 'owner' = 'me')");
        await lake.RowsAsync("ALTER TABLE t.people RENAME COLUMN town TO city");
        await lake.RowsAsync("ALTER TABLE t.people DROP COLUMN size");
        await lake.RowsAsync("ALTER TABLE t.people ADD COLUMN zip VARCHAR");
        await lake.RowsAsync("ALTER TABLE t.people UNSET TBLPROPERTIES IF EXISTS ('owner')");
        Assert.Equal(["id", "name", "born", "city", "zip"], (await lake.Table("t.people").SnapshotAsync(null, TestContext.Current.CancellationToken)).Schema.Fields.Select(field => field.Name));

        Assert.StartsWith("15|", Assert.Single(await lake.RowsAsync("RESTORE TABLE t.people TO VERSION AS OF 1")), StringComparison.Ordinal);
        Assert.Equal(["2"], await lake.RowsAsync("SELECT count(*) FROM t.people"));
        Assert.Equal(["16|2"], await lake.RowsAsync("DELETE FROM t.people"));
    }

    [Fact]
    public async Task A_table_is_made_from_a_query_and_cloned()
    {
        await using var lake = new TestLake();
        Assert.Equal(["0|3|1"], await lake.RowsAsync("CREATE TABLE a.one AS SELECT i AS id FROM range(3) t(i)"));
        await Assert.ThrowsAsync<TableExistsException>(() => lake.RowsAsync("CREATE TABLE a.one AS SELECT 1 AS id"));
        Assert.Equal(["0"], await lake.RowsAsync("CREATE TABLE IF NOT EXISTS a.one AS SELECT 1 AS id"));
        Assert.Equal(["1|2|2"], await lake.RowsAsync("CREATE OR REPLACE TABLE a.one USING DELTA PARTITIONED BY (day) AS SELECT i AS id, DATE '2026-01-01' + i::INT AS day FROM range(2) t(i)"));

        await lake.RowsAsync("CREATE TABLE b.deep DEEP CLONE a.one VERSION AS OF 0");
        await lake.RowsAsync("CREATE TABLE b.shallow SHALLOW CLONE a.one");

        Assert.Equal(["3"], await lake.RowsAsync("SELECT count(*) FROM b.deep"));
        Assert.Equal(["2026-01-02"], await lake.RowsAsync("SELECT max(day)::VARCHAR FROM b.shallow"));
        Assert.Equal(["2|1|1|1"], await lake.RowsAsync("INSERT INTO a.one REPLACE WHERE day = DATE '2026-01-01' SELECT 7, DATE '2026-01-01'"));
        Assert.Equal(["1", "7"], await lake.RowsAsync("SELECT id FROM a.one ORDER BY id"));
        Assert.Equal(["3|1|1|2"], await lake.RowsAsync("INSERT OVERWRITE TABLE a.one (SELECT 9, DATE '2026-03-01')"));
        await lake.RowsAsync("TRUNCATE TABLE a.one");
        Assert.Equal(["0"], await lake.RowsAsync("SELECT count(*) FROM a.one"));
    }

    [Fact]
    public async Task Merge_takes_tables_and_stars()
    {
        await using var lake = new TestLake();
        await lake.RowsAsync("CREATE TABLE m.target AS SELECT i AS id, 'old' AS name FROM range(4) t(i)");
        await lake.RowsAsync("CREATE TABLE m.source AS SELECT i AS id, 'new' AS name FROM range(2, 6) t(i)");
        await lake.RowsAsync("INSERT INTO m.source SELECT 100, 'later'");

        Assert.Equal(["1|2|2|2"], await lake.RowsAsync("MERGE INTO m.target USING m.source VERSION AS OF 0 ON target.id = source.id WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED BY TARGET THEN INSERT * WHEN NOT MATCHED BY SOURCE THEN DELETE"));
        Assert.Equal(["2|new", "3|new", "4|new", "5|new"], await lake.RowsAsync("FROM m.target ORDER BY id"));
        Assert.Equal(["2|1|0|0"], await lake.RowsAsync("MERGE INTO m.target t USING m.source s ON t.id = s.id WHEN NOT MATCHED THEN INSERT (name, id) VALUES (s.name, s.id)"));
        Assert.Equal(["3|0|1|0"], await lake.RowsAsync("MERGE INTO m.target t USING range(100, 101) r ON t.id = r.range WHEN MATCHED AND t.name = 'later' THEN UPDATE SET name = t.name || '!'"));
    }

    [Fact]
    public async Task History_and_detail_are_rows()
    {
        await using var lake = new TestLake();
        await lake.RowsAsync("CREATE TABLE t.a TBLPROPERTIES ('owner' = 'it''s me') AS SELECT 1 AS id");
        await lake.RowsAsync("INSERT INTO t.a VALUES (2)");
        await lake.RowsAsync("DELETE FROM t.a WHERE id = 2");

        Assert.Equal(["2|DELETE", "1|WRITE", "0|CREATE TABLE AS SELECT"], (await lake.RowsAsync("DESCRIBE HISTORY t.a")).Select(row => string.Join('|', row.Split('|')[0], row.Split('|')[2])));
        Assert.Single(await lake.RowsAsync("DESC HISTORY t.a LIMIT 1"));
        string detail = Assert.Single(await lake.RowsAsync("DESCRIBE DETAIL t.a"));
        Assert.StartsWith("delta|", detail, StringComparison.Ordinal);
        using (var result = await lake.Session.QueryAsync("DESCRIBE DETAIL t.a", TestContext.Current.CancellationToken))
        {
            Assert.True(result.NextChunk());
            int properties = result.Columns.ToList().FindIndex(column => column.Name == "properties");
            Assert.Equal("MAP(VARCHAR, VARCHAR)", result.Columns[properties].Type.ToString());
        }
        Assert.Single(await lake.RowsAsync($"DESCRIBE DETAIL '{Path.Combine(lake.Folder, "t", "a")}'"));
    }

    [Fact]
    public async Task Upkeep_answers_with_what_it_did()
    {
        await using var lake = new TestLake();
        await lake.RowsAsync("CREATE TABLE t.a AS SELECT 1 AS id");
        for (int i = 0; i < 4; i++) await lake.RowsAsync($"INSERT INTO t.a VALUES ({i})");

        Assert.StartsWith("5|1|5|1|", Assert.Single(await lake.RowsAsync("OPTIMIZE t.a")), StringComparison.Ordinal);
        Assert.StartsWith("5|0|", Assert.Single(await lake.RowsAsync("OPTIMIZE t.a")), StringComparison.Ordinal);
        Assert.StartsWith("6|1|1|1|", Assert.Single(await lake.RowsAsync("OPTIMIZE t.a ZORDER BY (id)")), StringComparison.Ordinal);
        await lake.RowsAsync("DELETE FROM t.a WHERE id = 3");
        Assert.EndsWith("|1", Assert.Single(await lake.RowsAsync("REORG TABLE t.a APPLY (PURGE)")), StringComparison.Ordinal);
        await lake.RowsAsync("ALTER TABLE t.a CLUSTER BY (id)");
        Assert.Empty(await lake.RowsAsync("VACUUM t.a DRY RUN"));
        Assert.Equal(["0|0"], await lake.RowsAsync("VACUUM t.a RETAIN 200 HOURS"));
        var refused = await Assert.ThrowsAsync<TableNotUsableException>(() => lake.RowsAsync("VACUUM t.a RETAIN 0 HOURS"));
        Assert.Contains("t.a", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Names_that_the_lake_does_not_have_stay_with_DuckDB()
    {
        await using var lake = new TestLake();
        await lake.RowsAsync("CREATE TABLE mine (id BIGINT, name VARCHAR DEFAULT 'x')");
        await lake.RowsAsync("INSERT INTO mine (id) VALUES (1)");
        await lake.RowsAsync("UPDATE mine SET id = 2 FROM range(1)");
        await lake.RowsAsync("CREATE TEMP TABLE kept AS FROM mine");
        await lake.RowsAsync("MERGE INTO mine USING (SELECT 2 AS id) s ON mine.id = s.id WHEN MATCHED THEN DELETE");
        Assert.Equal(["0|2"], await lake.RowsAsync("SELECT (SELECT count(*) FROM mine), id FROM kept"));
        await lake.RowsAsync("VACUUM");
        await lake.RowsAsync("DESCRIBE mine");
        await Assert.ThrowsAsync<DuckDbException>(() => lake.RowsAsync("DELETE FROM no.such WHERE true"));
    }

    [Theory]
    [InlineData("OPTIMIZE t.a PLEASE", "near 'PLEASE'", "ZORDER BY")]
    [InlineData("VACUUM t.a RETAIN seven HOURS", "near 'seven", "RETAIN n HOURS")]
    [InlineData("RESTORE TABLE t.a TO yesterday", "near 'yesterday'", "TIMESTAMP AS OF")]
    [InlineData("UPDATE t.a SET id = 1 FROM t.b", "near 'FROM t.b'", "use MERGE INTO")]
    [InlineData("UPDATE t.a SET id = 1, id = 2", "assigned twice", "UPDATE")]
    [InlineData("MERGE INTO t.a USING t.a AS s ON true WHEN MATCHED UPDATE SET id = 1", "then is expected", "MERGE INTO")]
    [InlineData("CREATE TABLE t.b (id NOTATYPE)", "column 'id'", "CREATE")]
    [InlineData("CREATE TABLE t.b USING DELTA", "columns or a query", "CREATE")]
    [InlineData("ALTER TABLE t.a EXPLODE", "near 'EXPLODE'", "SET TBLPROPERTIES")]
    [InlineData("COPY INTO t.a FROM '/tmp' FILEFORMAT = AVRO", "'avro' is not known", "COPY INTO")]
    [InlineData("COPY INTO t.a FROM '/tmp'", "FILEFORMAT", "COPY INTO")]
    public async Task What_is_written_wrong_is_told_with_its_place_and_how_it_is_written(string sql, string what, string usage)
    {
        await using var lake = new TestLake();
        await lake.RowsAsync("CREATE TABLE t.a AS SELECT 1 AS id");

        var error = await Assert.ThrowsAsync<SqlSyntaxException>(() => lake.RowsAsync(sql));

        Assert.Contains(what, error.Message, StringComparison.OrdinalIgnoreCase);
        Assert.Contains(usage, error.Message, StringComparison.Ordinal);
        Assert.Equal(0, (await lake.Table("t.a").SnapshotAsync(null, TestContext.Current.CancellationToken)).Version);
    }

    [Fact]
    public async Task A_folder_becomes_a_table_whose_columns_widen_and_whose_features_go()
    {
        await using var lake = new TestLake();
        string folder = Directory.CreateDirectory(Path.Combine(lake.Folder, "t", "old")).FullName;
        await lake.RowsAsync($"COPY (SELECT i::INTEGER AS id, i % 2 AS half FROM range(6) r(i)) TO '{folder}' (FORMAT parquet, PARTITION_BY (half), OVERWRITE_OR_IGNORE)");

        string converted = Assert.Single(await lake.RowsAsync($"CONVERT TO DELTA parquet.`{folder}` PARTITIONED BY (half BIGINT)"));
        Assert.StartsWith("2|", converted, StringComparison.Ordinal);
        Assert.EndsWith("|6", converted, StringComparison.Ordinal);
        await lake.RowsAsync("ALTER TABLE t.old SET TBLPROPERTIES ('delta.enableTypeWidening' = 'true', 'delta.enableDeletionVectors' = 'true')");
        await lake.RowsAsync("ALTER TABLE t.old ALTER COLUMN id TYPE BIGINT");
        await lake.RowsAsync("INSERT INTO t.old VALUES (3000000000, 1)");
        await lake.RowsAsync("DELETE FROM t.old WHERE id = 1");
        await lake.RowsAsync("ALTER TABLE t.old DROP FEATURE deletionVectors");

        Assert.Equal(["6|3000000000"], await lake.RowsAsync("SELECT count(*), max(id) FROM t.old"));
        Assert.All((await lake.Table("t.old").SnapshotAsync(null, TestContext.Current.CancellationToken)).Files, file => Assert.Null(file.DeletionVector));
    }

    [Fact]
    public async Task A_table_of_the_lake_is_not_dropped()
    {
        await using var lake = new TestLake();
        await lake.RowsAsync("CREATE TABLE t.a AS SELECT 1 AS id");

        var error = await Assert.ThrowsAsync<EngineException>(() => lake.RowsAsync("DROP TABLE t.a"));

        Assert.Contains("delete its folder", error.Message, StringComparison.Ordinal);
        Assert.Equal(["1"], await lake.RowsAsync("FROM t.a"));
    }

    [Fact]
    public async Task An_insert_of_another_number_of_columns_is_refused_with_both()
    {
        await using var lake = new TestLake();
        await lake.RowsAsync("CREATE TABLE t.a AS SELECT 1 AS id, 2 AS b");

        var error = await Assert.ThrowsAsync<SchemaNotAcceptedException>(() => lake.RowsAsync("INSERT INTO t.a VALUES (1)"));

        Assert.Contains("1 columns for 2 (id, b)", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tables_are_there_after_a_transaction_of_DuckDBs_and_are_not_written_within_one()
    {
        await using var lake = new TestLake();
        await lake.RowsAsync("CREATE TABLE t.a AS SELECT i AS id FROM range(10) t(i)");
        foreach (var end in new[] { "COMMIT", "ROLLBACK" })
        {
            await lake.RowsAsync("BEGIN");
            Assert.Equal(["10"], await lake.RowsAsync("SELECT count(*) FROM t.a"));
            var refused = await Assert.ThrowsAsync<EngineException>(() => lake.RowsAsync("INSERT INTO t.a VALUES (99)"));
            Assert.Contains("t.a", refused.Message, StringComparison.Ordinal);
            Assert.Single(await lake.RowsAsync("DESCRIBE HISTORY t.a"));
            await lake.RowsAsync(end);

            Assert.Equal(["10"], await lake.RowsAsync("SELECT count(*) FROM t.a"));
        }
        await lake.RowsAsync("INSERT INTO t.a VALUES (99)");
        Assert.Equal(["11"], await lake.RowsAsync("SELECT count(*) FROM t.a"));
    }

    [Fact]
    public async Task A_column_is_named_once()
    {
        await using var lake = new TestLake();
        Assert.Contains("'ID' is named twice", (await Assert.ThrowsAsync<SqlSyntaxException>(() => lake.RowsAsync("CREATE TABLE t.a (id INT, ID INT)"))).Message, StringComparison.Ordinal);
        await lake.RowsAsync("CREATE TABLE t.a AS SELECT 1::BIGINT AS id");

        Assert.Contains("'w' is named twice", (await Assert.ThrowsAsync<SqlSyntaxException>(() => lake.RowsAsync("ALTER TABLE t.a ADD COLUMNS (w INT, w INT)"))).Message, StringComparison.Ordinal);
        Assert.Contains("already, of type long", (await Assert.ThrowsAsync<SchemaNotAcceptedException>(() => lake.RowsAsync("ALTER TABLE t.a ADD COLUMN id INT"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_not_there_is_not_taken_away()
    {
        await using var lake = new TestLake();
        await lake.RowsAsync("CREATE TABLE t.a AS SELECT 1 AS id");

        Assert.Contains("no constraint 'nope'", (await Assert.ThrowsAsync<TableNotUsableException>(() => lake.RowsAsync("ALTER TABLE t.a DROP CONSTRAINT nope"))).Message, StringComparison.Ordinal);
        Assert.Contains("no property 'nope'", (await Assert.ThrowsAsync<TableNotUsableException>(() => lake.RowsAsync("ALTER TABLE t.a UNSET TBLPROPERTIES ('nope')"))).Message, StringComparison.Ordinal);
        Assert.Equal(["0"], await lake.RowsAsync("ALTER TABLE t.a DROP CONSTRAINT IF EXISTS nope"));
        Assert.Equal(["0"], await lake.RowsAsync("ALTER TABLE t.a UNSET TBLPROPERTIES IF EXISTS ('nope')"));
    }

    [Fact]
    public async Task A_folder_in_backticks_is_a_folder_whatever_it_is_called()
    {
        await using var lake = new TestLake();
        string folder = Path.Combine(Environment.CurrentDirectory, "plain" + Guid.NewGuid().ToString("N"));
        Directory.CreateDirectory(folder);
        try
        {
            lake.Connection.Execute($"COPY (SELECT 1 AS id) TO '{folder}/a.parquet'");
            await lake.RowsAsync($"CONVERT TO DELTA parquet.`{Path.GetFileName(folder)}`");
            Assert.Equal(["1|1|1|0"], await lake.RowsAsync($"INSERT INTO delta.`{Path.GetFileName(folder)}` VALUES (2)"));
            Assert.Equal(["2"], await lake.RowsAsync($"SELECT count(*) FROM delta.`{Path.GetFileName(folder)}`"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task An_insert_may_stand_behind_its_common_table_expressions()
    {
        await using var lake = new TestLake();
        await lake.RowsAsync("CREATE TABLE t.a AS SELECT 1 AS id, 'x' AS name");

        await lake.RowsAsync("WITH more AS (SELECT 2 AS id UNION ALL SELECT id + 10 FROM t.a), named(id, name) AS (SELECT id, 'new' FROM more) INSERT INTO t.a SELECT id, name FROM named");
        await lake.RowsAsync("with one as (select 3 as id) insert into t.a (id) select id from one");

        Assert.Equal(["1|x", "2|new", "3|null", "11|new"], await lake.RowsAsync("SELECT * FROM t.a ORDER BY id"));
        Assert.Equal(["4"], await lake.RowsAsync("WITH u AS (SELECT * FROM t.a) SELECT count(*) FROM u"));
        var refused = await Assert.ThrowsAsync<SqlSyntaxException>(() => lake.RowsAsync("WITH gone AS (SELECT 1 AS id) DELETE FROM t.a WHERE id IN (SELECT id FROM gone)"));
        Assert.Contains("not before DELETE", refused.Message, StringComparison.Ordinal);
    }
}
