using Lakehouse.Delta;

namespace Lakehouse.Engine.Tests;

public sealed class ConcurrencyTests
{
    [Fact]
    public async Task Appends_from_two_lakes_on_one_folder_all_arrive()
    {
        await using var lake = new TestLake();
        await using var other = Lake.Open(lake.Folder, new LakeOptions { Threads = 1 });
        await lake.Table("t.a").AppendAsync(lake.Connection, "SELECT -1 AS id");

        await Task.WhenAll(Enumerable.Range(0, 4).Select(writer => Task.Run(async () =>
        {
            var from = writer % 2 == 0 ? lake.Lake : other;
            await using var session = from.OpenSession();
            for (var i = 0; i < 5; i++) await from.Table(TableName.Parse("t.a")).AppendAsync(session.Connection, $"SELECT {writer * 10 + i} AS id");
        })));

        Assert.Equal(["21|21"], await lake.RowsAsync("SELECT count(*), count(DISTINCT id) FROM t.a"));
    }

    [Fact]
    public async Task Merges_from_two_lakes_on_one_folder_never_double_a_key()
    {
        await using var lake = new TestLake();
        await using var other = Lake.Open(lake.Folder, new LakeOptions { Threads = 1 });
        await lake.Table("t.m").AppendAsync(lake.Connection, "SELECT i::INTEGER AS id, 0 AS n FROM range(20) t(i)");

        await Task.WhenAll(Enumerable.Range(0, 4).Select(writer => Task.Run(async () =>
        {
            var from = writer % 2 == 0 ? lake.Lake : other;
            await using var session = from.OpenSession();
            for (var i = 1; i <= 5; i++)
                await from.Table(TableName.Parse("t.m")).MergeAsync(session.Connection, $"SELECT i::INTEGER AS id, {i} AS n FROM range(10, 30) t(i)", new MergeOptions { Keys = ["id"] });
        })));

        Assert.Equal(["30|30|100"], await lake.RowsAsync("SELECT count(*), count(DISTINCT id), sum(n)::INTEGER FROM t.m"));
    }

    [Fact]
    public async Task Two_writers_that_create_one_table_both_succeed()
    {
        await using var lake = new TestLake();
        await using var other = Lake.Open(lake.Folder, new LakeOptions { Threads = 1 });
        await using var session = other.OpenSession();

        await Task.WhenAll(
            lake.Table("t.new").AppendAsync(lake.Connection, "SELECT 1 AS id"),
            other.Table(TableName.Parse("t.new")).AppendAsync(session.Connection, "SELECT 2 AS id"));

        Assert.Equal(["1", "2"], await lake.RowsAsync("SELECT id FROM t.new ORDER BY id"));
    }

    [Fact]
    public async Task The_same_transaction_from_two_writers_is_written_once()
    {
        await using var lake = new TestLake();
        await using var other = Lake.Open(lake.Folder, new LakeOptions { Threads = 1 });
        await using var session = other.OpenSession();
        var options = new WriteOptions { Transaction = ("app", 7) };
        await lake.Table("t.once").AppendAsync(lake.Connection, "SELECT 0 AS id");

        await Task.WhenAll(
            lake.Table("t.once").AppendAsync(lake.Connection, "SELECT 1 AS id", options),
            other.Table(TableName.Parse("t.once")).AppendAsync(session.Connection, "SELECT 1 AS id", options));

        Assert.Equal(["0", "1"], await lake.RowsAsync("SELECT id FROM t.once ORDER BY id"));
    }
}
