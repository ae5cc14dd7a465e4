using Lakehouse.Delta;

namespace Lakehouse.Engine.Tests.Dml;

/// <summary>Identity columns: every row its own number, whoever writes and however.</summary>
public sealed class IdentityTests
{
    private static readonly StructField Name = new("name", PrimitiveType.String);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1, 1, "1|250|250")]
    [InlineData(100, 7, "100|1843|250")]
    [InlineData(-5, -3, "-752|-5|250")]
    public async Task Rows_are_numbered_from_the_start_in_steps_and_the_mark_moves_with_the_commit(long start, long step, string expected)
    {
        await using var lake = new TestLake();
        var table = lake.Table("t.numbered");
        await table.CreateAsync(new StructType(IdentityColumn.Field("id", start, step), Name), cancellationToken: Cancelled);

        await table.AppendAsync(lake.Connection, "SELECT 'a' || i AS name FROM range(100) t(i)", cancellationToken: Cancelled);
        await table.AppendAsync(lake.Connection, "SELECT 'b' || i AS name FROM range(150) t(i)", cancellationToken: Cancelled);

        Assert.Equal([expected], await lake.RowsAsync("SELECT min(id), max(id), count(DISTINCT id) FROM t.numbered"));
        var snapshot = await table.SnapshotAsync(cancellationToken: Cancelled);
        Assert.Equal(start + (249 * step), IdentityColumn.Of(snapshot.Schema.Find("id")!)!.HighWaterMark);
        Assert.True(snapshot.Protocol.Supports(TableFeatures.IdentityColumns));
        await table.OptimizeAsync(lake.Connection, cancellationToken: Cancelled);
        await table.OverwriteAsync(lake.Connection, "SELECT 'c' AS name", cancellationToken: Cancelled);
        Assert.Equal([$"{start + (250 * step)}"], await lake.RowsAsync("SELECT id FROM t.numbered"));
        await table.RestoreAsync(0, Cancelled);
        await table.AppendAsync(lake.Connection, "SELECT 'd' AS name", cancellationToken: Cancelled);
        Assert.Equal([$"{start + (251 * step)}"], await lake.RowsAsync("SELECT id FROM t.numbered"));
    }

    [Fact]
    public async Task Concurrent_writers_never_give_one_number_twice()
    {
        await using var lake = new TestLake();
        var table = lake.Table("t.raced");
        await table.CreateAsync(new StructType(IdentityColumn.Field("id"), Name), cancellationToken: Cancelled);

        // Other processes: each has a lake of its own over the folder, so that nothing but the log stands between them.
        await Task.WhenAll(Enumerable.Range(0, 4).Select(async writer =>
        {
            await using var own = Lake.Open(lake.Folder, new LakeOptions { Threads = 1, MemoryLimit = "200MB" });
            await using var session = own.OpenSession();
            for (var i = 0; i < 5; i++) await own.Table(table.Name).AppendAsync(session.Connection, $"SELECT 'w{writer}' AS name FROM range(10)", cancellationToken: Cancelled);
        }));

        Assert.Equal(["200|200|1"], await lake.RowsAsync("SELECT count(*), count(DISTINCT id), min(id) FROM t.raced"));
        Assert.Equal(21, 1 + (await table.SnapshotAsync(cancellationToken: Cancelled)).Version);
    }

    [Fact]
    public async Task Values_of_ones_own_are_refused_or_taken_as_the_column_says()
    {
        await using var lake = new TestLake();
        var always = lake.Table("t.always");
        await always.CreateAsync(new StructType(IdentityColumn.Field("id"), Name), cancellationToken: Cancelled);
        var byDefault = lake.Table("t.bydefault");
        await byDefault.CreateAsync(new StructType(IdentityColumn.Field("id", allowsExplicit: true), Name), cancellationToken: Cancelled);

        var refused = await Assert.ThrowsAsync<SchemaNotAcceptedException>(() => always.AppendAsync(lake.Connection, "SELECT 5::BIGINT AS id, 'x' AS name", cancellationToken: Cancelled));
        await Assert.ThrowsAsync<SchemaNotAcceptedException>(() => always.UpdateAsync(lake.Connection, new Dictionary<string, string> { ["id"] = "7" }, cancellationToken: Cancelled));
        await Assert.ThrowsAsync<TableNotUsableException>(() => always.StageAsync(lake.Connection, "SELECT 'x' AS name", cancellationToken: Cancelled));
        await byDefault.AppendAsync(lake.Connection, "SELECT 5::BIGINT AS id, 'x' AS name", cancellationToken: Cancelled);
        await byDefault.AppendAsync(lake.Connection, "SELECT 'y' AS name", cancellationToken: Cancelled);

        Assert.Contains("'id' is GENERATED ALWAYS AS IDENTITY", refused.Message, StringComparison.Ordinal);
        Assert.Equal(["1|y", "5|x"], await lake.RowsAsync("SELECT id, name FROM t.bydefault ORDER BY id"));
    }

    [Theory]
    [InlineData("true")]
    [InlineData("false")]
    public async Task Rows_that_stay_keep_their_numbers_and_new_ones_get_new_ones(string feed)
    {
        await using var lake = new TestLake();
        var table = lake.Table("t.changed");
        await table.CreateAsync(new StructType(IdentityColumn.Field("id"), Name, new StructField("n", PrimitiveType.Integer)), properties: new Dictionary<string, string> { [TableProperties.EnableChangeDataFeed] = feed }, cancellationToken: Cancelled);
        await table.AppendAsync(lake.Connection, "SELECT 'k' || i AS name, 0 AS n FROM (SELECT unnest(range(3)) AS i ORDER BY i)", cancellationToken: Cancelled);
        var before = await lake.RowsAsync("SELECT id, name FROM t.changed ORDER BY name");

        await table.MergeAsync(lake.Connection, "SELECT 'k' || i AS name, 1 AS n FROM range(1, 5) t(i)", new MergeOptions { Keys = ["name"] }, Cancelled);
        await table.MergeAsync(lake.Connection, new MergeStatement
        {
            Source = "SELECT 'm' AS name",
            On = "target.name = source.name",
            Clauses = [new MergeClause { Rows = MergeRows.NotMatched, Action = MergeAction.Insert, Set = new Dictionary<string, string> { ["name"] = "source.name", ["n"] = "2" } }],
        }, Cancelled);
        await table.OverwriteAsync(lake.Connection, "SELECT 'm' AS name, 3 AS n", new WriteOptions { ReplaceWhere = "name = 'm'" }, Cancelled);
        await table.UpdateAsync(lake.Connection, new Dictionary<string, string> { ["n"] = "9" }, "name = 'k0'", cancellationToken: Cancelled);

        Assert.Equal(before, await lake.RowsAsync("SELECT id, name FROM t.changed WHERE name < 'k3' ORDER BY name"));
        Assert.Equal(["6|6|0"], await lake.RowsAsync("SELECT count(*), count(DISTINCT id), count(*) FILTER (id IS NULL) FROM t.changed"));
        Assert.Equal(["m|3"], await lake.RowsAsync("SELECT name, n FROM t.changed WHERE id = (SELECT max(id) FROM t.changed)"));
        if (feed == "true") Assert.Equal(["0"], await lake.RowsAsync("SELECT count(*) FROM table_changes('t.changed', 1, 5) WHERE id IS NULL"));
    }
}
