using Lakehouse.Ingestion.Postgres;
using Lakehouse.Testing;
using Npgsql;

namespace Lakehouse.Ingestion.Tests.Postgres;

/// <summary>What cannot work says so at once, names what it is about, and tells what to do.</summary>
public sealed class SourceErrorTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private const string Ddl = "CREATE TABLE t (id int PRIMARY KEY, v text); CREATE TABLE other (id int PRIMARY KEY)";

    private async Task<Ingestion> CreateAsync(string ddl = Ddl)
    {
        var ingestion = new Ingestion(await postgres.CreateDatabaseAsync());
        await ingestion.ExecuteAsync(ddl);
        return ingestion;
    }

    [Fact]
    public async Task A_wrong_password_is_not_tried_again()
    {
        await using var ingestion = await CreateAsync();
        await ingestion.ExecuteAsync("DROP ROLE IF EXISTS wrong_password; CREATE ROLE wrong_password LOGIN REPLICATION PASSWORD 'right'");
        ingestion.Options = ingestion.Options with
        {
            ConnectionString = new NpgsqlConnectionStringBuilder(ingestion.ConnectionString) { Username = "wrong_password", Password = "wrong" }.ConnectionString,
        };
        var error = await Assert.ThrowsAsync<SourceConnectionException>(() => ingestion.CatchUpAsync());

        Assert.Contains("source 'src'", error.Message);
        Assert.Contains("check user, password and database", error.Message);
        Assert.DoesNotContain("wrong;", error.Message);
        Assert.Empty(ingestion.Observer.Reconnects);
    }

    [Fact]
    public async Task A_role_without_replication_is_told_what_it_lacks()
    {
        await using var ingestion = await CreateAsync();
        await ingestion.ExecuteAsync("DROP ROLE IF EXISTS plain_reader; CREATE ROLE plain_reader LOGIN PASSWORD 'p'");
        await ingestion.ExecuteAsync("CREATE PUBLICATION lakehouse_src FOR TABLE t, other");
        ingestion.Options = ingestion.Options with
        {
            ConnectionString = new NpgsqlConnectionStringBuilder(ingestion.ConnectionString) { Username = "plain_reader", Password = "p" }.ConnectionString,
            ManagePublication = false,
        };
        var error = await Assert.ThrowsAsync<SourceSetupException>(() => ingestion.CatchUpAsync());
        Assert.Contains("ALTER ROLE \"plain_reader\" REPLICATION", error.Message);
    }

    [Fact]
    public async Task A_table_that_is_not_there_is_named_with_those_that_are()
    {
        await using var ingestion = await CreateAsync();
        ingestion.Options = ingestion.Options with { Tables = ["public.t", "public.orders"] };
        var error = await Assert.ThrowsAsync<SourceTableNotFoundException>(() => ingestion.CatchUpAsync());
        Assert.Contains("'tables' names public.orders", error.Message);
        Assert.Contains("public.other, public.t", error.Message);
    }

    [Fact]
    public async Task A_key_column_that_is_not_there_is_named()
    {
        await using var ingestion = await CreateAsync();
        ingestion.Options = ingestion.Options with { Keys = new Dictionary<string, IReadOnlyList<string>> { ["public.t"] = ["nr"] } };
        var error = await Assert.ThrowsAsync<SourceSetupException>(() => ingestion.CatchUpAsync());
        Assert.Contains("key column 'nr'", error.Message);
        Assert.Equal("public.t", error.Table);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_slot_that_was_lost_stops_the_source_before_anything_is_skipped(bool isMadeAnew)
    {
        await using var ingestion = await CreateAsync();
        await ingestion.CatchUpAsync();
        await ingestion.ExecuteAsync($"SELECT pg_drop_replication_slot('{ingestion.Options.Slot}'); INSERT INTO t VALUES (1, 'lost')");
        if (isMadeAnew) await ingestion.ExecuteAsync($"SELECT pg_create_logical_replication_slot('{ingestion.Options.Slot}', 'pgoutput')");
        await ingestion.ExecuteAsync("INSERT INTO t VALUES (2, 'later')");

        var error = await Assert.ThrowsAsync<SlotLostException>(() => ingestion.CatchUpAsync());
        Assert.Contains(isMadeAnew ? "made anew or advanced" : "is gone", error.Message);
        Assert.Contains("move the source's tables out of bronze", error.Message);
        Assert.Equal(["0"], await ingestion.QueryAsync("SELECT count(*) FROM bronze.public_t"));
    }

    [Fact]
    public async Task A_slot_of_another_plugin_is_refused()
    {
        await using var ingestion = await CreateAsync();
        await ingestion.ExecuteAsync($"SELECT pg_create_logical_replication_slot('{ingestion.Options.Slot}', 'test_decoding')");
        var error = await Assert.ThrowsAsync<SourceSetupException>(() => ingestion.CatchUpAsync());
        Assert.Contains("'test_decoding'", error.Message);
    }

    [Fact]
    public async Task A_publication_without_the_table_comes_with_the_SQL_to_run()
    {
        await using var ingestion = await CreateAsync();
        await ingestion.ExecuteAsync("CREATE PUBLICATION mine FOR TABLE other");
        ingestion.Options = ingestion.Options with { Publication = "mine", ManagePublication = false };
        var error = await Assert.ThrowsAsync<PublicationException>(() => ingestion.CatchUpAsync());
        Assert.Contains("ALTER PUBLICATION \"mine\" ADD TABLE \"public\".\"t\"", error.Message);

        await ingestion.ExecuteAsync("ALTER PUBLICATION \"mine\" ADD TABLE \"public\".\"t\"; INSERT INTO t VALUES (1, 'x')");
        await ingestion.CatchUpAsync();
        Assert.Equal(["1"], await ingestion.QueryAsync("SELECT count(*) FROM bronze.public_t"));
    }

    [Fact]
    public async Task A_publication_of_inserts_alone_is_refused()
    {
        await using var ingestion = await CreateAsync();
        await ingestion.ExecuteAsync("CREATE PUBLICATION lakehouse_src FOR TABLE t, other WITH (publish = 'insert')");
        var error = await Assert.ThrowsAsync<PublicationException>(() => ingestion.CatchUpAsync());
        Assert.Contains("SET (publish = 'insert, update, delete, truncate')", error.Message);
    }

    [Fact]
    public async Task A_table_that_left_the_publication_for_a_while_is_not_taken_back_with_a_gap()
    {
        await using var ingestion = await CreateAsync();
        await ingestion.CatchUpAsync();
        await ingestion.ExecuteAsync("ALTER PUBLICATION lakehouse_src DROP TABLE t; INSERT INTO t VALUES (1, 'unseen')");
        var error = await Assert.ThrowsAsync<PublicationException>(() => ingestion.CatchUpAsync());
        Assert.Contains("no longer sends this table", error.Message);
        Assert.Equal("public.t", error.Table);
    }

    [Fact]
    public async Task Two_sources_do_not_share_a_bronze_table()
    {
        await using var ingestion = await CreateAsync();
        await ingestion.CatchUpAsync();
        var first = ingestion.Options;
        ingestion.Options = first with { Name = "second", Slot = $"slot_{Guid.NewGuid():N}" };
        var error = await Assert.ThrowsAsync<SourceSetupException>(() => ingestion.CatchUpAsync());
        Assert.Contains("share the bronze table bronze.public_", error.Message);
        Assert.Equal(0L, await ingestion.ScalarAsync<long>($"SELECT count(*) FROM pg_replication_slots WHERE slot_name = '{ingestion.Options.Slot}'"));

        ingestion.Options = first;
        await ingestion.CatchUpAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_table_that_was_excluded_for_a_while_is_not_taken_back_with_a_gap(bool isRead)
    {
        await using var ingestion = await CreateAsync();
        await ingestion.CatchUpAsync();
        var all = ingestion.Options;
        ingestion.Options = all with { Exclude = ["public.t"] };
        await ingestion.ExecuteAsync("INSERT INTO t VALUES (1, 'unseen')");
        if (isRead)
        {
            await ingestion.ExecuteAsync("INSERT INTO other VALUES (1)");
            await ingestion.CatchUpAsync();
            Assert.Equal(["public_other"], await ingestion.QueryAsync("SELECT unnest(map_keys(tables)) FROM bronze._commits WHERE batch = (SELECT max(batch) FROM bronze._commits)"));
        }
        ingestion.Options = all;
        if (isRead)
        {
            var error = await Assert.ThrowsAsync<PublicationException>(() => ingestion.CatchUpAsync());
            Assert.Contains("read on without this table", error.Message);
            Assert.Contains("Move bronze.public_t aside", error.Message);
            Assert.Equal("public.t", error.Table);
            await ingestion.Lake.DisposeAsync();
            Directory.Move(Path.Combine(ingestion.Folder, "bronze", "public_t"), Path.Combine(ingestion.Folder, "bronze", "public_t_before"));
            await ingestion.ReopenAsync();
        }
        await ingestion.CatchUpAsync();
        await ingestion.ExecuteAsync("INSERT INTO t VALUES (2, 'seen')");
        await ingestion.CatchUpAsync();
        Assert.Equal([isRead ? "1|r" : "1|c", "2|c"], await ingestion.QueryAsync("SELECT id, _op FROM bronze.public_t ORDER BY id"));
    }

    [Fact]
    public async Task A_table_that_left_a_publication_that_others_keep_is_told_of_the_gap_rather_than_the_SQL_to_run()
    {
        await using var ingestion = await CreateAsync();
        await ingestion.CatchUpAsync();
        ingestion.Options = ingestion.Options with { ManagePublication = false };
        await ingestion.ExecuteAsync("ALTER PUBLICATION lakehouse_src DROP TABLE t; INSERT INTO t VALUES (1, 'unseen')");
        var error = await Assert.ThrowsAsync<PublicationException>(() => ingestion.CatchUpAsync());
        Assert.Contains("no longer sends this table", error.Message);
        Assert.Contains("Move bronze.public_t aside", error.Message);
    }

    [Fact]
    public async Task A_second_ingester_of_a_slot_gives_up_and_harms_nothing()
    {
        var ct = TestContext.Current.CancellationToken;
        await using var ingestion = await CreateAsync();
        ingestion.Options = ingestion.Options with { SlotInUseGrace = TimeSpan.FromMilliseconds(300) };
        await using var first = ingestion.Ingester();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var running = first.RunAsync(stop.Token);
        await ingestion.ExecuteAsync("INSERT INTO t VALUES (1, 'x')");
        await first.WaitForAsync(await ingestion.NowAsync(), ct).WaitAsync(TimeSpan.FromSeconds(60), ct);

        var error = await Assert.ThrowsAsync<SlotInUseException>(() => ingestion.CatchUpAsync());
        Assert.Contains(ingestion.Options.Slot!, error.Message);

        await ingestion.ExecuteAsync("INSERT INTO t VALUES (2, 'y')");
        await first.WaitForAsync(await ingestion.NowAsync(), ct).WaitAsync(TimeSpan.FromSeconds(60), ct);
        await stop.CancelAsync();
        await running;
        Assert.Equal(["1", "2"], await ingestion.QueryAsync("SELECT id FROM bronze.public_t ORDER BY id"));
    }

    [Fact]
    public async Task Two_ingesters_that_start_together_take_one_snapshot()
    {
        var ct = TestContext.Current.CancellationToken;
        await using var ingestion = await CreateAsync();
        await ingestion.ExecuteAsync("INSERT INTO t SELECT i, 'v' FROM generate_series(1, 5000) i");
        ingestion.Options = ingestion.Options with { SlotInUseGrace = TimeSpan.FromSeconds(60) };
        await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Task.Run(() => ingestion.CatchUpAsync(), ct)));
        Assert.Equal(["5000|5000"], await ingestion.QueryAsync("SELECT count(*), count(DISTINCT id) FROM bronze.public_t"));
    }

    [Fact]
    public async Task Cancelling_ends_the_run_and_leaves_the_slot_free()
    {
        var ct = TestContext.Current.CancellationToken;
        await using var ingestion = await CreateAsync();
        await using var ingester = ingestion.Ingester();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var running = ingester.RunAsync(stop.Token);
        await ingester.WaitForAsync(await ingestion.NowAsync(), ct).WaitAsync(TimeSpan.FromSeconds(60), ct);
        await stop.CancelAsync();
        await running.WaitAsync(TimeSpan.FromSeconds(30), ct);

        ingestion.Options = ingestion.Options with { SlotInUseGrace = TimeSpan.FromSeconds(30) };
        await ingestion.ExecuteAsync("INSERT INTO t VALUES (1, 'x')");
        await ingestion.CatchUpAsync();
        Assert.Equal(["1"], await ingestion.QueryAsync("SELECT count(*) FROM bronze.public_t"));
    }

    [Fact]
    public async Task A_slot_further_behind_than_the_hard_limit_is_dropped_to_save_the_sources_disk()
    {
        await using var ingestion = await CreateAsync();
        await ingestion.CatchUpAsync();
        await ingestion.ExecuteAsync("INSERT INTO t SELECT i, repeat('x', 1000) FROM generate_series(1, 3000) i");
        ingestion.Options = ingestion.Options with { MaxLagBytes = 1 << 20, Batch = new BatchLimits { Rows = int.MaxValue, Bytes = long.MaxValue, Age = TimeSpan.FromHours(1) } };
        var error = await Assert.ThrowsAsync<LagLimitException>(() => ingestion.CatchUpAsync());
        Assert.Contains("more than max_lag (1 MB)", error.Message);
        Assert.Equal(0L, await ingestion.ScalarAsync<long>($"SELECT count(*) FROM pg_replication_slots WHERE slot_name = '{ingestion.Options.Slot}'"));
    }
}
