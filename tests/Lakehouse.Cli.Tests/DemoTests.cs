using System.Text.Json;
using Lakehouse.Delta;
using Lakehouse.EmbeddedPostgres;
using Lakehouse.Engine;

namespace Lakehouse.Cli.Tests;

public sealed class DemoTests : IDisposable
{
    private const int Interrupt = 2;
    private const int Kill = 9;
    private readonly DemoFolder _folder = new();

    public DemoTests()
    {
        Assert.SkipUnless(PostgresServer.IsAvailable, "This build ships no PostgreSQL for this platform; build with -r linux-x64, linux-arm64, osx-x64, osx-arm64 or win-x64.");
        Assert.SkipUnless(OperatingSystem.IsLinux(), "These tests look for processes in /proc and send signals; they run on Linux.");
    }

    [Fact]
    public async Task Gold_answers_as_PostgreSQL_does_and_nothing_is_left_running()
    {
        LakehouseResult result = await LakehouseProcess.RunAsync(_folder.Small());
        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Contains("answers of gold equal PostgreSQL's own", result.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("DIFFER", result.Out, StringComparison.Ordinal);
        Assert.Empty(_folder.Running());
    }

    [Fact]
    public async Task The_report_as_json_has_answers_timings_and_freshness()
    {
        JsonElement report = await _folder.RunAsync();
        Assert.True(report.GetProperty("equal").GetBoolean());
        Assert.All(report.GetProperty("answers").EnumerateArray(), answer => Assert.NotEqual(0, answer.GetProperty("rows").GetArrayLength()));
        Assert.True(report.GetProperty("timings").GetProperty("changes").GetInt64() >= 100);
        Assert.True(report.GetProperty("freshness").GetProperty("transactions").GetInt32() > 0);
        double bronze = report.GetProperty("freshness").GetProperty("bronze").GetProperty("p50").GetDouble();
        double gold = report.GetProperty("freshness").GetProperty("gold").GetProperty("p50").GetDouble();
        Assert.True(bronze > 0 && gold >= bronze, $"bronze {bronze} ms, gold {gold} ms");
    }

    [Theory]
    [InlineData("burst")]
    [InlineData("bulk")]
    [InlineData("schema")]
    public async Task Other_patterns_of_change_end_in_equal_answers(string pattern)
    {
        LakehouseResult result = await LakehouseProcess.RunAsync(["demo", "--data", _folder.Data, "--scale", "0.003", "--rate", "100", "--duration", "3s", "--pattern", pattern], input: null);
        Assert.True(result.ExitCode == 0, result.ToString());
    }

    [Fact]
    public async Task A_second_demo_goes_on_where_the_first_ended()
    {
        await _folder.RunAsync();
        JsonElement second = await _folder.RunAsync();
        Assert.Equal(0, second.GetProperty("timings").GetProperty("seededRows").GetInt64());
        Assert.Equal(0, second.GetProperty("timings").GetProperty("snapshotRows").GetInt64());
    }

    [Fact]
    public async Task The_lake_that_stays_answers_sql()
    {
        JsonElement report = await _folder.RunAsync();
        Assert.Equal(_folder.Lake, report.GetProperty("lake").GetString());
        LakehouseResult result = await LakehouseProcess.RunAsync("sql", "--lake", _folder.Lake, "-f", "csv", "SELECT count(*) > 0 AS any FROM gold.fact_sale");
        Assert.Equal("any\ntrue\n", result.Out.ReplaceLineEndings("\n"));
    }

    [Fact]
    public async Task A_wrong_row_in_gold_is_found_and_exit_code_1()
    {
        await _folder.RunAsync();
        await AddWrongRowAsync();
        LakehouseResult result = await LakehouseProcess.RunAsync(_folder.Small());
        Assert.True(result.ExitCode == 1, result.ToString());
        Assert.Contains("DIFFER", result.Out, StringComparison.Ordinal);
        Assert.Contains("≠", result.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_interrupt_while_changes_stream_stops_everything_and_is_exit_code_130()
    {
        using LakehouseProcess demo = await _folder.StartStreamingAsync();
        demo.Signal(Interrupt);
        LakehouseResult result = await demo.EndAsync();
        Assert.True(result.ExitCode == 130 && result.Out.Length == 0, result.ToString());
        Assert.Empty(_folder.Running());
        await _folder.RunAsync();
    }

    [Theory]
    [InlineData("PostgreSQL:")]
    [InlineData("Sample business:")]
    [InlineData("Snapshot to bronze:")]
    public async Task An_interrupt_between_stages_leaves_nothing_running(string stage)
    {
        using LakehouseProcess demo = await _folder.StartAsync(stage);
        demo.Signal(Interrupt);
        LakehouseResult result = await demo.EndAsync();
        Assert.True(result.ExitCode == 130 && result.Out.Length == 0, result.ToString());
        Assert.Empty(_folder.Running());
    }

    [Fact]
    public async Task An_interrupt_while_the_database_is_made_leaves_nothing_running()
    {
        using LakehouseProcess demo = await _folder.StartUntilRunsAsync("initdb");
        demo.Signal(Interrupt);
        LakehouseResult result = await demo.EndAsync();
        Assert.True(result.ExitCode == 130 && result.Out.Length == 0, result.ToString());
        await _folder.NothingRunsAsync();
    }

    [Theory]
    [InlineData("PostgreSQL:")]
    [InlineData("Sample business:")]
    [InlineData("Snapshot to bronze:")]
    public async Task A_demo_killed_between_stages_is_finished_by_the_next(string stage)
    {
        using LakehouseProcess demo = await _folder.StartAsync(stage);
        demo.Signal(Kill);
        await demo.EndAsync();
        await _folder.RunAsync();
    }

    [Fact]
    public async Task A_killed_demo_takes_PostgreSQL_with_it_and_the_next_one_goes_on()
    {
        using LakehouseProcess demo = await _folder.StartStreamingAsync();
        demo.Signal(Kill);
        await demo.EndAsync();
        await _folder.NothingRunsAsync();
        JsonElement next = await _folder.RunAsync();
        Assert.Equal(0, next.GetProperty("timings").GetProperty("seededRows").GetInt64());
    }

    [Fact]
    public async Task A_temporary_demo_leaves_no_file()
    {
        Dictionary<string, string> environment = new() { ["TMPDIR"] = _folder.Data };
        LakehouseResult result = await LakehouseProcess.RunAsync(["demo", "--scale", "0.003", "--rate", "100", "--duration", "1s"], input: null, environment);
        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Data, "lakehouse*"));
    }

    [Fact]
    public async Task A_data_folder_that_holds_something_else_is_refused()
    {
        string postgres = Directory.CreateDirectory(Path.Combine(_folder.Data, "postgres")).FullName;
        await File.WriteAllTextAsync(Path.Combine(postgres, "letters.txt"), "dear diary", TestContext.Current.CancellationToken);
        LakehouseResult result = await LakehouseProcess.RunAsync(_folder.Small());
        Assert.True(result.ExitCode == 1, result.ToString());
        Assert.Contains("choose another folder", result.Error, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>A month that no order has, in a commit that says of itself what the model's own last commit says.</summary>
    private async Task AddWrongRowAsync()
    {
        CancellationToken cancel = TestContext.Current.CancellationToken;
        await using Lake lake = Lake.Open(_folder.Lake);
        await using LakeSession session = lake.OpenSession();
        LakeTable table = lake.Table(TableName.Parse("gold.sales_metrics"));
        Snapshot snapshot = await table.SnapshotAsync(cancellationToken: cancel);
        string sql = "SELECT * REPLACE (DATE '1999-01-01' AS month_start) FROM gold.sales_metrics LIMIT 1";
        await session.BindAsync(sql, cancellationToken: cancel);
        await table.AppendAsync(session.Connection, sql, new WriteOptions { Tags = snapshot.CommitInfo!.Tags.ToDictionary(tag => tag.Key, tag => tag.Value!) }, cancel);
    }
}
