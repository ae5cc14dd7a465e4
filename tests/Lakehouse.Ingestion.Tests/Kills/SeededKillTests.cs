using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Lakehouse.Ingestion.Postgres;
using Lakehouse.Testing;

namespace Lakehouse.Ingestion.Tests.Kills;

/// <summary>
/// Ingesters killed at random points while the source is written to, and started again, until they have everything:
/// bronze then equals the source's history exactly. Most are killed at a step inside this process; every tenth seed runs
/// processes of its own, which die as by kill -9.
/// </summary>
/// <remarks>
/// To replay seeds: <c>LAKEHOUSE_KILL_SEEDS=17,42 dotnet test --filter SeededKillTests</c>. Histories and kills follow
/// from the seed; how far the writer is at a kill does not.
/// </remarks>
public sealed class SeededKillTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private const int Seeds = 200;
    private const int TransactionsPerRound = 25;
    private const int AtOnce = 4;
    private static readonly string? Given = Environment.GetEnvironmentVariable("LAKEHOUSE_KILL_SEEDS");
    private static readonly TimeSpan SeedLimit = TimeSpan.FromMinutes(1);

    private static bool IsReplay => !string.IsNullOrEmpty(Given);

    [Fact]
    public async Task Bronze_equals_the_sources_history_after_200_seeded_kills()
    {
        var ct = TestContext.Current.CancellationToken;
        var seeds = !IsReplay
            ? Enumerable.Range(1, Seeds).ToList()
            : [.. Given!.Split(',').Select(s => int.Parse(s, CultureInfo.InvariantCulture))];
        await postgres.ServerAsync();
        var faults = new ConcurrentBag<string>();
        var kills = 0;
        await Parallel.ForEachAsync(seeds, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = ct }, async (seed, _) =>
        {
            var killed = new List<Kill>();
            try
            {
                using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
                limit.CancelAfter(SeedLimit);
                if (await RunAsync(seed, killed, limit.Token) is { } fault) faults.Add($"seed {seed}: {fault} (killed {string.Join(", then ", killed)})");
            }
            catch (Exception e) when (!ct.IsCancellationRequested)
            {
                faults.Add($"seed {seed} (killed {string.Join(", then ", killed)}): {e}");
            }
            Interlocked.Add(ref kills, killed.Count);
            TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}: killed {string.Join(", then ", killed)}");
        });
        TestContext.Current.TestOutputHelper?.WriteLine($"{seeds.Count} seeds, {kills} kills");
        Assert.True(faults.IsEmpty, $"{faults.Count} of {seeds.Count} seeds failed; replay one with LAKEHOUSE_KILL_SEEDS=SEED.\n{string.Join("\n", faults.Take(5))}");
        Assert.True(kills >= seeds.Count, $"only {kills} kills took place");
    }

    private async Task<string?> RunAsync(int seed, List<Kill> killed, CancellationToken ct)
    {
        var random = new Random(seed);
        await using var ingestion = new Postgres.Ingestion(await postgres.CreateDatabaseAsync());
        ingestion.Options = ingestion.Options with
        {
            Batch = new BatchLimits { Rows = random.Next(1, 40), Age = TimeSpan.FromMilliseconds(random.Next(1, 20)) },
            SlotInUseGrace = TimeSpan.FromSeconds(30),
            IdleConfirmBytes = random.Next(2) == 0 ? 1000 : 16 << 20,
        };
        await ingestion.ExecuteAsync(SourceHistory.Ddl);
        var history = new SourceHistory(ingestion.Source, seed);
        for (var i = 0; i < 10; i++) await history.WriteAsync(ct);

        // Each ingester runs against a writer of its own, so that it has something to do until it is killed.
        var isProcess = seed % 10 == 0;
        var rounds = random.Next(1, 4);
        for (var round = 0; round < rounds || killed.Count == 0; round++)
        {
            var kill = Kill.Draw(random, isProcess);
            var writing = Task.Run(async () =>
            {
                for (var i = 0; i < TransactionsPerRound; i++) await history.WriteAsync(ct);
            }, ct);
            var wasKilled = isProcess ? await RunProcessAsync(ingestion, kill, writing, ct) : await RunHereAsync(ingestion, kill, writing, ct);
            await writing;
            if (!wasKilled) continue;   // a step that did not come as often
            killed.Add(kill);
            await ingestion.ReopenAsync();
        }
        await ingestion.CatchUpAsync();
        var fault = await HistoryCheck.FindFaultAsync(ingestion, history, random);
        if (fault is null || !IsReplay) return fault;
        ingestion.KeepFolder = true;
        return $"{fault}; the lake is kept in {ingestion.Folder}";
    }

    /// <returns>Whether the kill took place before everything was in bronze.</returns>
    private static async Task<bool> RunHereAsync(Postgres.Ingestion ingestion, Kill kill, Task writing, CancellationToken ct)
    {
        var hits = kill.Hits;
        await using var ingester = ingestion.Ingester();
        ingester.OnStep = (step, _) => step == kill.Step && Interlocked.Decrement(ref hits) <= 0 ? throw new KilledException(kill) : Task.CompletedTask;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var running = ingester.RunAsync(stop.Token);
        await Task.WhenAny(running, CaughtUpAsync(ingestion, ingester, writing, stop.Token));
        await stop.CancelAsync();
        try
        {
            await running;
            return false;
        }
        catch (IngestionException e) when (e.InnerException is KilledException)
        {
            return true;
        }
    }

    private static async Task CaughtUpAsync(Postgres.Ingestion ingestion, PostgresIngester ingester, Task writing, CancellationToken ct)
    {
        await writing;
        await ingester.WaitForAsync(await ingestion.NowAsync(), ct);
    }

    private static async Task<bool> RunProcessAsync(Postgres.Ingestion ingestion, Kill kill, Task writing, CancellationToken ct)
    {
        var victim = Path.Combine(AppContext.BaseDirectory, "Lakehouse.Ingestion.Victim.dll");
        var start = new ProcessStartInfo("dotnet") { RedirectStandardError = true, RedirectStandardOutput = true };
        foreach (var argument in (IEnumerable<string>)["exec", victim, ingestion.Folder, JsonSerializer.Serialize(ingestion.Options)]) start.ArgumentList.Add(argument);
        if (kill.Step is { } step)
        {
            start.ArgumentList.Add(step.ToString());
            start.ArgumentList.Add(kill.Hits.ToString(CultureInfo.InvariantCulture));
        }
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync(ct);
        try
        {
            if (kill.Step is null)
            {
                await Task.Delay(kill.After, ct);   // The point is that any moment may be the last.
            }
            else
            {
                var exit = process.WaitForExitAsync(ct);
                await Task.WhenAny(exit, SlotCaughtUpAsync(ingestion, writing, ct));
            }
        }
        finally
        {
            process.Kill();
        }
        await process.WaitForExitAsync(ct);
        if (process.ExitCode != 137) throw new InvalidOperationException($"The ingester ended by itself with {process.ExitCode}: {await errors}");
        return true;
    }

    /// <summary>Waits until the slot is confirmed up to everything written, after which the process may never reach its step.</summary>
    private static async Task SlotCaughtUpAsync(Postgres.Ingestion ingestion, Task writing, CancellationToken ct)
    {
        await writing;
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        for (var ticks = 0; ticks < 50 && await timer.WaitForNextTickAsync(ct); ticks++)
        {
            if (await ingestion.ScalarAsync<long>($"SELECT count(*) FROM pg_replication_slots WHERE slot_name = '{ingestion.Options.Slot}' AND pg_current_wal_lsn() - confirmed_flush_lsn < 2000") > 0) return;
        }
    }
}
