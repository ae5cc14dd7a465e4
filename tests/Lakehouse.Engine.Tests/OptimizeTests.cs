using System.Globalization;
using Lakehouse.DuckDb;

namespace Lakehouse.Engine.Tests;

/// <summary>Compaction: fewer files, the same rows, at every version and for every reader of changes.</summary>
public sealed class OptimizeTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Small_files_of_a_partition_become_one_and_rows_stay()
    {
        await using var lake = new TestLake();
        var table = lake.Table("t.small");
        for (var i = 0; i < 6; i++)
            await table.AppendAsync(lake.Connection, $"SELECT range + {i * 10} AS id, CASE WHEN range % 2 = 0 THEN 'even' END AS kind FROM range(10)", new WriteOptions { PartitionBy = ["kind"] }, Cancelled);
        var before = await lake.RowsAsync("SELECT * FROM t.small ORDER BY id");

        var result = await table.OptimizeAsync(lake.Connection, cancellationToken: Cancelled);

        Assert.Equal((12, 2, 1), (result.FilesRemoved, result.FilesAdded, result.Commits));
        var snapshot = await table.SnapshotAsync(cancellationToken: Cancelled);
        Assert.Equal(2, snapshot.Files.Count);
        Assert.Equal(before, await lake.RowsAsync("SELECT * FROM t.small ORDER BY id"));
        Assert.Equal("OPTIMIZE", snapshot.CommitInfo!.Operation);
        Assert.All(snapshot.Files, file => Assert.False(file.DataChange));
    }

    [Fact]
    public async Task Deleted_rows_leave_the_files_and_the_table_stays_in_order()
    {
        await using var lake = new TestLake();
        var table = lake.Table("t.worn");
        await table.AppendAsync(lake.Connection, "SELECT range AS id, range * 2 AS twice FROM range(1000)", cancellationToken: Cancelled);
        await table.MergeAsync(lake.Connection, "SELECT range AS id, 0 AS twice, true AS gone FROM range(300)", new MergeOptions { Keys = ["id"], DeleteWhen = "gone", ExceptColumns = ["gone"] }, Cancelled);

        var result = await table.OptimizeAsync(lake.Connection, cancellationToken: Cancelled);

        Assert.Equal(300, result.RowsPurged);
        var snapshot = await table.SnapshotAsync(cancellationToken: Cancelled);
        Assert.Null(Assert.Single(snapshot.Files).DeletionVector);
        Assert.Equal(["700|300|999"], await lake.RowsAsync("SELECT count(*), min(id), max(id) FROM t.worn"));
        var again = await table.OptimizeAsync(lake.Connection, cancellationToken: Cancelled);
        Assert.Equal((0, snapshot.Version), (again.Commits, again.Version));
    }

    [Fact]
    public async Task Bins_fill_up_to_the_target_and_commits_up_to_their_limit()
    {
        await using var lake = new TestLake();
        var table = lake.Table("t.bins");
        for (var i = 0; i < 9; i++) await table.AppendAsync(lake.Connection, $"SELECT {i} AS n, hash(range) AS noise FROM range(2000)", cancellationToken: Cancelled);
        var size = (await table.SnapshotAsync(cancellationToken: Cancelled)).Files.Max(file => file.Size);

        var result = await table.OptimizeAsync(lake.Connection, new OptimizeOptions { TargetFileBytes = size * 3, CommitBytes = size * 3 }, Cancelled);

        Assert.Equal((9, 3, 3), (result.FilesRemoved, result.FilesAdded, result.Commits));
        Assert.Equal(["18000|9"], await lake.RowsAsync("SELECT count(*), count(DISTINCT n) FROM t.bins"));
    }

    [Fact]
    public async Task Readers_of_changes_see_nothing_of_it()
    {
        await using var lake = new TestLake();
        var table = lake.Table("t.changes");
        await table.AppendAsync(lake.Connection, "SELECT 1 AS id", cancellationToken: Cancelled);
        var seen = (await table.AppendAsync(lake.Connection, "SELECT 2 AS id", cancellationToken: Cancelled)).Version;
        await table.OptimizeAsync(lake.Connection, cancellationToken: Cancelled);
        await table.MergeAsync(lake.Connection, "SELECT 2 AS id, true AS gone", new MergeOptions { Keys = ["id"], DeleteWhen = "gone", ExceptColumns = ["gone"] }, Cancelled);
        var snapshot = await table.SnapshotAsync(cancellationToken: Cancelled);

        var slices = await Changes.TableChanges.ReadAsync(table, snapshot, seen, Cancelled);

        var slice = Assert.Single(slices);
        Assert.Equal("'delete'", slice.Extras[0]);
        Assert.Equal(1, slice.RowsShown);
    }

    [Fact]
    public async Task Two_that_compact_at_once_beside_appends_and_merges_lose_and_double_nothing()
    {
        await using var lake = new TestLake();
        var table = lake.Table("t.race");
        for (var i = 0; i < 8; i++) await table.AppendAsync(lake.Connection, $"SELECT range + {i * 100} AS id, 0 AS touched FROM range(100)", cancellationToken: Cancelled);

        // Other processes: each has a lake of its own over the folder, so that nothing but the log stands between them.
        await Task.WhenAll(
            OnItsOwnAsync((theirs, connection, _) => theirs.OptimizeAsync(connection, new OptimizeOptions { CommitBytes = 1 }, Cancelled)),
            OnItsOwnAsync((theirs, connection, _) => theirs.OptimizeAsync(connection, new OptimizeOptions { CommitBytes = 1 << 12 }, Cancelled)),
            OnItsOwnAsync((theirs, connection, i) => theirs.AppendAsync(connection, $"SELECT range + {1000 + (i * 100)} AS id, 0 AS touched FROM range(100)", cancellationToken: Cancelled), 5),
            OnItsOwnAsync((theirs, connection, i) => theirs.MergeAsync(connection, $"SELECT range * 80 + {i} AS id, 1 AS touched FROM range(10)", new MergeOptions { Keys = ["id"] }, Cancelled), 5));

        Assert.Equal(["1300|1300|50"], await lake.RowsAsync("SELECT count(*), count(DISTINCT id), sum(touched) FROM t.race"));

        async Task OnItsOwnAsync(Func<LakeTable, DuckDbConnection, int, Task> write, int times = 1)
        {
            await using var own = Lake.Open(lake.Folder, new LakeOptions { Threads = 1, MemoryLimit = "500MB", MaxAttempts = 100 });
            await using var session = own.OpenSession();
            for (var i = 0; i < times; i++) await write(own.Table(TableName.Parse("t.race")), session.Connection, i);
        }
    }

    [Fact]
    public async Task Random_tables_keep_their_rows()
    {
        const int seed = 20261121;
        TestContext.Current.SendDiagnosticMessage(string.Create(CultureInfo.InvariantCulture, $"seed {seed}"));
        var random = new Random(seed);
        await using var lake = new TestLake();
        for (var round = 0; round < 5; round++)
        {
            var table = lake.Table($"t.random{round}");
            string[] partitions = random.Next(2) == 0 ? [] : ["p"];
            var writes = random.Next(2, 12);
            for (var i = 0; i < writes; i++)
            {
                var from = random.Next(500);
                if (i > 0 && random.Next(3) == 0)
                    await table.MergeAsync(lake.Connection, $"SELECT range + {from} AS id, (range + {from}) % 3 AS p, 'merged {i}' AS text, range % 4 = 0 AS gone FROM range({random.Next(1, 200)})", new MergeOptions { Keys = ["id"], DeleteWhen = "gone", ExceptColumns = ["gone"] }, Cancelled);
                else
                    await table.AppendAsync(lake.Connection, $"SELECT range + {from} + {i * 1000} AS id, (range + {from}) % 3 AS p, 'row {i}' AS text FROM range({random.Next(1, 300)})", new WriteOptions { PartitionBy = i == 0 ? partitions : [] }, Cancelled);
            }
            var before = await lake.RowsAsync($"SELECT * FROM t.random{round} ORDER BY ALL");
            var version = (await table.SnapshotAsync(cancellationToken: Cancelled)).Version;
            var result = await table.OptimizeAsync(lake.Connection, new OptimizeOptions { PurgeFrom = random.NextDouble() * 0.2, CommitBytes = 1 + random.Next(1 << 15) }, Cancelled);
            Assert.Equal(before, await lake.RowsAsync($"SELECT * FROM t.random{round} ORDER BY ALL"));
            Assert.Equal(before, await lake.RowsAsync($"SELECT * FROM delta_scan('{Path.Combine(lake.Folder, "t", $"random{round}")}', version => {version}) ORDER BY ALL"));
            Assert.True(result.FilesAdded <= result.FilesRemoved);
        }
    }
}
