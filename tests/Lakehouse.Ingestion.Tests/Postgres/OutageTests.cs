using System.Diagnostics;
using Lakehouse.Delta;
using Lakehouse.EmbeddedPostgres;
using Lakehouse.Engine;
using Lakehouse.Ingestion.Bronze;
using Lakehouse.Ingestion.Postgres;
using Lakehouse.Testing;

namespace Lakehouse.Ingestion.Tests.Postgres;

/// <summary>What passes is waited out: nothing is lost, nothing comes twice, and the observer hears of it.</summary>
public sealed class OutageTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    [Fact]
    public async Task A_killed_PostgreSQL_is_waited_for()
    {
        var ct = TestContext.Current.CancellationToken;
        Assert.SkipUnless(PostgresServer.IsAvailable, "This build ships no PostgreSQL for this platform.");
        await using var server = await PostgresServer.StartAsync(cancellationToken: ct);
        await using var ingestion = new Ingestion(server.ConnectionString);
        await ingestion.ExecuteAsync("CREATE TABLE t (id int PRIMARY KEY)");
        await using var ingester = ingestion.Ingester();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var running = ingester.RunAsync(stop.Token);
        for (var kill = 0; kill < 3; kill++)
        {
            await ingestion.ExecuteAsync($"INSERT INTO t SELECT {kill * 100} + i FROM generate_series(1, 100) i");
            if (kill == 1) await ingester.WaitForAsync(await ingestion.NowAsync(), ct).WaitAsync(TimeSpan.FromSeconds(60), ct);
            await server.KillAsync();
            await server.RestartAsync(ct);
            ingestion.Source.Clear();   // the test's own connections are gone as well
        }
        await ingestion.ExecuteAsync("INSERT INTO t VALUES (1000)");
        await ingester.WaitForAsync(await ingestion.NowAsync(), ct).WaitAsync(TimeSpan.FromSeconds(60), ct);
        await stop.CancelAsync();
        await running;

        Assert.Equal(["301|301"], await ingestion.QueryAsync("SELECT count(*), count(DISTINCT id) FROM bronze.public_t"));
        Assert.NotEmpty(ingestion.Observer.Reconnects);
    }

    [Fact]
    public async Task A_cut_connection_is_made_again()
    {
        var ct = TestContext.Current.CancellationToken;
        await using var ingestion = new Ingestion(await postgres.CreateDatabaseAsync());
        await ingestion.ExecuteAsync("CREATE TABLE t (id int PRIMARY KEY)");
        await using var ingester = ingestion.Ingester();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var running = ingester.RunAsync(stop.Token);
        await ingester.WaitForAsync(await ingestion.NowAsync(), ct).WaitAsync(TimeSpan.FromSeconds(60), ct);
        for (var i = 0; i < 5; i++)
        {
            await ingestion.ExecuteAsync($"INSERT INTO t VALUES ({i}); SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = '{ingestion.Options.Slot}' AND active");
            await ingester.WaitForAsync(await ingestion.NowAsync(), ct).WaitAsync(TimeSpan.FromSeconds(60), ct);
        }
        await stop.CancelAsync();
        await running;

        Assert.Equal(["5|5"], await ingestion.QueryAsync("SELECT count(*), count(DISTINCT id) FROM bronze.public_t"));
        Assert.All(ingestion.Observer.Reconnects, e => Assert.True(((IngestionException)e).IsTransient));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_commit_of_which_nobody_knows_whether_it_took_place_is_settled_by_reading_again(bool tookPlace)
    {
        await using var ingestion = new Ingestion(await postgres.CreateDatabaseAsync());
        await ingestion.ExecuteAsync("CREATE TABLE t (id int PRIMARY KEY)");
        await ingestion.CatchUpAsync();
        await ingestion.ExecuteAsync("INSERT INTO t VALUES (1), (2)");
        var failed = false;
        await ingestion.CatchUpAsync(i => i.OnStep = (step, table) =>
        {
            if (failed || step != (tookPlace ? IngestionStep.AfterTableCommit : IngestionStep.BeforeTableCommit)) return Task.CompletedTask;
            failed = true;
            throw new CommitOutcomeUnknownException(table!, 2, "txn", new IOException("the store did not answer"));
        });

        Assert.Equal(["1", "2"], await ingestion.QueryAsync("SELECT id FROM bronze.public_t ORDER BY id"));
        Assert.Contains("unknown whether", Assert.IsType<LakeWriteException>(Assert.Single(ingestion.Observer.Reconnects)).Message);
    }

    [Fact]
    public async Task A_full_disk_is_waited_out()
    {
        var ct = TestContext.Current.CancellationToken;
        var folder = Directory.CreateTempSubdirectory("lakehouse-full-").FullName;
        Assert.SkipUnless(await MountAsync("-t", "tmpfs", "-o", "size=2m", "tmpfs", folder), "A small file system needs Linux and root: sudo dotnet test.");
        try
        {
            await using var ingestion = new Ingestion(await postgres.CreateDatabaseAsync());
            await ingestion.ExecuteAsync("CREATE TABLE t (id int PRIMARY KEY, v text)");
            await using (var lake = Lake.Open(folder))
            {
                await using var ingester = new PostgresIngester(lake, ingestion.Options, ingestion.Observer);
                using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
                var running = ingester.RunAsync(stop.Token);
                await ingester.WaitForAsync(await ingestion.NowAsync(), ct).WaitAsync(TimeSpan.FromSeconds(60), ct);
                await ingestion.ExecuteAsync("INSERT INTO t SELECT i, md5(random()::text) || md5(random()::text) || md5(random()::text) || md5(random()::text) FROM generate_series(1, 20000) i");
                using (var limit = CancellationTokenSource.CreateLinkedTokenSource(ct))
                {
                    limit.CancelAfter(TimeSpan.FromSeconds(60));
                    while (ingestion.Observer.ReconnectCount == 0) await Task.Delay(20, limit.Token);
                }
                Assert.True(await MountAsync("-o", "remount,size=200m", folder));
                await ingester.WaitForAsync(await ingestion.NowAsync(), ct).WaitAsync(TimeSpan.FromSeconds(60), ct);
                await stop.CancelAsync();
                await running;

                Assert.Contains("No space left", Assert.IsType<LakeWriteException>(ingestion.Observer.Reconnects[0]).Message);
                await using var session = lake.OpenSession();
                const string Count = "SELECT count(DISTINCT id) FROM bronze.public_t";
                await session.BindAsync(Count, cancellationToken: ct);
                Assert.Equal(20000L, await session.Connection.ScalarAsync<long>(Count, ct));
            }
        }
        finally
        {
            await RunAsync("umount", folder);
            Directory.Delete(folder, recursive: true);
        }
    }

    private static Task<bool> MountAsync(params string[] arguments) =>
        OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess ? RunAsync("mount", arguments) : Task.FromResult(false);

    private static async Task<bool> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        await process.WaitForExitAsync(CancellationToken.None);
        return process.ExitCode == 0;
    }
}
