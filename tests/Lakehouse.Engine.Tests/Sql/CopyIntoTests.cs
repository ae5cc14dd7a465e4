namespace Lakehouse.Engine.Tests.Sql;

/// <summary>COPY INTO takes every file once.</summary>
public sealed class CopyIntoTests : IAsyncDisposable
{
    private readonly DirectoryInfo _files = Directory.CreateTempSubdirectory("lakehouse-copy-");
    private readonly TestLake _lake = new();

    [Fact]
    public async Task Files_are_taken_in_once()
    {
        Write("a.csv", "id,name\n1,Ann\n2,Bob\n");
        Write("deep/b.csv", "name,id\nCid,3\n");
        Write("_ignored.csv", "what\n");

        Assert.Equal(["0|3|2|0"], await CopyAsync("FILEFORMAT = CSV"));
        Assert.Equal(["0|0|0|2"], await CopyAsync("FILEFORMAT = CSV"));
        Write("c.csv", "id\n4\n");
        Assert.Equal(["1|1|1|2"], await CopyAsync("FILEFORMAT = CSV"));
        Assert.Equal(["1|Ann", "2|Bob", "3|Cid", "4|null"], await _lake.RowsAsync("SELECT id, name FROM t.people ORDER BY id"));
        Assert.Equal(["2|4|3|0"], await CopyAsync("FILEFORMAT = CSV COPY_OPTIONS ('force' = 'true')"));
    }

    [Fact]
    public async Task Two_copies_at_once_take_every_file_once()
    {
        for (int i = 0; i < 6; i++) Write($"{i}.json", $"{{\"id\": {i}}}\n");
        await _lake.RowsAsync("CREATE TABLE t.people (id BIGINT)");
        await using Lake other = Lake.Open(_lake.Folder, new LakeOptions { Threads = 1, MemoryLimit = "500MB" });

        await Task.WhenAll(Enumerable.Range(0, 4).Select(async i =>
        {
            await using LakeSession session = (i % 2 == 0 ? _lake.Lake : other).OpenSession();
            await TestLake.RowsAsync(session, $"COPY INTO t.people FROM '{_files.FullName}' FILEFORMAT = JSON PATTERN = '*.json'");
        }));

        Assert.Equal(["6|6|1"], await _lake.RowsAsync("SELECT count(*), count(DISTINCT id), (SELECT count(*) FROM range(1)) FROM t.people"));
    }

    [Fact]
    public async Task Columns_come_in_the_tables_types_and_by_position_without_a_header()
    {
        await _lake.RowsAsync("CREATE TABLE t.people (id BIGINT, price DECIMAL(9,2), day DATE)");
        Write("a.csv", "1;2,5;31.01.2026\n".Replace(',', '.'));

        await CopyAsync("FILEFORMAT = CSV FORMAT_OPTIONS ('header' = 'false', 'sep' = ';', 'dateFormat' = '%d.%m.%Y')");

        Assert.Equal(["1|2.50|2026-01-31"], await _lake.RowsAsync("SELECT id, price::VARCHAR, day::VARCHAR FROM t.people"));
    }

    [Fact]
    public async Task New_columns_come_where_they_are_wanted_and_are_refused_otherwise()
    {
        await _lake.RowsAsync("CREATE TABLE t.people (id BIGINT)");
        await _lake.RowsAsync($"COPY (SELECT 1 AS id, 'x' AS more) TO '{Path.Combine(_files.FullName, "a.parquet")}' (FORMAT parquet)");

        await Assert.ThrowsAnyAsync<Exception>(() => CopyAsync("FILEFORMAT = PARQUET"));
        Assert.Equal(["1|1|1|0"], await CopyAsync("FILEFORMAT = PARQUET COPY_OPTIONS ('mergeSchema' = 'true')"));
        Assert.Equal(["1|x"], await _lake.RowsAsync("FROM t.people"));
    }

    [Fact]
    public async Task A_select_shapes_the_rows()
    {
        Write("a.csv", "id,name\n1,Ann\n2,Bob\n");

        await _lake.RowsAsync($"COPY INTO t.people FROM (SELECT id * 10 AS id, upper(name) AS name FROM '{_files.FullName}') FILEFORMAT = CSV FILES = ('a.csv')");

        Assert.Equal(["10|ANN", "20|BOB"], await _lake.RowsAsync("FROM t.people ORDER BY id"));
    }

    [Fact]
    public async Task A_bad_file_stops_the_copy_and_nothing_is_taken_in()
    {
        await _lake.RowsAsync("CREATE TABLE t.people (id BIGINT)");
        Write("a.csv", "id\n1\n");
        Write("b.csv", "id\nnonsense\n");

        var error = await Assert.ThrowsAsync<EngineException>(() => CopyAsync("FILEFORMAT = CSV FORMAT_OPTIONS ('header' = 'true')"));

        Assert.Contains($"row 1 of {Path.Combine(_files.FullName, "b.csv")} has 'nonsense' for column 'id', which takes long", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, (await _lake.Table("t.people").SnapshotAsync(null, TestContext.Current.CancellationToken)).Version);
    }

    [Fact]
    public async Task Files_without_a_header_are_told_as_such()
    {
        await _lake.RowsAsync("CREATE TABLE t.people (id BIGINT, name VARCHAR)");
        Write("a.csv", "1,Ann\n2,Bob\n");

        var error = await Assert.ThrowsAsync<SchemaNotAcceptedException>(() => CopyAsync("FILEFORMAT = CSV FORMAT_OPTIONS ('header' = 'true')"));

        Assert.Contains("(1, Ann) is a column of the table (id, name)", error.Message, StringComparison.Ordinal);
        Assert.Contains("'header' = 'false'", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("*.csv", "a.csv b.csv deep/a.csv")]
    [InlineData("?.{csv,txt}", "a.csv b.csv b.txt")]
    [InlineData("*[!b].{csv,txt}", "a.csv deep/a.csv")]
    [InlineData("{deep/*,b.txt}", "b.txt deep/a.csv")]
    [InlineData("[b-z].csv", "b.csv")]
    [InlineData("a+.csv", "")]
    public async Task A_pattern_chooses_files(string pattern, string expected)
    {
        foreach (string name in new[] { "a.csv", "b.csv", "b.txt", "deep/a.csv" }) Write(name, $"name\n{name}\n");
        await _lake.RowsAsync("CREATE TABLE t.people (name VARCHAR)");

        await CopyAsync($"FILEFORMAT = CSV PATTERN = '{pattern}' FORMAT_OPTIONS ('header' = 'true')");

        Assert.Equal([expected], await _lake.RowsAsync("SELECT coalesce(string_agg(name, ' ' ORDER BY name), '') FROM t.people"));
    }

    [Theory]
    [InlineData("{a.csv")]
    [InlineData("[z-a].csv")]
    public async Task A_pattern_that_is_none_is_named(string pattern)
    {
        Write("a.csv", "name\n");
        var error = await Assert.ThrowsAsync<EngineException>(() => CopyAsync($"FILEFORMAT = CSV PATTERN = '{pattern}'"));
        Assert.Contains(pattern, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/no/such/folder", "no file or folder '/no/such/folder'")]
    [InlineData("s3://bucket/files", "files of this machine")]
    public async Task A_place_that_is_not_there_is_named(string place, string message)
    {
        var error = await Assert.ThrowsAsync<EngineException>(() => _lake.RowsAsync($"COPY INTO t.people FROM '{place}' FILEFORMAT = CSV"));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    public async ValueTask DisposeAsync()
    {
        await _lake.DisposeAsync();
        _files.Delete(recursive: true);
    }

    private Task<List<string>> CopyAsync(string options) => _lake.RowsAsync($"COPY INTO t.people FROM '{_files.FullName}' {options}");

    private void Write(string name, string text)
    {
        string path = Path.Combine(_files.FullName, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }
}
