using Lakehouse.Engine;
using Lakehouse.Testing;

namespace Lakehouse.Transform.Tests;

public sealed class QuarantineTests
{
    private const string Model = """
        {{ config(materialized='incremental', unique_key='id', quarantine=true, delete_when='gone', except_columns=['gone']) }}
        select id, amount, status, gone from {{ changes(source('bronze', 'sales')) }} where _change_type = 'insert'
        qualify row_number() over (partition by id order by seq desc) = 1
        """;

    private const string Properties = """
        version: 2
        sources: [{name: bronze, tables: [{name: sales}]}]
        models:
          - name: sales
            columns:
              - {name: id, data_tests: [unique, not_null: {config: {severity: error}}]}
              - {name: amount, data_tests: [not_null, expression_is_true: {name: amounts_are_positive, arguments: {expression: '> 0'}}]}
              - name: status
                data_tests: [accepted_values: {arguments: {values: [open, paid]}, config: {severity: warn}}]
        """;

    [Fact]
    public async Task Rows_that_break_a_rule_go_to_quarantine_with_rule_and_run()
    {
        await using var lake = new TransformLake();
        using var folder = Project();
        await lake.AppendAsync("bronze.sales", Rows("(1, 10, 'open', false, 1), (2, -1, 'lost', false, 1), (3, NULL, 'paid', false, 1)"));

        var results = await lake.RunAsync(folder.Load());

        SampleModelsTests.AssertSucceeded(results);
        Assert.Equal(["1|10|open"], await lake.RowsAsync("SELECT * FROM silver.sales ORDER BY id"));
        Assert.Equal(
            ["2|-1|accepted_values_sales_status__open__paid", "2|-1|amounts_are_positive", "3|null|amounts_are_positive", "3|null|not_null_sales_amount"],
            await lake.RowsAsync("SELECT id, amount, _rule FROM quarantine.sales ORDER BY ALL"));
        Assert.Equal(results.InvocationId, await lake.CellAsync("SELECT DISTINCT _run_id FROM quarantine.sales"));
        Assert.Equal(4, results["sales"].Quarantined);
    }

    [Fact]
    public async Task A_key_whose_new_version_breaks_a_rule_leaves_the_model()
    {
        await using var lake = new TransformLake();
        using var folder = Project();
        await lake.AppendAsync("bronze.sales", Rows("(1, 10, 'open', false, 1), (2, 5, 'paid', false, 1)"));
        await lake.RunAsync(folder.Load());
        await lake.AppendAsync("bronze.sales", Rows("(1, -10, 'open', false, 2), (3, 7, 'open', false, 2)"));

        var results = await lake.RunAsync(folder.Load());

        Assert.True(results["sales"].Incremental);
        Assert.Equal(["2|5|paid", "3|7|open"], await lake.RowsAsync("SELECT * FROM silver.sales ORDER BY id"));
        await lake.RunAsync(folder.Load(), new RunOptions { FullRefresh = true });
        Assert.Equal(["2|5|paid", "3|7|open"], await lake.RowsAsync("SELECT * FROM silver.sales ORDER BY id"));
    }

    [Fact]
    public async Task A_rule_of_severity_error_stops_the_model_before_its_commit()
    {
        await using var lake = new TransformLake();
        using var folder = Project();
        folder.Write("models/gold/totals.sql", "{{ config(materialized='table') }}\nselect sum(amount) as total from {{ ref('sales') }}");
        await lake.AppendAsync("bronze.sales", Rows("(1, 10, 'open', false, 1)"));
        await lake.RunAsync(folder.Load());
        var before = (await lake.Table("silver.sales").SnapshotAsync(null, TestContext.Current.CancellationToken)).Version;
        await lake.AppendAsync("bronze.sales", Rows("(NULL, 5, 'open', false, 2), (2, -5, 'open', false, 2)"));

        var results = await lake.RunAsync(folder.Load());

        Assert.Equal(NodeStatus.Error, results["sales"].Status);
        Assert.True(results["sales"].Message!.Contains("not_null_sales_id (1 row(s), models/schema.yml:6:", StringComparison.Ordinal), results["sales"].Message);
        Assert.Equal(NodeStatus.Skipped, results["totals"].Status);
        Assert.Equal(before, (await lake.Table("silver.sales").SnapshotAsync(null, TestContext.Current.CancellationToken)).Version);
        Assert.Null(await lake.Table("quarantine.sales").TrySnapshotAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Rows_that_delete_are_not_held_to_rules()
    {
        await using var lake = new TransformLake();
        using var folder = Project();
        await lake.AppendAsync("bronze.sales", Rows("(1, 10, 'open', false, 1), (2, 5, 'paid', false, 1)"));
        await lake.RunAsync(folder.Load());
        await lake.AppendAsync("bronze.sales", Rows("(1, NULL, NULL, true, 2)"));

        var results = await lake.RunAsync(folder.Load());

        SampleModelsTests.AssertSucceeded(results);
        Assert.Equal(["2|5|paid"], await lake.RowsAsync("SELECT * FROM silver.sales ORDER BY id"));
        Assert.Null(await lake.Table("quarantine.sales").TrySnapshotAsync(TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Of_two_runs_at_once_the_rows_of_the_one_that_commits_are_kept(bool loserIsLate)
    {
        await using var lake = new TransformLake();
        using var folder = Project();
        await lake.AppendAsync("bronze.sales", Rows("(1, 10, 'open', false, 1)"));
        await lake.RunAsync(folder.Load());
        await lake.AppendAsync("bronze.sales", Rows("(2, -2, 'open', false, 2)"));
        await using var loser = new PausedRun(lake, folder.Load());
        // Either both have written to quarantine when the winner commits, or the loser has not begun to.
        await (loserIsLate ? loser.ToLookAtAsync("quarantine/sales") : loser.ToCommitOfAsync("silver/sales"));
        await lake.AppendAsync("bronze.sales", Rows("(3, -3, 'open', false, 3)"));
        var winner = await lake.RunAsync(folder.Load());
        SampleModelsTests.AssertSucceeded(winner);

        var lost = await loser.ToEndAsync();

        Assert.Contains("another run", lost["sales"].Message, StringComparison.Ordinal);
        Assert.Equal([$"2|{winner.InvocationId}", $"3|{winner.InvocationId}"], await lake.RowsAsync("SELECT id, _run_id FROM quarantine.sales ORDER BY id"));
    }

    [Fact]
    public async Task A_model_that_is_built_anew_leaves_what_was_kept_for_the_one_before()
    {
        await using var lake = new TransformLake();
        using var folder = Project();
        for (var seq = 1; seq <= 3; seq++)
        {
            await lake.AppendAsync("bronze.sales", Rows($"({seq}, -1, 'open', false, {seq})"));
            await lake.RunAsync(folder.Load());
        }
        Directory.Delete(Path.Combine(lake.Folder, "silver", "sales"), recursive: true);
        // A lake keeps what it knows of a table; the next process knows nothing.
        await using var reopened = Lake.Open(lake.Folder);
        await using var runner = new ModelRunner(reopened, folder.Load());

        SampleModelsTests.AssertSucceeded(await runner.RunAsync(TestContext.Current.CancellationToken));

        Assert.Equal(["1|2", "2|2", "3|2"], await lake.RowsAsync("SELECT id, count(*) FROM quarantine.sales GROUP BY id ORDER BY id"));
        for (var seq = 4; seq <= 6; seq++)
        {
            await lake.AppendAsync("bronze.sales", Rows($"({seq}, -1, 'open', false, {seq})"));
            SampleModelsTests.AssertSucceeded(await runner.RunAsync(TestContext.Current.CancellationToken));
        }
        Assert.Equal(["1|2", "2|2", "3|2", "4|1", "5|1", "6|1"], await lake.RowsAsync("SELECT id, count(*) FROM quarantine.sales GROUP BY id ORDER BY id"));
    }

    [Theory]
    [InlineData(false, 1)]
    [InlineData(false, -1)]
    [InlineData(true, 1)]
    [InlineData(true, -1)]
    public async Task Rows_of_an_attempt_whose_model_never_came_are_gone_after_the_next(bool firstBuild, int amount)
    {
        await using var lake = new TransformLake();
        using var folder = Project();
        if (!firstBuild)
        {
            await lake.AppendAsync("bronze.sales", Rows("(1, -1, 'open', false, 1)"));
            SampleModelsTests.AssertSucceeded(await lake.RunAsync(folder.Load()));
        }
        await lake.AppendAsync("bronze.sales", Rows("(2, -1, 'open', false, 2)"));
        await using (var attempt = new PausedRun(lake, folder.Load()))
        {
            await attempt.ToCommitOfAsync("silver/sales");
            Assert.Equal(NodeStatus.Error, (await attempt.ToEndAsync(Fault.Before))["sales"].Status);
        }
        Assert.Equal("1", await lake.CellAsync("SELECT count(*) FROM quarantine.sales WHERE id = 2"));
        await lake.AppendAsync("bronze.sales", Rows($"(2, {amount}, 'open', false, 3)"));

        SampleModelsTests.AssertSucceeded(await lake.RunAsync(folder.Load()));

        var expected = (firstBuild ? Array.Empty<string>() : ["1"]).Concat(amount < 0 ? ["2"] : []);
        Assert.Equal(expected, await lake.RowsAsync("SELECT id FROM quarantine.sales ORDER BY id"));
    }

    private static ProjectFolder Project() => new(("models/silver/sales.sql", Model), ("models/schema.yml", Properties));

    private static string Rows(string values) =>
        $"SELECT id::BIGINT AS id, amount::BIGINT AS amount, status::VARCHAR AS status, gone, seq::BIGINT AS seq FROM (VALUES {values}) v(id, amount, status, gone, seq)";
}
