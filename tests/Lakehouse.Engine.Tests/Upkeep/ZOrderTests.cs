using Lakehouse.Delta;
using Lakehouse.Engine.Tests.Faults;

namespace Lakehouse.Engine.Tests.Upkeep;

/// <summary>Optimize by z-order and clustering: the same rows, in files that conditions on any of the columns skip.</summary>
public sealed class ZOrderTests
{
    private const string Points = "SELECT (hash(i) % 1000)::INTEGER AS x, (hash(i, 1) % 1000)::BIGINT AS y, i AS id, 'row ' || i AS text FROM range(20000) t(i)";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_condition_on_any_of_the_columns_skips_files()
    {
        await using var lake = new TestLake();
        var table = lake.Table("t.points");
        for (var i = 0; i < 4; i++) await table.AppendAsync(lake.Connection, $"SELECT * FROM ({Points}) WHERE id % 4 = {i}", cancellationToken: Cancelled);
        var before = await lake.RowsAsync("SELECT * FROM t.points ORDER BY id");
        var target = (await table.SnapshotAsync(cancellationToken: Cancelled)).Files.Sum(file => file.Size) / 16;

        var result = await table.OptimizeAsync(lake.Connection, new OptimizeOptions { ZOrderBy = ["x", "y"], TargetFileBytes = target }, Cancelled);

        Assert.Equal((4, 1), (result.FilesRemoved, result.Commits));
        var snapshot = await table.SnapshotAsync(cancellationToken: Cancelled);
        Assert.InRange(snapshot.Files.Count, 6, 40);
        Assert.Equal(before, await lake.RowsAsync("SELECT * FROM t.points ORDER BY id"));
        foreach (var column in new[] { "x", "y" })
        {
            var read = snapshot.Files.Count(file => file.Statistics.MinValues[column].GetInt64() <= 500 && file.Statistics.MaxValues[column].GetInt64() >= 500);
            Assert.True(read <= snapshot.Files.Count * 6 / 10, $"{column} = 500 reads {read} of {snapshot.Files.Count} files");
        }
        Assert.Equal("[\"x\",\"y\"]", snapshot.CommitInfo!.OperationParameters!["zOrderBy"]);
        Assert.All(snapshot.Files, file => Assert.False(file.DataChange));
    }

    [Theory]
    [InlineData("(i % 7)::TINYINT")]
    [InlineData("(i * 1.5)::DECIMAL(20, 3)")]
    [InlineData("DATE '2020-01-01' + (i % 500)::INTEGER")]
    [InlineData("TIMESTAMP '2020-01-01' + to_seconds(i)")]
    [InlineData("TIMESTAMPTZ '1900-01-01 00:00:00+00' + to_days(i::INTEGER)")]
    [InlineData("CASE i % 5 WHEN 0 THEN 'NaN'::DOUBLE WHEN 1 THEN '-inf'::DOUBLE ELSE i / 3 END")]
    [InlineData("repeat(chr(97 + (i % 26)::INTEGER), 1 + (i % 300)::INTEGER)")]
    [InlineData("encode('bytes ' || i)")]
    [InlineData("i % 2 = 0")]
    [InlineData("'all the same'")]
    [InlineData("NULL::INTEGER")]
    [InlineData("{'a': i::INTEGER}")]
    public async Task Values_of_every_type_are_ordered_with_nulls_among_them(string value)
    {
        await using var lake = new TestLake();
        var table = lake.Table("t.typed");
        await table.AppendAsync(lake.Connection, $"SELECT i AS id, CASE WHEN i % 11 = 0 THEN NULL ELSE {value} END AS v, i % 13 AS other FROM range(3000) t(i)", cancellationToken: Cancelled);
        var before = await lake.RowsAsync("SELECT id, v::VARCHAR, other FROM t.typed ORDER BY id");

        var column = value.StartsWith('{') ? "v.a" : "v";
        await table.OptimizeAsync(lake.Connection, new OptimizeOptions { ZOrderBy = [column, "other"] }, Cancelled);

        Assert.Equal(before, await lake.RowsAsync("SELECT id, v::VARCHAR, other FROM t.typed ORDER BY id"));
        Assert.Equal(1, (await table.OptimizeAsync(lake.Connection, new OptimizeOptions { ZOrderBy = ["other"] }, Cancelled)).Commits);
    }

    [Fact]
    public async Task What_is_in_order_is_left_alone_and_what_came_since_is_brought_into_it()
    {
        await using var lake = new TestLake();
        var table = lake.Table("t.parts");
        var options = new OptimizeOptions { ZOrderBy = ["x", "y"] };
        await table.AppendAsync(lake.Connection, $"SELECT *, (id % 3)::INTEGER AS part FROM ({Points})", new WriteOptions { PartitionBy = ["part"] }, Cancelled);
        await table.OptimizeAsync(lake.Connection, options, Cancelled);

        var again = await table.OptimizeAsync(lake.Connection, options, Cancelled);
        await table.AppendAsync(lake.Connection, "SELECT 1 AS x, 1::BIGINT AS y, -1::BIGINT AS id, 'new' AS text, 2 AS part", cancellationToken: Cancelled);
        var touched = await table.OptimizeAsync(lake.Connection, options, Cancelled);
        var others = await table.OptimizeAsync(lake.Connection, options with { ZOrderBy = ["y"], Where = "part < 2" }, Cancelled);

        Assert.Equal(0, again.Commits);
        Assert.Equal((2, 1), (touched.FilesRemoved, touched.FilesAdded));
        Assert.Equal((2, 2), (others.FilesRemoved, others.FilesAdded));
        Assert.Equal(["20001|3"], await lake.RowsAsync("SELECT count(*), count(DISTINCT part) FROM t.parts"));
    }

    [Fact]
    public async Task What_cannot_be_ordered_by_is_refused_by_name()
    {
        await using var lake = new TestLake();
        var table = lake.Table("t.refused");
        await table.AppendAsync(lake.Connection, "SELECT 1 AS id, 2 AS part, [1] AS list", new WriteOptions { PartitionBy = ["part"] }, Cancelled);

        foreach (var column in new[] { "part", "list", "absent" })
        {
            var refused = await Assert.ThrowsAsync<SchemaNotAcceptedException>(() => table.OptimizeAsync(lake.Connection, new OptimizeOptions { ZOrderBy = [column] }, Cancelled));
            Assert.Contains($"'{column}'", refused.Message, StringComparison.Ordinal);
        }
        var condition = await Assert.ThrowsAsync<SchemaNotAcceptedException>(() => table.OptimizeAsync(lake.Connection, new OptimizeOptions { Where = "id = 1" }, Cancelled));
        Assert.Contains("partition columns only (part)", condition.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_clustered_table_is_placed_by_its_columns_and_says_so()
    {
        await using var lake = new TestLake();
        var table = lake.Table("t.clustered");
        await table.AppendAsync(lake.Connection, Points, cancellationToken: Cancelled);
        await table.ClusterByAsync(["x", "y"], Cancelled);

        var result = await table.OptimizeAsync(lake.Connection, cancellationToken: Cancelled);

        var snapshot = await table.SnapshotAsync(cancellationToken: Cancelled);
        Assert.Equal(1, result.Commits);
        Assert.All(snapshot.Files, file => Assert.Equal("liquid", file.ClusteringProvider));
        Assert.True(snapshot.Protocol.Supports(TableFeatures.Clustering));
        Assert.Equal([["x"], ["y"]], ClusteringColumns.Of(snapshot));
        Assert.Equal(0, (await table.OptimizeAsync(lake.Connection, cancellationToken: Cancelled)).Commits);
        await Assert.ThrowsAsync<TableNotUsableException>(() => table.OptimizeAsync(lake.Connection, new OptimizeOptions { ZOrderBy = ["id"] }, Cancelled));
        await table.DeleteAsync(lake.Connection, "id < 15000", cancellationToken: Cancelled);
        Assert.Equal(15000, (await table.OptimizeAsync(lake.Connection, cancellationToken: Cancelled)).RowsPurged);
        Assert.Equal([["x"], ["y"]], ClusteringColumns.Of(await table.SnapshotAsync(cancellationToken: Cancelled)));
    }

    [Fact]
    public async Task Purge_takes_the_deleted_rows_out_of_every_file()
    {
        await using var lake = new TestLake();
        var table = lake.Table("t.purged");
        await table.AppendAsync(lake.Connection, "SELECT i AS id, (i % 4)::INTEGER AS part FROM range(4000) t(i)", new WriteOptions { PartitionBy = ["part"] }, Cancelled);
        await table.DeleteAsync(lake.Connection, "id IN (0, 1, 2, 3)", cancellationToken: Cancelled);

        var some = await table.PurgeAsync(lake.Connection, "part = 1", Cancelled);
        var rest = await table.PurgeAsync(lake.Connection, cancellationToken: Cancelled);

        Assert.Equal((1, 1L), (some.FilesRemoved, some.RowsPurged));
        Assert.Equal((3, 3L), (rest.FilesRemoved, rest.RowsPurged));
        var snapshot = await table.SnapshotAsync(cancellationToken: Cancelled);
        Assert.All(snapshot.Files, file => Assert.Null(file.DeletionVector));
        Assert.Equal("REORG", snapshot.CommitInfo!.Operation);
        Assert.Equal(["3996|4"], await lake.RowsAsync("SELECT count(*), min(id) FROM t.purged"));
    }
}
