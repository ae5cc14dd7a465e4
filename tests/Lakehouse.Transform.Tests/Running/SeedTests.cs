namespace Lakehouse.Transform.Tests;

public sealed class SeedTests
{
    [Fact]
    public async Task A_seed_becomes_a_table_and_is_loaded_again_only_when_it_changed()
    {
        await using var lake = new TransformLake();
        using var folder = new ProjectFolder(
            ("dbt_project.yml", "name: shop\nseeds: {shop: {+schema: gold, countries: {+column_types: {code: varchar, since: date}}}}\n"),
            ("seeds/countries.csv", "code,name,since\n01,\"Land, far\",2020-01-01\n02,,\n"));

        var first = await SeedAsync(lake, folder);
        var second = await SeedAsync(lake, folder);
        folder.Write("seeds/countries.csv", "code,name,since\n03,New,2021-01-01\n");
        var third = await SeedAsync(lake, folder);

        Assert.Equal("INSERT 2", first.Message);
        Assert.True(second.Unchanged);
        Assert.Equal(1, third.Rows);
        Assert.Equal("03|New", await lake.CellAsync("SELECT code, name FROM gold.countries"));
    }

    [Fact]
    public async Task A_seed_that_is_no_table_of_its_types_fails_by_name()
    {
        await using var lake = new TransformLake();
        using var folder = new ProjectFolder(
            ("dbt_project.yml", "name: shop\nseeds: {shop: {numbers: {+column_types: {n: integer}}}}\n"),
            ("seeds/numbers.csv", "n\n1\nmany\n"));

        var result = await SeedAsync(lake, folder);

        Assert.Equal(NodeStatus.Error, result.Status);
        Assert.StartsWith("seeds/numbers.csv: ", result.Message, StringComparison.Ordinal);
        Assert.Contains("many", result.Message, StringComparison.Ordinal);
    }

    private static async Task<NodeResult> SeedAsync(TransformLake lake, ProjectFolder folder)
    {
        await using var runner = new ModelRunner(lake.Lake, folder.Load());
        return Assert.Single((await runner.SeedAsync(TestContext.Current.CancellationToken)).Results);
    }
}
