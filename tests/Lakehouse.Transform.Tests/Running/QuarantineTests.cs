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

    private static ProjectFolder Project() => new(("models/silver/sales.sql", Model), ("models/schema.yml", Properties));

    private static string Rows(string values) =>
        $"SELECT id::BIGINT AS id, amount::BIGINT AS amount, status::VARCHAR AS status, gone, seq::BIGINT AS seq FROM (VALUES {values}) v(id, amount, status, gone, seq)";
}
