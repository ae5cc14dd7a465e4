using Lakehouse.Ingestion.Bronze;
using Lakehouse.Testing;

namespace Lakehouse.Ingestion.Tests.Postgres;

/// <summary>Changes that the source did not send while nobody looked are not passed over in silence.</summary>
public sealed class GapTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private const string Unseen = "INSERT INTO t VALUES (1, 'unseen')";

    private async Task<Ingestion> CreateAsync(string publication = "")
    {
        var ingestion = new Ingestion(await postgres.CreateDatabaseAsync());
        ingestion.Options = ingestion.Options with { Tables = ["public.t", "public.other"] };
        await ingestion.ExecuteAsync($"CREATE TABLE t (id int PRIMARY KEY, v text); CREATE TABLE other (id int PRIMARY KEY); {publication}");
        await ingestion.CatchUpAsync();
        return ingestion;
    }

    public static TheoryData<string, string, string> Gaps => new()
    {
        { "", $"ALTER PUBLICATION lakehouse_src DROP TABLE t; {Unseen}; ALTER PUBLICATION lakehouse_src ADD TABLE t", "was taken out of the publication 'lakehouse_src' and put back" },
        { "", "ALTER PUBLICATION lakehouse_src SET TABLE t WHERE (id > 100), other", "sends only rows with (id > 100) of this table, where it sent all before" },
        { "", "ALTER PUBLICATION lakehouse_src SET TABLE t (id), other", "sends only the columns id of this table, where it sent all before" },
        { "", "ALTER PUBLICATION lakehouse_src SET (publish = 'insert, truncate')", "no longer sends every update and delete (run ALTER PUBLICATION \"lakehouse_src\" SET (publish = 'insert, update, delete, truncate'))" },
        { "", $"ALTER PUBLICATION lakehouse_src SET (publish = 'update'); {Unseen}; ALTER PUBLICATION lakehouse_src SET (publish = 'insert, update, delete, truncate')", "the publication 'lakehouse_src' was altered" },
        { "CREATE PUBLICATION lakehouse_src FOR ALL TABLES", $"DROP TABLE t; CREATE TABLE t (id int PRIMARY KEY, v text); {Unseen}", "the source's table is not the one that bronze began with" },
        { "CREATE PUBLICATION lakehouse_src FOR TABLES IN SCHEMA public", $"CREATE SCHEMA away; ALTER TABLE t SET SCHEMA away; INSERT INTO away.t VALUES (1, 'unseen'); ALTER TABLE away.t SET SCHEMA public", "was taken out of the publication 'lakehouse_src' and put back" },
        { "CREATE PUBLICATION lakehouse_src FOR TABLES IN SCHEMA public", $"ALTER PUBLICATION lakehouse_src DROP TABLES IN SCHEMA public; {Unseen}; ALTER PUBLICATION lakehouse_src ADD TABLES IN SCHEMA public", "was taken out of the publication 'lakehouse_src' and put back" },
    };

    [Theory]
    [MemberData(nameof(Gaps))]
    public async Task A_table_that_was_not_sent_whole_between_two_looks_is_refused(string publication, string sql, string cause)
    {
        await using var ingestion = await CreateAsync(publication);
        foreach (var statement in sql.Split(';')) await ingestion.ExecuteAsync(statement);
        var error = await Assert.ThrowsAsync<PublicationException>(() => ingestion.CatchUpAsync());
        Assert.Contains(cause, error.Message);
        Assert.Contains("bronze.public_t", error.Message);
        Assert.Contains("aside", error.Message);
    }

    [Fact]
    public async Task A_table_that_was_not_sent_for_a_while_goes_on_from_a_new_snapshot()
    {
        await using var ingestion = await CreateAsync();
        await ingestion.ExecuteAsync("ALTER PUBLICATION lakehouse_src DROP TABLE t");
        await ingestion.ExecuteAsync(Unseen);
        await ingestion.ExecuteAsync("ALTER PUBLICATION lakehouse_src ADD TABLE t");
        var error = await Assert.ThrowsAsync<PublicationException>(() => ingestion.CatchUpAsync());
        Assert.Contains("Move bronze.public_t aside", error.Message);

        await ingestion.MoveAsideAsync("public_t");
        await ingestion.CatchUpAsync();
        await ingestion.ExecuteAsync("INSERT INTO t VALUES (2, 'seen')");
        await ingestion.CatchUpAsync();
        Assert.Equal(["1|r", "2|c"], await ingestion.QueryAsync("SELECT id, _op FROM bronze.public_t ORDER BY id"));
    }

    [Fact]
    public async Task A_running_ingester_notices_that_a_table_was_taken_out_and_put_back()
    {
        var ct = TestContext.Current.CancellationToken;
        await using var ingestion = await CreateAsync();
        await using var ingester = ingestion.Ingester();
        ingester.LagInterval = TimeSpan.FromMilliseconds(20);
        var running = ingester.RunAsync(ct);
        await ingestion.ExecuteAsync("INSERT INTO t VALUES (0, 'seen')");
        await ingester.WaitForAsync(await ingestion.NowAsync(), ct).WaitAsync(TimeSpan.FromSeconds(60), ct);

        await ingestion.ExecuteAsync($"BEGIN; ALTER PUBLICATION lakehouse_src DROP TABLE t; ALTER PUBLICATION lakehouse_src ADD TABLE t; COMMIT");
        var error = await Assert.ThrowsAsync<PublicationException>(() => running.WaitAsync(TimeSpan.FromSeconds(60), ct));
        Assert.Contains("was taken out of the publication", error.Message);
        Assert.Equal("public.t", error.Table);
    }

    [Fact]
    public async Task Changes_of_a_table_that_was_renamed_away_and_back_are_taken()
    {
        await using var ingestion = await CreateAsync();
        await ingestion.ExecuteAsync("ALTER TABLE t RENAME TO away");
        await ingestion.ExecuteAsync("INSERT INTO away VALUES (1, 'while away')");
        await ingestion.ExecuteAsync("ALTER TABLE away RENAME TO t");
        await ingestion.ExecuteAsync("INSERT INTO t VALUES (2, 'back')");
        await ingestion.CatchUpAsync();
        Assert.Equal(["1|while away", "2|back"], await ingestion.QueryAsync("SELECT id, v FROM bronze.public_t ORDER BY id"));
    }

    [Fact]
    public async Task A_table_that_took_the_name_of_another_is_refused()
    {
        await using var ingestion = await CreateAsync("CREATE PUBLICATION lakehouse_src FOR ALL TABLES");
        await ingestion.ExecuteAsync("CREATE TABLE made (id int PRIMARY KEY, v text)");
        await ingestion.ExecuteAsync("INSERT INTO made VALUES (1, 'under another name')");
        await ingestion.ExecuteAsync("BEGIN; ALTER TABLE t RENAME TO t_old; ALTER TABLE made RENAME TO t; COMMIT");
        var error = await Assert.ThrowsAsync<PublicationException>(() => ingestion.CatchUpAsync());
        Assert.Contains("another table took its name", error.Message);
        Assert.Contains("Move bronze.public_t aside", error.Message);
    }

    [Fact]
    public async Task A_publication_that_was_made_anew_is_refused_and_new_snapshots_go_on()
    {
        await using var ingestion = await CreateAsync();
        await ingestion.ExecuteAsync("DROP PUBLICATION lakehouse_src");
        await ingestion.ExecuteAsync(Unseen);
        await ingestion.ExecuteAsync("CREATE PUBLICATION lakehouse_src FOR TABLE t, other");
        var error = await Assert.ThrowsAsync<PublicationException>(() => ingestion.CatchUpAsync());
        Assert.Contains("the publication 'lakehouse_src' was dropped and made anew", error.Message);
        Assert.Contains("Move bronze.public_other, bronze.public_t aside", error.Message);
        Assert.Contains($"SELECT pg_drop_replication_slot('{ingestion.Options.Slot}')", error.Message);

        await ingestion.MoveAsideAsync("public_t", "public_other");
        await ingestion.ExecuteAsync($"SELECT pg_drop_replication_slot('{ingestion.Options.Slot}')");
        await ingestion.CatchUpAsync();
        await ingestion.ExecuteAsync("INSERT INTO t VALUES (2, 'seen')");
        await ingestion.CatchUpAsync();
        Assert.Equal(["1|r", "2|c"], await ingestion.QueryAsync("SELECT id, _op FROM bronze.public_t ORDER BY id"));
        Assert.Equal(["public_other,public_t"], await ingestion.QueryAsync("SELECT array_to_string(list_sort(map_keys(tables)), ',') FROM bronze._commits ORDER BY batch DESC LIMIT 1"));
    }

    [Fact]
    public async Task A_new_owner_of_the_publication_is_no_gap()
    {
        await using var ingestion = await CreateAsync();
        await ingestion.ExecuteAsync("CREATE ROLE new_owner SUPERUSER");
        await ingestion.ExecuteAsync("ALTER PUBLICATION lakehouse_src OWNER TO new_owner");
        await ingestion.ExecuteAsync("INSERT INTO t VALUES (1, 'seen')");
        await ingestion.CatchUpAsync();
        await ingestion.CatchUpAsync();
        Assert.Equal(["1"], await ingestion.QueryAsync("SELECT id FROM bronze.public_t"));
    }

    [Fact]
    public async Task Changes_from_before_a_tables_snapshot_do_not_stop_it()
    {
        await using var ingestion = await CreateAsync();
        ingestion.Options = ingestion.Options with { Tables = ["public.*"] };
        await ingestion.ExecuteAsync("CREATE TABLE late (id int PRIMARY KEY, v text, dropped text)");
        await ingestion.ExecuteAsync("ALTER PUBLICATION lakehouse_src ADD TABLE late");
        await ingestion.ExecuteAsync("INSERT INTO late VALUES (1, 'one')");
        await ingestion.ExecuteAsync("ALTER TABLE late ALTER v TYPE int USING id, DROP dropped");
        await ingestion.ExecuteAsync("INSERT INTO late VALUES (2, 2)");
        await ingestion.CatchUpAsync();
        await ingestion.ExecuteAsync("INSERT INTO late VALUES (3, 3)");
        await ingestion.CatchUpAsync();

        Assert.Empty(ingestion.Observer.Stopped);
        Assert.Equal(["1|1|r", "2|2|r", "3|3|c"], await ingestion.QueryAsync("SELECT id, v, _op FROM bronze.public_late ORDER BY id"));
        Assert.Equal(["0"], await ingestion.QueryAsync("SELECT count(*) FROM (DESCRIBE SELECT * FROM bronze.public_late) WHERE column_name = 'dropped'"));
    }

    [Theory]
    [InlineData(IngestionStep.Staged, false)]
    [InlineData(IngestionStep.BeforeTableCommit, false)]
    [InlineData(IngestionStep.AfterTableCommit, false)]
    [InlineData(IngestionStep.BeforeTableCommit, true)]
    public async Task What_a_failed_attempt_staged_is_deleted(object step, bool duringSnapshot)
    {
        await using var ingestion = new Ingestion(await postgres.CreateDatabaseAsync());
        await ingestion.ExecuteAsync("CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE u (id int PRIMARY KEY); INSERT INTO t VALUES (1); INSERT INTO u VALUES (1)");
        if (!duringSnapshot)
        {
            await ingestion.CatchUpAsync();
            await ingestion.ExecuteAsync("BEGIN; INSERT INTO t VALUES (2); INSERT INTO u VALUES (2); COMMIT");
        }
        var failed = 0;
        await ingestion.CatchUpAsync(i => i.OnStep = (at, _) =>
            at.Equals(step) && Interlocked.Exchange(ref failed, 1) == 0 ? throw new IOException("once") : Task.CompletedTask);

        Assert.Single(ingestion.Observer.Reconnects);
        Assert.Equal([duringSnapshot ? "1|1" : "2|2"], await ingestion.QueryAsync("SELECT (SELECT count(*) FROM bronze.public_t), (SELECT count(*) FROM bronze.public_u)"));
        Assert.Equal([], (await ingestion.OrphansAsync("public_t")).Concat(await ingestion.OrphansAsync("public_u")));
    }

    [Fact]
    public async Task Two_sources_with_positions_in_one_bronze_table_are_both_refused()
    {
        await using var ingestion = await CreateAsync();
        var table = ingestion.Lake.Table(new Engine.TableName("bronze", "public_t"));
        var transaction = table.Log.Begin(await table.SnapshotAsync(null, TestContext.Current.CancellationToken));
        transaction.SetTransaction("cdc:second", 1);
        await transaction.CommitAsync(new Delta.CommitInfo(), TestContext.Current.CancellationToken);

        var error = await Assert.ThrowsAsync<SourceSetupException>(() => ingestion.CatchUpAsync());
        Assert.Contains("share the bronze table bronze.public_t with another source", error.Message);
    }
}
