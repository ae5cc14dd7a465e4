using Lakehouse.Ingestion.Bronze;
using Lakehouse.Ingestion.Postgres;
using Lakehouse.Testing;

namespace Lakehouse.Ingestion.Tests.Postgres;

public sealed class SchemaChangeTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    [Fact]
    public async Task An_added_column_joins_the_table()
    {
        await using var ingestion = new Ingestion(await postgres.CreateDatabaseAsync());
        await ingestion.ExecuteAsync("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)");
        await ingestion.CatchUpAsync();
        await ingestion.ExecuteAsync("INSERT INTO t VALUES (2); ALTER TABLE t ADD COLUMN v text DEFAULT 'd'; INSERT INTO t VALUES (3, 'x')");
        await ingestion.CatchUpAsync();

        Assert.Equal(["1|∅", "2|∅", "3|x"], await ingestion.QueryAsync("SELECT id, v FROM bronze.public_t ORDER BY id"));
    }

    [Fact]
    public async Task Columns_widen_with_the_source()
    {
        await using var ingestion = new Ingestion(await postgres.CreateDatabaseAsync());
        await ingestion.ExecuteAsync("CREATE TABLE t (id int PRIMARY KEY, i int, n numeric(6,2), s varchar(5), f real); INSERT INTO t VALUES (1, 1, 1.5, 'a', 1.5)");
        await ingestion.CatchUpAsync();
        await ingestion.ExecuteAsync("BEGIN; INSERT INTO t VALUES (2, 2, 2.5, 'b', 2.5); ALTER TABLE t ALTER i TYPE bigint, ALTER n TYPE numeric(12,4), ALTER s TYPE text, ALTER f TYPE double precision; INSERT INTO t VALUES (3, 3000000000, 12345678.1234, 'longer than five', 0.1); COMMIT");
        await ingestion.CatchUpAsync();

        Assert.Equal(
            ["1|1|1.5000|a|1.5|BIGINT", "2|2|2.5000|b|2.5|BIGINT", "3|3000000000|12345678.1234|longer than five|0.1|BIGINT"],
            await ingestion.QueryAsync("SELECT id, i, n::VARCHAR, s, f, typeof(i) FROM bronze.public_t ORDER BY id"));
        Assert.Empty(ingestion.Observer.Stopped);
    }

    [Fact]
    public async Task A_dropped_column_stays_and_is_null_from_then_on()
    {
        await using var ingestion = new Ingestion(await postgres.CreateDatabaseAsync());
        await ingestion.ExecuteAsync("CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'a')");
        await ingestion.CatchUpAsync();
        await ingestion.ExecuteAsync("ALTER TABLE t DROP COLUMN v; INSERT INTO t VALUES (2); ALTER TABLE t ADD COLUMN v text; INSERT INTO t VALUES (3, 'c')");
        await ingestion.CatchUpAsync();

        Assert.Equal(["1|a", "2|∅", "3|c"], await ingestion.QueryAsync("SELECT id, v FROM bronze.public_t ORDER BY id"));
    }

    [Fact]
    public async Task A_narrowed_column_keeps_bronzes_wider_type()
    {
        await using var ingestion = new Ingestion(await postgres.CreateDatabaseAsync());
        await ingestion.ExecuteAsync("CREATE TABLE t (id bigint PRIMARY KEY, v text); INSERT INTO t VALUES (1, '1')");
        await ingestion.CatchUpAsync();
        await ingestion.ExecuteAsync("ALTER TABLE t ALTER id TYPE int, ALTER v TYPE int USING v::int; INSERT INTO t VALUES (2, 2)");
        await ingestion.CatchUpAsync();

        Assert.Equal(["1|1|BIGINT|VARCHAR", "2|2|BIGINT|VARCHAR"], await ingestion.QueryAsync("SELECT id, v, typeof(id), typeof(v) FROM bronze.public_t ORDER BY id"));
    }

    [Fact]
    public async Task An_incompatible_change_stops_that_table_alone_and_loses_nothing()
    {
        await using var ingestion = new Ingestion(await postgres.CreateDatabaseAsync());
        await ingestion.ExecuteAsync("CREATE TABLE t (id int PRIMARY KEY, v int); CREATE TABLE other (id int PRIMARY KEY); INSERT INTO t VALUES (1, 1)");
        await ingestion.CatchUpAsync();
        await ingestion.ExecuteAsync("BEGIN; INSERT INTO t VALUES (2, 2); ALTER TABLE t ALTER v TYPE text USING 'x' || v; INSERT INTO t VALUES (3, 'three'); INSERT INTO other VALUES (1); COMMIT; UPDATE t SET v = 'new' WHERE id = 2");
        await ingestion.CatchUpAsync();

        var stopped = Assert.Single(ingestion.Observer.Stopped);
        Assert.Equal("public.t", stopped.Table);
        Assert.Contains("'v' became VARCHAR, which does not fit bronze's INTEGER", stopped.Reason);
        Assert.Equal(["1|1|r", "2|2|c"], await ingestion.QueryAsync("SELECT id, v, _op FROM bronze.public_t ORDER BY _lsn, _seq"));
        Assert.Equal(["1"], await ingestion.QueryAsync("SELECT count(*) FROM bronze.public_other"));
        Assert.Equal(
            ["public.t|c|3|three", "public.t|u|2|new"],
            await ingestion.QueryAsync("SELECT source_table, _op, \"row\"['id'], \"row\"['v'] FROM bronze._stopped ORDER BY _lsn, _seq"));

        // Still stopped after a restart, even when the source goes back.
        await ingestion.ReopenAsync();
        await ingestion.ExecuteAsync("DELETE FROM t WHERE v LIKE '%e%'; ALTER TABLE t ALTER v TYPE int USING 0; INSERT INTO t VALUES (4, 4)");
        var failed = false;
        await ingestion.CatchUpAsync(i => i.OnStep = (step, _) =>
        {
            if (failed || step != IngestionStep.BeforeLedger) return Task.CompletedTask;
            failed = true;
            throw new IOException("once");
        });
        // Told of once more, although the session began twice.
        Assert.Single(ingestion.Observer.Reconnects);
        Assert.Equal([stopped, stopped], ingestion.Observer.Stopped);
        Assert.Equal(["4|4"], await ingestion.QueryAsync("SELECT \"row\"['id'], \"row\"['v'] FROM bronze._stopped WHERE _op = 'c' ORDER BY _lsn DESC, _seq DESC LIMIT 1"));

        // Moved aside, the table gets a new snapshot and goes on.
        await ingestion.Lake.DisposeAsync();
        Directory.Move(Path.Combine(ingestion.Folder, "bronze", "public_t"), Path.Combine(ingestion.Folder, "bronze", "public_t_before"));
        await ingestion.ReopenAsync();
        await ingestion.CatchUpAsync();
        await ingestion.ExecuteAsync("INSERT INTO t VALUES (5, 5)");
        await ingestion.CatchUpAsync();
        Assert.Equal(["1|0|r", "4|4|r", "5|5|c"], await ingestion.QueryAsync("SELECT id, v, _op FROM bronze.public_t ORDER BY id"));
    }

    [Fact]
    public async Task A_table_that_stops_in_a_batch_with_others_stopped_before_keeps_its_last_rows_through_a_failure()
    {
        await using var ingestion = new Ingestion(await postgres.CreateDatabaseAsync());
        // Every change is a part of its own, so that rows of the table that stopped before are staged first.
        ingestion.Options = ingestion.Options with { Batch = new BatchLimits { Bytes = 1, Age = TimeSpan.FromMilliseconds(50) } };
        await ingestion.ExecuteAsync("CREATE TABLE before (id int PRIMARY KEY, v int); CREATE TABLE t (id int PRIMARY KEY, v int)");
        await ingestion.CatchUpAsync();
        await ingestion.ExecuteAsync("ALTER TABLE before ALTER v TYPE text; INSERT INTO before VALUES (1, 'x')");
        await ingestion.CatchUpAsync();
        await ingestion.ExecuteAsync("BEGIN; INSERT INTO before VALUES (2, 'y'); INSERT INTO t VALUES (1, 1); ALTER TABLE t ALTER v TYPE text; INSERT INTO t VALUES (2, 'two'); COMMIT");
        var failed = false;
        await ingestion.CatchUpAsync(i => i.OnStep = (step, _) =>
        {
            if (failed || step != IngestionStep.AfterTableCommit) return Task.CompletedTask;
            failed = true;
            throw new IOException("once");
        });

        Assert.Single(ingestion.Observer.Reconnects);
        Assert.Equal(["1|1"], await ingestion.QueryAsync("SELECT id, v FROM bronze.public_t"));
        Assert.Equal(
            ["public.before|x", "public.before|y", "public.t|two"],
            await ingestion.QueryAsync("SELECT source_table, \"row\"['v'] FROM bronze._stopped ORDER BY _lsn, _seq"));
    }
}
