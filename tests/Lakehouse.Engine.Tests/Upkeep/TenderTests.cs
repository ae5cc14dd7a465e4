using Lakehouse.Delta;

namespace Lakehouse.Engine.Tests.Upkeep;

/// <summary>The tender keeps tables inside their bounds, says so, gives way, and costs nothing where nothing is due.</summary>
public sealed class TenderTests
{
    private static readonly TendingOptions Bounds = new() { FewSmallFiles = 4, Owner = "first" };

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_bound_that_is_broken_is_seen_and_mended()
    {
        await using var lake = new TestLake();
        var small = lake.Table("t.small");
        for (var i = 0; i < 6; i++) await small.AppendAsync(lake.Connection, $"SELECT {i} AS id", cancellationToken: Cancelled);
        var worn = lake.Table("t.worn");
        await worn.AppendAsync(lake.Connection, "SELECT range AS id FROM range(100)", cancellationToken: Cancelled);
        await worn.DeleteAsync(lake.Connection, "id < 20", cancellationToken: Cancelled);
        var log = lake.Table("t.log");
        for (var i = 0; i < 4; i++) await log.AppendAsync(lake.Connection, $"SELECT {i} AS id", cancellationToken: Cancelled);
        await log.SetPropertiesAsync(new Dictionary<string, string?> { [TableProperties.CheckpointInterval] = "1000" }, Cancelled);
        await log.SetPropertiesAsync(new Dictionary<string, string?> { [TableProperties.CheckpointInterval] = "2" }, Cancelled);
        await lake.Table("t.fine").AppendAsync(lake.Connection, "SELECT 1 AS id", cancellationToken: Cancelled);
        var quarantined = lake.Table("quarantine.small");
        for (var i = 0; i < 6; i++) await quarantined.AppendAsync(lake.Connection, $"SELECT {i} AS id", cancellationToken: Cancelled);
        var tender = new LakeTender(lake.Lake, Bounds);

        var seen = await tender.LookAsync(Cancelled);
        var round = await tender.RunRoundAsync(Cancelled);
        var second = await tender.RunRoundAsync(Cancelled);

        Assert.Equal(["t.log Checkpoint", "t.small Compact", "t.worn Purge"], seen.Select(table => $"{table.Table} {table.Due}"));
        Assert.Equal(seen.Select(table => table.Table), round.Tables.Select(table => table.Table));
        Assert.All(round.Tables, table => Assert.Null(table.Failure));
        Assert.Single((await small.SnapshotAsync(cancellationToken: Cancelled)).Files);
        Assert.Equal("true", (await small.SnapshotAsync(cancellationToken: Cancelled)).CommitInfo!.OperationParameters!["auto"]);
        Assert.Equal(20, round.Tables.Single(table => table.Table == worn.Name).Optimized!.RowsPurged);
        Assert.Equal(5, await log.Log.CheckpointVersionAsync(Cancelled));
        Assert.Equal(6, (await quarantined.SnapshotAsync(cancellationToken: Cancelled)).Files.Count);
        Assert.Empty(second.Tables);
        Assert.Null(second.HeldBy);
        Assert.Equal(["80|20"], await lake.RowsAsync("SELECT count(*), min(id) FROM t.worn"));
    }

    [Fact]
    public async Task A_lake_belongs_to_one_tender_until_it_lets_go_or_its_lease_ends()
    {
        await using var lake = new TestLake();
        var clock = new Clock();
        var first = new LakeTender(lake.Lake, Bounds with { Time = clock });
        var second = new LakeTender(lake.Lake, Bounds with { Owner = "second", Time = clock });

        Assert.Null((await first.RunRoundAsync(Cancelled)).HeldBy);
        Assert.Equal("first", (await second.RunRoundAsync(Cancelled)).HeldBy);
        clock.Now += Bounds.LeaseTime;
        Assert.Null((await second.RunRoundAsync(Cancelled)).HeldBy);
        Assert.Equal("second", (await first.RunRoundAsync(Cancelled)).HeldBy);
        await second.ReleaseAsync(Cancelled);
        Assert.Null((await first.RunRoundAsync(Cancelled)).HeldBy);

        Assert.Single(Directory.GetFiles(Path.Combine(lake.Folder, "_lakehouse", "tender")));
        Assert.Empty(await lake.Lake.ListTablesAsync(Cancelled));
    }

    [Fact]
    public async Task Two_at_once_beside_writers_of_other_processes_lose_and_double_nothing()
    {
        await using var lake = new TestLake();
        var table = lake.Table("t.busy");
        for (var i = 0; i < 10; i++) await table.AppendAsync(lake.Connection, $"SELECT range + {i * 100} AS id, 0 AS touched FROM range(100)", cancellationToken: Cancelled);

        await Task.WhenAll(
            OnItsOwnAsync(async theirs => await new LakeTender(theirs, Bounds with { LeaseTime = TimeSpan.Zero, CommitBytes = 1 }).RunRoundAsync(Cancelled)),
            OnItsOwnAsync(async theirs => await new LakeTender(theirs, Bounds with { LeaseTime = TimeSpan.Zero, Owner = "second" }).RunRoundAsync(Cancelled)),
            OnItsOwnAsync(async theirs =>
            {
                await using var session = theirs.OpenSession();
                for (var i = 0; i < 5; i++)
                    await theirs.Table(table.Name).MergeAsync(session.Connection, $"SELECT range * 80 + {i} AS id, 1 AS touched FROM range(10)", new MergeOptions { Keys = ["id"] }, Cancelled);
            }));

        Assert.Equal(["1000|1000|50"], await lake.RowsAsync("SELECT count(*), count(DISTINCT id), sum(touched) FROM t.busy"));

        async Task OnItsOwnAsync(Func<Lake, Task> work)
        {
            await using var own = Lake.Open(lake.Folder, new LakeOptions { Threads = 1, MemoryLimit = "500MB", MaxAttempts = 100 });
            await work(own);
        }
    }

    [Fact]
    public async Task A_table_that_fails_is_left_alone_for_a_while_and_the_others_are_not()
    {
        await using var lake = new TestLake();
        var clock = new Clock();
        foreach (var name in new[] { "t.broken", "t.well" })
            for (var i = 0; i < 6; i++) await lake.Table(name).AppendAsync(lake.Connection, $"SELECT {i} AS id", cancellationToken: Cancelled);
        File.Delete(Directory.GetFiles(Path.Combine(lake.Folder, "t", "broken"), "*.parquet")[0]);
        var tender = new LakeTender(lake.Lake, Bounds with { Time = clock });

        var first = await tender.RunRoundAsync(Cancelled);
        var soon = await tender.RunRoundAsync(Cancelled);
        clock.Now += Bounds.Pause;
        var later = await tender.RunRoundAsync(Cancelled);

        Assert.Contains("is missing", first.Tables[0].Failure, StringComparison.Ordinal);
        Assert.Null(first.Tables[1].Failure);
        Assert.Empty(soon.Tables);
        Assert.Single(later.Tables);
    }

    private sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
