using Lakehouse.Testing;

namespace Lakehouse.Ingestion.Tests.Postgres;

public sealed class SnapshotAndStreamTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    [Fact]
    public async Task A_snapshot_and_then_every_change_in_order()
    {
        await using var ingestion = new Ingestion(await postgres.CreateDatabaseAsync());
        await ingestion.ExecuteAsync("CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'a'), (2, 'b')");
        await ingestion.CatchUpAsync();
        await ingestion.ExecuteAsync("INSERT INTO t VALUES (3, 'c'); UPDATE t SET v = 'bb' WHERE id = 2; DELETE FROM t WHERE id = 1");
        await ingestion.ExecuteAsync("UPDATE t SET id = 30 WHERE id = 3");
        await ingestion.ExecuteAsync("TRUNCATE t");
        await ingestion.CatchUpAsync();

        Assert.Equal(
            ["1|a|r|0", "2|b|r|0", "3|c|c|1", "2|bb|u|2", "1|∅|d|3", "3|∅|d|1", "30|c|c|2", "∅|∅|t|1"],
            await ingestion.QueryAsync("SELECT id, v, _op, _seq FROM bronze.public_t ORDER BY _lsn, _seq, id"));
    }

    [Fact]
    public async Task Every_batch_has_a_row_with_the_versions_of_all_tables()
    {
        await using var ingestion = new Ingestion(await postgres.CreateDatabaseAsync());
        await ingestion.ExecuteAsync("CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY)");
        await ingestion.CatchUpAsync();
        await ingestion.ExecuteAsync("BEGIN; INSERT INTO a VALUES (1); INSERT INTO b VALUES (1); COMMIT");
        await ingestion.CatchUpAsync();

        Assert.Equal(
            ["1|0|0", "2|2|1"],
            await ingestion.QueryAsync("SELECT batch, rows, tables['public_a'] - lag(tables['public_a'], 1, tables['public_a']) OVER (ORDER BY batch) FROM bronze._commits ORDER BY batch"));
        Assert.Equal(["0"], await ingestion.QueryAsync("SELECT count(*) FROM bronze._commits x JOIN bronze._commits y ON y.batch = x.batch + 1 WHERE y.from_lsn <> x.to_lsn"));
    }
}
