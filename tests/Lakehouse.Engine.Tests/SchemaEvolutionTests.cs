using Lakehouse.Delta;

namespace Lakehouse.Engine.Tests;

public sealed class SchemaEvolutionTests
{
    private static readonly WriteOptions Merging = new() { MergeSchema = true };

    [Fact]
    public async Task An_added_column_is_null_in_older_rows()
    {
        await using var lake = new TestLake();
        var table = lake.Table("t.s");
        await table.AppendAsync(lake.Connection, "SELECT 1 AS id");
        await table.AppendAsync(lake.Connection, "SELECT 2 AS id, {'a': 1} AS extra", Merging);

        Assert.Equal(["1|null", "2|1"], await lake.RowsAsync("SELECT id, extra.a FROM t.s ORDER BY id"));
    }

    [Fact]
    public async Task A_column_of_a_struct_can_be_added()
    {
        await using var lake = new TestLake();
        var table = lake.Table("t.s");
        await table.AppendAsync(lake.Connection, "SELECT 1 AS id, {'a': 1} AS s");
        await table.AppendAsync(lake.Connection, "SELECT 2 AS id, {'a': 2, 'b': 'x'} AS s", Merging);

        Assert.Equal(["1|null", "2|x"], await lake.RowsAsync("SELECT s.a, s.b FROM t.s ORDER BY id"));
    }

    [Fact]
    public async Task A_widened_column_reads_old_and_new_rows()
    {
        await using var lake = new TestLake();
        var table = lake.Table("t.s");
        await table.AppendAsync(lake.Connection, "SELECT 1 AS id, 1::SMALLINT AS n, 1.5::DECIMAL(5,1) AS d");
        var result = await table.AppendAsync(lake.Connection, "SELECT 2 AS id, 70000::INTEGER AS n, 1.25::DECIMAL(9,2) AS d", Merging);

        Assert.Equal(["1|1|1.50", "2|70000|1.25"], await lake.RowsAsync("SELECT id, n, d FROM t.s ORDER BY id"));
        Assert.Equal(["1"], await lake.RowsAsync("SELECT id FROM t.s WHERE n = 1"));
        Assert.Contains("typeWidening", result.Snapshot.Protocol.ReaderFeatures);
    }

    [Fact]
    public async Task A_narrower_type_goes_into_the_column_as_it_is()
    {
        await using var lake = new TestLake();
        var table = lake.Table("t.s");
        await table.AppendAsync(lake.Connection, "SELECT 1::BIGINT AS id, 1.5::DECIMAL(38,2) AS d");

        var result = await table.AppendAsync(lake.Connection, "SELECT 2::INTEGER AS id, 2::BIGINT AS d");

        Assert.Equal(PrimitiveType.Long, result.Snapshot.Schema.Find("id")!.Type);
        Assert.Equal(["1|1.50", "2|2.00"], await lake.RowsAsync("SELECT id, d FROM t.s ORDER BY id"));
    }

    [Theory]
    [InlineData("SELECT 2 AS id, 'x' AS extra", "extra")]
    [InlineData("SELECT 'x' AS id", "id")]
    [InlineData("SELECT 1.5::DOUBLE AS id", "id")]
    public async Task Columns_that_do_not_fit_are_refused_by_name(string sql, string column)
    {
        await using var lake = new TestLake();
        var table = lake.Table("t.s");
        await table.AppendAsync(lake.Connection, "SELECT 1 AS id");

        var exception = await Assert.ThrowsAsync<SchemaMismatchException>(() => table.AppendAsync(lake.Connection, sql));

        Assert.Contains(column, exception.Message, StringComparison.Ordinal);
        Assert.Equal(["1"], await lake.RowsAsync("SELECT count(*) FROM t.s"));
    }

    [Fact]
    public async Task A_merge_can_add_a_column()
    {
        await using var lake = new TestLake();
        var table = lake.Table("t.s");
        await table.AppendAsync(lake.Connection, "SELECT i::INTEGER AS id FROM range(3) t(i)");

        await table.MergeAsync(lake.Connection, "SELECT 1 AS id, 'new' AS extra", new MergeOptions { Keys = ["id"], MergeSchema = true });

        Assert.Equal(["0|null", "1|new", "2|null"], await lake.RowsAsync("SELECT id, extra FROM t.s ORDER BY id"));
    }

    [Fact]
    public async Task An_overwrite_can_replace_the_schema()
    {
        await using var lake = new TestLake();
        var table = lake.Table("t.s");
        await table.AppendAsync(lake.Connection, "SELECT 1 AS id, 'x' AS name");

        await table.OverwriteAsync(lake.Connection, "SELECT DATE '2026-01-01' AS day, 2 AS n", new WriteOptions { OverwriteSchema = true, PartitionBy = ["day"] });

        Assert.Equal(["2026-01-01|2"], await lake.RowsAsync("SELECT day::VARCHAR, n FROM t.s"));
    }
}
