using Lakehouse.Ingestion.Postgres;
using Lakehouse.Testing;

namespace Lakehouse.Ingestion.Tests.Postgres;

public sealed class ChangeTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    /// <summary>Compresses badly, so that it is stored out of line.</summary>
    private const string Large = "(SELECT string_agg(md5(i::text), '') FROM generate_series(1, 500) i)";

    [Fact]
    public async Task A_large_value_that_did_not_change_is_named()
    {
        await using var ingestion = new Ingestion(await postgres.CreateDatabaseAsync());
        await ingestion.ExecuteAsync($"CREATE TABLE t (id int PRIMARY KEY, n int, big text); INSERT INTO t VALUES (1, 1, {Large})");
        await ingestion.CatchUpAsync();
        await ingestion.ExecuteAsync("UPDATE t SET n = 2");
        await ingestion.ExecuteAsync("UPDATE t SET id = 5");
        await ingestion.CatchUpAsync();

        Assert.Equal(
            ["1|1|16000|∅|r", "1|2|∅|[\"big\"]|u", "1|∅|∅|∅|d", "5|2|∅|[\"big\"]|c"],
            await ingestion.QueryAsync("SELECT id, n, length(big), to_json(_unchanged)::VARCHAR, _op FROM bronze.public_t ORDER BY _lsn, _seq"));
    }

    [Fact]
    public async Task Whole_old_rows_fill_large_values_and_deletes()
    {
        await using var ingestion = new Ingestion(await postgres.CreateDatabaseAsync());
        await ingestion.ExecuteAsync($"CREATE TABLE t (id int PRIMARY KEY, n int, big text); ALTER TABLE t REPLICA IDENTITY FULL; INSERT INTO t VALUES (1, 1, {Large})");
        await ingestion.CatchUpAsync();
        await ingestion.ExecuteAsync("UPDATE t SET n = 2");
        await ingestion.ExecuteAsync("UPDATE t SET id = 7");
        await ingestion.ExecuteAsync("DELETE FROM t");
        await ingestion.CatchUpAsync();

        Assert.Equal(
            ["1|1|16000|∅|r", "1|2|16000|∅|u", "1|2|16000|∅|d", "7|2|16000|∅|c", "7|2|16000|∅|d"],
            await ingestion.QueryAsync("SELECT id, n, length(big), to_json(_unchanged)::VARCHAR, _op FROM bronze.public_t ORDER BY _lsn, _seq"));
    }

    [Fact]
    public async Task Rows_without_a_key_change_as_delete_and_create()
    {
        await using var ingestion = new Ingestion(await postgres.CreateDatabaseAsync());
        await ingestion.ExecuteAsync("CREATE TABLE t (a int, b text); ALTER TABLE t REPLICA IDENTITY FULL; INSERT INTO t VALUES (1, 'x'), (1, 'x')");
        await ingestion.CatchUpAsync();
        await ingestion.ExecuteAsync("UPDATE t SET b = 'y' WHERE ctid = (SELECT min(ctid) FROM t)");
        await ingestion.CatchUpAsync();

        Assert.Equal(["1|x|d", "1|y|c"], await ingestion.QueryAsync("SELECT a, b, _op FROM bronze.public_t WHERE _op <> 'r' ORDER BY _lsn, _seq"));
    }

    [Fact]
    public async Task A_unique_index_may_be_the_identity()
    {
        await using var ingestion = new Ingestion(await postgres.CreateDatabaseAsync());
        await ingestion.ExecuteAsync("CREATE TABLE t (a int NOT NULL, b text); CREATE UNIQUE INDEX u ON t (a); ALTER TABLE t REPLICA IDENTITY USING INDEX u; INSERT INTO t VALUES (1, 'x')");
        await ingestion.CatchUpAsync();
        await ingestion.ExecuteAsync("DELETE FROM t");
        await ingestion.CatchUpAsync();

        Assert.Equal(["1|∅|d"], await ingestion.QueryAsync("SELECT a, b, _op FROM bronze.public_t WHERE _op <> 'r'"));
    }

    [Theory]
    [InlineData("CREATE TABLE t (a int)", "REPLICA IDENTITY FULL")]
    [InlineData("CREATE TABLE t (a int PRIMARY KEY); ALTER TABLE t REPLICA IDENTITY NOTHING", "REPLICA IDENTITY DEFAULT")]
    public async Task Tables_whose_updates_would_fail_are_warned_about(string ddl, string advice)
    {
        await using var ingestion = new Ingestion(await postgres.CreateDatabaseAsync());
        await ingestion.ExecuteAsync(ddl);
        await ingestion.CatchUpAsync();

        Assert.Contains(ingestion.Observer.Warnings, w => w.Contains("public.t") && w.Contains(advice));
    }

    [Fact]
    public async Task A_transaction_larger_than_memory_allows_is_one_commit()
    {
        await using var ingestion = new Ingestion(await postgres.CreateDatabaseAsync());
        ingestion.Options = ingestion.Options with { Batch = new BatchLimits { Rows = 100 } };
        await ingestion.ExecuteAsync("CREATE TABLE t (id int PRIMARY KEY, v text)");
        await ingestion.CatchUpAsync();
        await ingestion.ExecuteAsync("INSERT INTO t SELECT i, 'v' || i FROM generate_series(1, 100000) i");
        await ingestion.CatchUpAsync();

        Assert.Equal(["100000|1|100000|5000050000"], await ingestion.QueryAsync("SELECT count(*), min(_seq), max(_seq), sum(id) FROM bronze.public_t"));
        Assert.Equal(["1"], await ingestion.QueryAsync("SELECT count(*) FROM bronze._commits WHERE rows > 0"));
        Assert.Equal(2, (await ingestion.Lake.Table(new("bronze", "public_t")).SnapshotAsync(cancellationToken: TestContext.Current.CancellationToken)).Version);
    }

    [Fact]
    public async Task Writers_during_the_snapshot_leave_no_gap_and_no_overlap()
    {
        await using var ingestion = new Ingestion(await postgres.CreateDatabaseAsync());
        await ingestion.ExecuteAsync("CREATE TABLE t (id bigserial PRIMARY KEY, v int); INSERT INTO t (v) SELECT i FROM generate_series(1, 20000) i");
        using var stop = new CancellationTokenSource();
        var writers = Enumerable.Range(0, 3).Select(_ => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested) await ingestion.ExecuteAsync("INSERT INTO t (v) VALUES (1), (2)");
        })).ToList();
        await ingestion.CatchUpAsync();
        await ingestion.CatchUpAsync();
        await stop.CancelAsync();
        await Task.WhenAll(writers);
        await ingestion.CatchUpAsync();

        var source = await ingestion.ScalarAsync<string>("SELECT count(*) || '|' || count(*) || '|' || sum(id) FROM t");
        Assert.Equal([source], await ingestion.QueryAsync("SELECT count(*), count(DISTINCT id), sum(id) FROM bronze.public_t"));
        Assert.NotEqual(["0"], await ingestion.QueryAsync("SELECT count(*) FROM bronze.public_t WHERE _op = 'c'"));
    }

    [Fact]
    public async Task A_table_truncated_while_the_snapshot_begins_is_copied_again()
    {
        await using var ingestion = new Ingestion(await postgres.CreateDatabaseAsync());
        await ingestion.ExecuteAsync("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t SELECT generate_series(1, 10); CREATE TABLE other (id int PRIMARY KEY); INSERT INTO other VALUES (1)");
        var truncated = 0;
        await ingestion.CatchUpAsync(ingester => ingester.OnStep = async (step, _) =>
        {
            // The slot's snapshot has ten rows; a copy from here on would find none.
            if (step == Bronze.IngestionStep.SlotCreated && Interlocked.Exchange(ref truncated, 1) == 0) await ingestion.ExecuteAsync("TRUNCATE t; INSERT INTO t VALUES (11)");
        });
        await ingestion.ExecuteAsync("INSERT INTO t VALUES (12)");
        await ingestion.CatchUpAsync();

        Assert.Equal(["11|r", "12|c"], await ingestion.QueryAsync("SELECT id, _op FROM bronze.public_t ORDER BY id"));
        Assert.Equal(["1|r"], await ingestion.QueryAsync("SELECT id, _op FROM bronze.public_other"));
    }

    [Fact]
    public async Task A_source_transaction_is_never_visible_in_part()
    {
        await using var ingestion = new Ingestion(await postgres.CreateDatabaseAsync());
        ingestion.Options = ingestion.Options with { Batch = new BatchLimits { Rows = 50, Age = TimeSpan.FromMilliseconds(10) } };
        await ingestion.ExecuteAsync("CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY)");
        await ingestion.CatchUpAsync();
        for (var i = 0; i < 40; i++) await ingestion.ExecuteAsync($"BEGIN; INSERT INTO a SELECT {i * 10} + x FROM generate_series(1, 9) x; INSERT INTO b SELECT id FROM a WHERE id > {i * 10}; COMMIT");
        await ingestion.CatchUpAsync();

        var commits = await ingestion.QueryAsync("SELECT tables['public_a'], tables['public_b'], to_lsn FROM bronze._commits ORDER BY batch");
        Assert.True(commits.Count > 3);
        foreach (var commit in commits.Select(c => c.Split('|')))
        {
            var versions = new Dictionary<Engine.TableName, long> { [new("bronze", "public_a")] = long.Parse(commit[0]), [new("bronze", "public_b")] = long.Parse(commit[1]) };
            await using var session = ingestion.Lake.OpenSession();
            const string sql = "SELECT count(*) FROM (SELECT id, _txid FROM bronze.public_a EXCEPT SELECT id, _txid FROM bronze.public_b)";
            await session.BindAsync(sql, versions, TestContext.Current.CancellationToken);
            Assert.Equal(0L, await session.Connection.ScalarAsync<long>(sql, TestContext.Current.CancellationToken));
        }
    }

    [Fact]
    public async Task A_table_made_later_gets_its_own_snapshot()
    {
        await using var ingestion = new Ingestion(await postgres.CreateDatabaseAsync());
        await ingestion.ExecuteAsync("CREATE TABLE a (id int PRIMARY KEY); INSERT INTO a VALUES (1)");
        await ingestion.CatchUpAsync();
        await ingestion.ExecuteAsync("CREATE TABLE b (id int PRIMARY KEY); INSERT INTO b VALUES (1), (2); INSERT INTO a VALUES (2)");
        await ingestion.CatchUpAsync();
        await ingestion.ExecuteAsync("INSERT INTO b VALUES (3); INSERT INTO a VALUES (3)");
        await ingestion.CatchUpAsync();

        Assert.Equal(["1|r", "2|r", "3|c"], await ingestion.QueryAsync("SELECT id, _op FROM bronze.public_b ORDER BY id"));
        Assert.Equal(["1|r", "2|c", "3|c"], await ingestion.QueryAsync("SELECT id, _op FROM bronze.public_a ORDER BY id"));
    }

    [Fact]
    public async Task Partitioned_tables_are_one_table()
    {
        await using var ingestion = new Ingestion(await postgres.CreateDatabaseAsync());
        await ingestion.ExecuteAsync("CREATE TABLE t (id int PRIMARY KEY) PARTITION BY RANGE (id); CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (10); CREATE TABLE t2 PARTITION OF t FOR VALUES FROM (10) TO (20); INSERT INTO t VALUES (1), (11)");
        await ingestion.CatchUpAsync();
        await ingestion.ExecuteAsync("INSERT INTO t VALUES (2), (12)");
        await ingestion.CatchUpAsync();

        Assert.Equal(["1|r", "2|c", "11|r", "12|c"], await ingestion.QueryAsync("SELECT id, _op FROM bronze.public_t ORDER BY id"));
        Assert.Equal(["1"], await ingestion.QueryAsync("SELECT count(*) FROM (SELECT unnest(map_keys(tables)) FROM bronze._commits WHERE batch = 1)"));
    }
}
