using System.Text.Json;
using Lakehouse.Testing;

namespace Lakehouse.Cli.Tests;

public sealed class ModelsTests(SmallLake lake) : IClassFixture<SmallLake>, IDisposable
{
    private readonly TemporaryFolder _project = new();

    [Fact]
    public async Task Run_builds_the_models_and_sql_reads_them()
    {
        Project(("models/gold/basket.sql", "SELECT count(*) AS pieces FROM {{ source('silver', 'fruit') }}"));
        LakehouseResult run = await InProjectAsync("run");
        Assert.True(run.ExitCode == 0, run.ToString());
        Assert.Contains("gold.basket", run.Out, StringComparison.Ordinal);
        LakehouseResult rows = await LakehouseProcess.RunAsync("sql", "--lake", lake.Folder, "-f", "csv", "FROM gold.basket");
        Assert.Equal("pieces\n3\n", rows.Out.ReplaceLineEndings("\n"));
    }

    [Fact]
    public async Task The_projects_target_folder_gets_dbts_artefacts()
    {
        Project(("models/gold/pears.sql", "SELECT id FROM {{ source('silver', 'fruit') }} WHERE name LIKE 'pear%'"));
        LakehouseResult run = await InProjectAsync("run");
        Assert.True(run.ExitCode == 0, run.ToString());
        using JsonDocument results = JsonDocument.Parse(await File.ReadAllTextAsync(_project.File("target/run_results.json"), TestContext.Current.CancellationToken));
        Assert.Contains(results.RootElement.GetProperty("results").EnumerateArray(), result => result.GetProperty("unique_id").GetString() == "model.test.pears");
    }

    [Fact]
    public async Task The_results_as_json_tell_each_node()
    {
        Project(("models/gold/apples.sql", "SELECT id FROM {{ source('silver', 'fruit') }} WHERE name = 'apple'"));
        LakehouseResult run = await InProjectAsync("run", "--json");
        JsonElement report = JsonDocument.Parse(run.Out).RootElement;
        Assert.True(report.GetProperty("succeeded").GetBoolean());
        JsonElement node = Assert.Single(report.GetProperty("results").EnumerateArray());
        Assert.Equal("gold.apples", node.GetProperty("table").GetString());
        Assert.Equal("success", node.GetProperty("status").GetString());
    }

    [Fact]
    public async Task A_failing_test_is_exit_code_1_and_a_passing_one_0()
    {
        Project(
            ("models/gold/prices.sql", "SELECT id, price FROM {{ source('silver', 'fruit') }}"),
            ("tests/prices_are_known.sql", "SELECT * FROM {{ ref('prices') }} WHERE price IS NULL"),
            ("tests/ids_are_positive.sql", "SELECT * FROM {{ ref('prices') }} WHERE id <= 0"));
        await InProjectAsync("run");
        LakehouseResult all = await InProjectAsync("test");
        Assert.True(all.ExitCode == 1, all.ToString());
        Assert.Contains("prices_are_known", all.Error, StringComparison.Ordinal);
        LakehouseResult one = await InProjectAsync("test", "--select", "ids_are_positive");
        Assert.True(one.ExitCode == 0, one.ToString());
    }

    [Fact]
    public async Task A_model_that_fails_is_exit_code_1_with_its_file()
    {
        Project(("models/gold/broken.sql", "SELECT nosuch FROM {{ source('silver', 'fruit') }}"));
        LakehouseResult run = await InProjectAsync("run");
        Assert.True(run.ExitCode == 1, run.ToString());
        Assert.Contains("models/gold/broken.sql", run.Error, StringComparison.Ordinal);
        Assert.Contains("nosuch", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_ref_is_named_with_its_place()
    {
        Project(("models/gold/lost.sql", "SELECT 1 AS one\nFROM {{ ref('nobody') }}"));
        LakehouseResult run = await InProjectAsync("run");
        Assert.True(run.ExitCode == 1, run.ToString());
        Assert.Contains("models/gold/lost.sql:2:", run.Error, StringComparison.Ordinal);
        Assert.Contains("nobody", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_variable_takes_the_place_of_the_projects()
    {
        Project(("models/gold/chosen.sql", "SELECT '{{ var('fruit', 'none') }}' AS fruit"));
        await InProjectAsync("run", "--var", "fruit=plum");
        LakehouseResult rows = await LakehouseProcess.RunAsync("sql", "--lake", lake.Folder, "-f", "csv", "FROM gold.chosen");
        Assert.Equal("fruit\nplum\n", rows.Out.ReplaceLineEndings("\n"));
    }

    [Theory]
    [InlineData("run", "--select", "++")]
    [InlineData("run", "--var", "noequals")]
    [InlineData("run", "--sample", "--project", ".")]
    [InlineData("run", "--threads", "0")]
    [InlineData("test", "--project", "/nosuch")]
    public async Task Wrong_usage_is_exit_code_2(params string[] arguments)
    {
        Project(("models/gold/one.sql", "SELECT 1 AS one"));
        LakehouseResult result = await InProjectAsync(arguments);
        Assert.True(result.ExitCode == 2 && result.Out.Length == 0, result.ToString());
    }

    [Fact]
    public async Task A_folder_without_a_project_says_how_to_name_one()
    {
        LakehouseResult result = await InProjectAsync("run");
        Assert.True(result.ExitCode == 2, result.ToString());
        Assert.Contains("--sample", result.Error, StringComparison.Ordinal);
    }

    public void Dispose() => _project.Dispose();

    private Task<LakehouseResult> InProjectAsync(params string[] arguments) =>
        LakehouseProcess.RunAsync([.. arguments, "--lake", lake.Folder], input: null, folder: _project.Path);

    private void Project(params (string Path, string Text)[] files)
    {
        Write("dbt_project.yml", "name: test\nversion: '1.0'\nmodels:\n  test:\n    +materialized: table\n");
        Write("models/sources.yml", "sources:\n  - name: silver\n    tables:\n      - name: fruit\n");
        foreach ((string path, string text) in files)
            Write(path, text);
    }

    private void Write(string path, string text)
    {
        string file = _project.File(path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }
}
