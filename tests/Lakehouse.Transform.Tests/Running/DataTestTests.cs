namespace Lakehouse.Transform.Tests;

public sealed class DataTestTests
{
    private const string Items = "(1, 'a', 5), (2, 'b', 20), (2, NULL, -7), (9, 'x', 3)";

    private const string Properties = """
        version: 2
        sources: [{name: bronze, tables: [{name: items}, {name: parents}]}]
        models:
          - name: items
            columns:
              - name: id
                data_tests:
                  - unique
                  - relationships: {arguments: {to: "source('bronze', 'parents')", field: id}, config: {severity: warn}}
              - name: name
                data_tests:
                  - not_null: {config: {where: "price > 0"}}
                  - accepted_values: {arguments: {values: [a, b]}, config: {error_if: '> 5', warn_if: '> 0'}}
              - name: price
                data_tests:
                  - expression_is_true: {arguments: {expression: '< 100'}}
                  - dbt_utils.expression_is_true: {arguments: {expression: '> 0'}, config: {limit: 1}}
                  - is_even: {config: {severity: warn}}
            data_tests:
              - unique_combination_of_columns: {arguments: {combination_of_columns: [id, name]}}
        """;

    [Fact]
    public async Task Tests_count_the_rows_that_break_them()
    {
        await using var lake = new TransformLake();
        using var folder = Project();
        await LoadAsync(lake);
        await lake.RunAsync(folder.Load());

        await using var runner = new ModelRunner(lake.Lake, folder.Load());
        var results = await runner.TestAsync(TestContext.Current.CancellationToken);

        Assert.Equal(
            [
                "accepted_values_items_name__a__b Warn 1", "dbt_utils_expression_is_true_items_price___0 Fail 1", "expression_is_true_items_price___100 Pass 0",
                "is_even_items_price Warn 3", "not_null_items_name Pass 0", "prices_are_small Fail 1", "relationships_items_id__id__source_bronze_parents_ Warn 1",
                "unique_combination_of_columns_items_id__name Pass 0", "unique_items_id Fail 1",
            ],
            results.Results.Select(r => $"{r.Node.Name} {r.Status} {r.Failures}").Order(StringComparer.Ordinal));
        Assert.Equal(1, results.ExitCode);
        Assert.Equal("Got 1 result, configured to fail if != 0", results["unique_items_id"].Message);
        Assert.Equal(20L, Assert.Single(results["prices_are_small"].Samples)["price"]);
    }

    [Fact]
    public async Task A_build_skips_what_comes_after_a_failing_test()
    {
        await using var lake = new TransformLake();
        using var folder = Project();
        folder.Write("models/gold/total.sql", "{{ config(materialized='table') }} select sum(price) as total from {{ ref('items') }}");
        await LoadAsync(lake);

        await using var runner = new ModelRunner(lake.Lake, folder.Load());
        var results = await runner.BuildAsync(TestContext.Current.CancellationToken);

        Assert.Equal(NodeStatus.Success, results["items"].Status);
        Assert.Equal(NodeStatus.Skipped, results["total"].Status);
        Assert.Null(await lake.Table("gold.total").TrySnapshotAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_test_whose_sql_is_wrong_is_an_error_of_its_own()
    {
        await using var lake = new TransformLake();
        using var folder = Project();
        folder.Write("tests/wrong.sql", "select nothing from {{ ref('items') }}");
        await LoadAsync(lake);
        await lake.RunAsync(folder.Load());

        await using var runner = new ModelRunner(lake.Lake, folder.Load(), new RunOptions { Select = ["wrong"] });
        var result = Assert.Single((await runner.TestAsync(TestContext.Current.CancellationToken)).Results);

        Assert.Equal(NodeStatus.Error, result.Status);
        Assert.StartsWith("tests/wrong.sql: ", result.Message, StringComparison.Ordinal);
    }

    private static ProjectFolder Project() => new(
        ("models/silver/items.sql", "{{ config(materialized='table') }} select * from {{ source('bronze', 'items') }}"),
        ("models/schema.yml", Properties),
        ("macros/is_even.sql", "{% test is_even(model, column_name) %}select * from {{ model }} where {{ column_name }} % 2 <> 0{% endtest %}"),
        ("tests/prices_are_small.sql", "select * from {{ ref('items') }} where price > 10"));

    private static async Task LoadAsync(TransformLake lake)
    {
        await lake.AppendAsync("bronze.items", RunTests.Items(Items));
        await lake.AppendAsync("bronze.parents", "SELECT unnest([1, 2, 3])::BIGINT AS id");
    }
}
