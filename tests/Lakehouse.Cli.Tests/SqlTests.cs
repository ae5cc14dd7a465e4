using System.Text.Json;
using Lakehouse.Testing;

namespace Lakehouse.Cli.Tests;

public sealed class SqlTests(SmallLake lake) : IClassFixture<SmallLake>
{
    [Fact]
    public async Task A_table_of_the_lake_is_printed_in_columns_and_the_summary_goes_to_standard_error()
    {
        LakehouseResult result = await SqlAsync("SELECT id, name, price FROM silver.fruit ORDER BY id");
        Assert.Equal("id | name       | price\n---+------------+------\n 1 | apple      |  0.30\n 2 | pear, ripe |  NULL\n 3 | plum       |  0.15\n", result.Out);
        Assert.Contains("3 rows", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Csv_quotes_what_needs_it()
    {
        LakehouseResult result = await SqlAsync("SELECT name, price FROM silver.fruit ORDER BY id", "--format", "csv");
        Assert.Equal("name,price\napple,0.30\n\"pear, ripe\",\nplum,0.15\n", result.Out.ReplaceLineEndings("\n"));
        Assert.Empty(result.Error);
    }

    [Fact]
    public async Task Json_has_one_object_a_row_with_exact_numbers()
    {
        LakehouseResult result = await SqlAsync("SELECT id, name, price FROM silver.fruit WHERE id < 3 ORDER BY id", "--format", "json");
        JsonElement[] rows = [.. JsonDocument.Parse(result.Out).RootElement.EnumerateArray()];
        Assert.Equal(2, rows.Length);
        Assert.Equal("0.30", rows[0].GetProperty("price").GetRawText().Trim('"'));
        Assert.Equal(JsonValueKind.Null, rows[1].GetProperty("price").ValueKind);
    }

    [Fact]
    public async Task Several_statements_share_a_session()
    {
        LakehouseResult result = await SqlAsync("CREATE TEMP TABLE cheap AS FROM silver.fruit WHERE price < 0.2; SELECT count(*) AS n FROM cheap; SELECT name FROM cheap", "-f", "csv");
        Assert.Equal("n\n1\nname\nplum\n", result.Out.ReplaceLineEndings("\n"));
    }

    [Fact]
    public async Task Standard_input_is_read_when_no_statement_is_given()
    {
        LakehouseResult result = await LakehouseProcess.RunAsync(["sql", "--lake", lake.Folder, "-f", "csv"], "SELECT 1 AS one;\n-- a comment\nSELECT max(id) AS last FROM silver.fruit;\n");
        Assert.Equal("one\n1\nlast\n3\n", result.Out.ReplaceLineEndings("\n"));
    }

    [Theory]
    [InlineData("SELECT nosuch FROM silver.fruit")]
    [InlineData("INSERT INTO silver.fruit VALUES (1, 2, 3, 4, 5, 6, 7, 8, 9)")]
    [InlineData("SELECT * FROM silver.fruit VERSION AS OF 999")]
    public async Task A_failed_statement_of_a_script_is_named_by_its_line_and_ends_it(string wrong)
    {
        LakehouseResult result = await LakehouseProcess.RunAsync(["sql", "--lake", lake.Folder, "-f", "csv"], $"SELECT 1 AS one;\n\n{wrong};\nSELECT 2 AS two;\n");
        Assert.True(result.ExitCode == 1, result.ToString());
        Assert.Contains("line 3", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("two", result.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Any_delta_folder_is_read_at_any_version()
    {
        LakehouseResult result = await LakehouseProcess.RunAsync("sql", "-f", "csv", $"SELECT count(*) AS n FROM delta_scan('{lake.Table}', version => 0); SELECT count(*) AS n FROM delta_scan('{lake.Table}')");
        Assert.Equal("n\n2\nn\n3\n", result.Out.ReplaceLineEndings("\n"));
    }

    [Fact]
    public async Task Files_are_read_by_DuckDBs_own_functions_without_a_lake()
    {
        using TemporaryFolder folder = new();
        await File.WriteAllTextAsync(folder.File("rows.csv"), "a,b\n1,x\n2,y\n", TestContext.Current.CancellationToken);
        LakehouseResult result = await LakehouseProcess.RunAsync(["sql", "-f", "csv", "SELECT sum(a) AS s FROM read_csv('rows.csv')"], input: null, folder: folder.Path);
        Assert.Equal("s\n3\n", result.Out.ReplaceLineEndings("\n"));
        Assert.False(Directory.Exists(folder.File("lake")));
    }

    [Fact]
    public async Task Tables_and_history_as_json_tell_versions_and_rows()
    {
        JsonElement table = JsonDocument.Parse((await LakehouseProcess.RunAsync("tables", "--lake", lake.Folder, "--json")).Out).RootElement[0];
        Assert.Equal("silver.fruit", table.GetProperty("name").GetString());
        Assert.Equal(3, table.GetProperty("rows").GetInt64());
        JsonElement commits = JsonDocument.Parse((await LakehouseProcess.RunAsync("history", "silver.fruit", "--lake", lake.Folder, "--json")).Out).RootElement;
        Assert.Equal([1, 0], commits.EnumerateArray().Select(commit => commit.GetProperty("version").GetInt64()));
    }

    [Fact]
    public async Task A_lake_that_is_not_there_is_wrong_usage()
    {
        LakehouseResult result = await LakehouseProcess.RunAsync("sql", "--lake", lake.Folder + "-not", "SELECT 1");
        Assert.True(result.ExitCode == 2 && result.Out.Length == 0, result.ToString());
        Assert.Contains("there is no lake at", result.Error, StringComparison.Ordinal);
    }

    /// <summary>SQL over files needs no lake; what writes to one does, and must not write to nowhere.</summary>
    [Fact]
    public async Task Without_a_lake_nothing_is_written()
    {
        using TemporaryFolder folder = new();
        LakehouseResult reading = await LakehouseProcess.RunAsync(["sql", "SELECT 1 AS one"], input: null, folder: folder.Path);
        Assert.True(reading.ExitCode == 0, reading.ToString());
        LakehouseResult writing = await LakehouseProcess.RunAsync(["sql", "CREATE TABLE silver.fruit AS SELECT 1 AS id"], input: null, folder: folder.Path);
        Assert.True(writing.ExitCode == 2, writing.ToString());
        Assert.Contains("there is no lake at", writing.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_table_that_is_not_there_is_one_sentence()
    {
        LakehouseResult result = await SqlAsync("SELECT * FROM silver.vegetables");
        Assert.True(result.ExitCode == 1, result.ToString());
        Assert.Contains("vegetables", result.Error, StringComparison.Ordinal);
        Assert.Contains("silver.fruit", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_log_full_of_garbage_is_named_with_its_file()
    {
        using TemporaryFolder folder = new();
        string log = Directory.CreateDirectory(folder.File("silver/broken/_delta_log")).FullName;
        await File.WriteAllTextAsync(Path.Combine(log, "00000000000000000000.json"), "\u0000\u0001 no json here\n", TestContext.Current.CancellationToken);
        LakehouseResult result = await LakehouseProcess.RunAsync("sql", "--lake", folder.Path, "FROM silver.broken");
        Assert.True(result.ExitCode == 1, result.ToString());
        Assert.Contains("00000000000000000000.json", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("defect", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_interrupt_ends_a_query_with_exit_code_130()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no signals; Ctrl-C there is a console event.");
        using LakehouseProcess process = LakehouseProcess.Start(["sql", "-f", "csv", "SELECT 1 AS one; SELECT count(*) FROM range(1000000000000) a, range(1000000) b"]);
        Assert.Equal("one", await process.Output.ReadLineAsync(TestContext.Current.CancellationToken));
        process.Signal(2);
        LakehouseResult result = await process.EndAsync();
        Assert.True(result.ExitCode == 130, result.ToString());
    }

    private Task<LakehouseResult> SqlAsync(string sql, params string[] more) => LakehouseProcess.RunAsync(["sql", "--lake", lake.Folder, sql, .. more]);
}
