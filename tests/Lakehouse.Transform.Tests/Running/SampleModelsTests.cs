using Lakehouse.Engine;
using Lakehouse.Testing;

namespace Lakehouse.Transform.Tests;

/// <summary>The sample business's models, over bronze as change data capture leaves it.</summary>
public sealed class SampleModelsTests
{
    internal static readonly string Models = Path.Combine(Repository.Root, "Lakehouse.Transform", "models");

    [Fact]
    public async Task A_full_run_builds_silver_and_gold()
    {
        await using var lake = new TransformLake();
        await new BronzeBusiness(lake, seed: 1).NextRoundAsync();

        var results = await lake.RunAsync(DbtProject.Load(Models));

        AssertSucceeded(results);
        // A category that the rules do not know sends its customers to quarantine.
        Assert.Equal("40", await lake.CellAsync("SELECT (SELECT count(*) FROM silver.customers) + (SELECT count(*) FROM quarantine.customers WHERE customer_category = 'Corner shop')"));
        Assert.Equal("40", await lake.CellAsync("SELECT count(*) FROM gold.dim_customer WHERE is_current"));
        Assert.NotEqual("0", await lake.CellAsync("SELECT count(*) FROM gold.fact_sale"));
        Assert.NotEqual("0", await lake.CellAsync("SELECT count(*) FROM gold.sales_metrics"));
    }

    [Theory]
    [InlineData(1, "sales_invoices")]
    [InlineData(2, "sales_customers")]
    [InlineData(3, "warehouse_stock_items")]
    public async Task Incremental_runs_give_what_a_full_refresh_gives(int seed, string truncated)
    {
        await using var lake = new TransformLake();
        var business = new BronzeBusiness(lake, seed);
        var project = DbtProject.Load(Models);
        await using var runner = new ModelRunner(lake.Lake, project);
        await business.NextRoundAsync();
        AssertSucceeded(await runner.RunAsync(TestContext.Current.CancellationToken));
        for (var round = 1; round < 6; round++)
        {
            await business.NextRoundAsync(truncate: (round + seed) % 5 == 0 ? truncated : null);
            var results = await runner.RunAsync(TestContext.Current.CancellationToken);
            AssertSucceeded(results);
            Assert.All(results.Results, r => Assert.True(r.Incremental || r.Unchanged, $"{r.Node.Name} was built anew (seed {seed})"));
        }

        await IncrementalEqualsFull.CheckAsync(lake, project, $"(seed {seed})");
    }

    [Fact]
    public async Task A_run_without_news_commits_nothing()
    {
        await using var lake = new TransformLake();
        await new BronzeBusiness(lake, seed: 4).NextRoundAsync();
        var project = DbtProject.Load(Models);
        AssertSucceeded(await lake.RunAsync(project));

        var again = await lake.RunAsync(project);

        Assert.All(again.Results, r => Assert.True(r.Unchanged && r.Version is null, $"{r.Node.Name}: {r.Message}"));
    }

    [Fact]
    public async Task Bronze_is_read_at_the_versions_of_the_newest_control_row()
    {
        await using var lake = new TransformLake();
        var business = new BronzeBusiness(lake, seed: 5);
        await business.NextRoundAsync();
        var project = DbtProject.Load(Models);
        var unseen = await business.WriteUnseenAsync("sales_orders");

        var results = await lake.RunAsync(project);

        Assert.Equal(unseen - 1, results["orders"].Inputs[TableName.Parse("bronze.sales_orders")]);
        Assert.Equal("103", await lake.CellAsync("SELECT greatest(max(_lsn), 103) FROM silver.orders"));
    }

    internal static void AssertSucceeded(RunResults results) =>
        Assert.True(results.Succeeded, string.Join("\n", results.Results.Where(r => r.IsFailure).Select(r => $"{r.Node.UniqueId}: {r.Message}")));
}
