using Lakehouse.Delta;
using Lakehouse.DuckDb;

namespace Lakehouse.Engine.Tests.Upkeep;

/// <summary>A folder of Parquet files becomes a table as it is, or is refused with the file's name.</summary>
public sealed class ConvertTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Files_with_different_columns_become_one_table_with_statistics()
    {
        await using var lake = new TestLake();
        var folder = Folder(lake, "flat");
        await lake.Connection.ExecuteAsync($"COPY (SELECT i AS id, 'a' || i AS name, i / 3 AS ratio FROM range(10) t(i)) TO '{folder}/one.parquet'", Cancelled);
        await lake.Connection.ExecuteAsync($"COPY (SELECT i AS id, 'NaN'::DOUBLE AS ratio, {{'x': i, 'y': DATE '2026-01-01'}} AS nested FROM range(10, 15) t(i)) TO '{folder}/two words%20.parquet'", Cancelled);
        await lake.Connection.ExecuteAsync($"COPY (SELECT 1 AS id LIMIT 0) TO '{folder}/_ignored.parquet'", Cancelled);
        var table = lake.Table("t.flat");

        var result = await table.ConvertAsync(lake.Connection, cancellationToken: Cancelled);

        Assert.Equal((2, 15L), (result.Files, result.Rows));
        Assert.Equal(["15|0|14|10|5|5"], await lake.RowsAsync("SELECT count(*), min(id), max(id), count(name), count(nested.x), count(nested.y) FROM t.flat"));
        var files = result.Commit.Snapshot.Files.OrderBy(file => file.Path, StringComparer.Ordinal).ToList();
        Assert.Equal("two%20words%2520.parquet", files[1].Path);
        Assert.Equal(14, files[1].Statistics.MaxValues["id"].GetInt64());
        Assert.False(files[1].Statistics.MaxValues.ContainsKey("ratio"));
        Assert.True(files[0].Statistics.MaxValues.ContainsKey("ratio"));
        Assert.Equal(14, files[1].Statistics.MaxValues["nested"].GetProperty("x").GetInt64());
        await table.DeleteAsync(lake.Connection, "id = 3", cancellationToken: Cancelled);
        await table.OptimizeAsync(lake.Connection, cancellationToken: Cancelled);
        Assert.Equal(["14"], await lake.RowsAsync("SELECT count(*) FROM t.flat"));
        await Assert.ThrowsAsync<TableExistsException>(() => table.ConvertAsync(lake.Connection, cancellationToken: Cancelled));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_folder_that_was_an_Iceberg_table_is_refused_by_name(bool withMetadata)
    {
        await using var lake = new TestLake();
        var table = lake.Table("t.iceberg");
        await table.AppendAsync(lake.Connection, "SELECT i AS id FROM range(10) t(i)", new WriteOptions { Properties = new Dictionary<string, string> { [TableProperties.UniversalFormats] = "iceberg" } }, Cancelled);
        await (await table.DeleteAsync(lake.Connection, "id < 5", cancellationToken: Cancelled)).Iceberg;
        var folder = Path.Combine(lake.Folder, "t", "iceberg");
        Directory.Delete(Path.Combine(folder, "_delta_log"), recursive: true);
        foreach (var file in Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Where(file => !file.EndsWith(".parquet", StringComparison.Ordinal) && !(withMetadata && file.EndsWith(".json", StringComparison.Ordinal)))) File.Delete(file);
        await using var other = Lake.Open(lake.Folder, new LakeOptions { Threads = 1 });

        var refused = await Assert.ThrowsAsync<TableNotUsableException>(() => other.Table(table.Name).ConvertAsync(lake.Connection, cancellationToken: Cancelled));

        Assert.Contains(withMetadata ? "metadata/" : "metadata/deletes-", refused.Message, StringComparison.Ordinal);
        Assert.Contains("Iceberg", refused.Message, StringComparison.Ordinal);
        Directory.Delete(Path.Combine(folder, "metadata"), recursive: true);
        Assert.Equal(10, (await other.Table(table.Name).ConvertAsync(lake.Connection, cancellationToken: Cancelled)).Rows);
    }

    [Fact]
    public async Task Partition_values_come_from_folder_names()
    {
        await using var lake = new TestLake();
        var folder = Folder(lake, "parts");
        await lake.Connection.ExecuteAsync($"COPY (SELECT i AS id, DATE '2026-01-01' + (i % 2)::INTEGER AS day, CASE i % 3 WHEN 0 THEN NULL ELSE 'a b/' || i % 3 END AS kind FROM range(12) t(i)) TO '{folder}' (FORMAT parquet, PARTITION_BY (day, kind), OVERWRITE)", Cancelled);
        var table = lake.Table("t.parts");

        var refused = await Assert.ThrowsAsync<TableNotUsableException>(() => table.ConvertAsync(lake.Connection, cancellationToken: Cancelled));
        await table.ConvertAsync(lake.Connection, new ConvertOptions { PartitionBy = ConvertOptions.ParsePartitionBy("day DATE, kind STRING") }, Cancelled);

        Assert.Contains("day DATE, kind STRING", refused.Message, StringComparison.Ordinal);
        Assert.Equal(["12|2|2|4"], await lake.RowsAsync("SELECT count(*), count(DISTINCT day), count(DISTINCT kind), count(*) FILTER (kind IS NULL) FROM t.parts"));
        Assert.Equal(["2"], await lake.RowsAsync("SELECT count(*) FROM t.parts WHERE day = DATE '2026-01-02' AND kind = 'a b/1'"));
        await table.AppendAsync(lake.Connection, "SELECT 99 AS id, DATE '2026-01-01' AS day, 'new' AS kind", cancellationToken: Cancelled);
        Assert.Equal(["13"], await lake.RowsAsync("SELECT count(*) FROM t.parts"));
    }

    [Theory]
    [InlineData("SELECT 1 AS id", "SELECT 'x' AS id", "column 'id' is of type integer in 'a.parquet', and of type string in 'b.parquet'")]
    [InlineData("SELECT 1 AS id", "SELECT 1::BIGINT AS id", "column 'id' is of type integer")]
    [InlineData("SELECT {'x': 1} AS s", "SELECT {'x': 'a', 'y': 1} AS s", "column 's'")]
    [InlineData("SELECT 1::UINTEGER AS id", "SELECT 2::UINTEGER AS id", "column 'id' of file 'a.parquet' is of type UINTEGER")]
    public async Task Types_that_do_not_fit_are_refused_with_their_files(string one, string other, string expected)
    {
        await using var lake = new TestLake();
        var folder = Folder(lake, "conflict");
        await lake.Connection.ExecuteAsync($"COPY ({one}) TO '{folder}/a.parquet'", Cancelled);
        await lake.Connection.ExecuteAsync($"COPY ({other}) TO '{folder}/b.parquet'", Cancelled);

        var refused = await Assert.ThrowsAsync<SchemaNotAcceptedException>(() => lake.Table("t.conflict").ConvertAsync(lake.Connection, cancellationToken: Cancelled));

        Assert.Contains(expected, refused.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(folder, "_delta_log")));
    }

    [Fact]
    public async Task What_is_no_folder_of_Parquet_files_is_refused()
    {
        await using var lake = new TestLake();
        var folder = Folder(lake, "odd");
        var table = lake.Table("t.odd");
        var empty = await Assert.ThrowsAsync<TableNotUsableException>(() => table.ConvertAsync(lake.Connection, cancellationToken: Cancelled));
        await File.WriteAllTextAsync(Path.Combine(folder, "broken.parquet"), "no Parquet", Cancelled);
        var broken = await Assert.ThrowsAsync<TableNotUsableException>(() => table.ConvertAsync(lake.Connection, cancellationToken: Cancelled));
        await File.WriteAllTextAsync(Path.Combine(folder, "notes.txt"), "x", Cancelled);
        var others = await Assert.ThrowsAsync<TableNotUsableException>(() => table.ConvertAsync(lake.Connection, cancellationToken: Cancelled));
        Assert.Throws<FormatException>(() => ConvertOptions.ParsePartitionBy("day"));

        Assert.Contains("no Parquet files", empty.Message, StringComparison.Ordinal);
        Assert.Contains("'broken.parquet' cannot be read", broken.Message, StringComparison.Ordinal);
        Assert.Contains("notes.txt", others.Message, StringComparison.Ordinal);
    }

    private static string Folder(TestLake lake, string name) => Directory.CreateDirectory(Path.Combine(lake.Folder, "t", name)).FullName;
}
