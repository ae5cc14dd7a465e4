using System.Text.Json;
using Lakehouse.Engine;
using Lakehouse.Testing;

namespace Lakehouse.Cli.Tests;

/// <summary><c>lakehouse optimize</c> on a lake of small files.</summary>
public sealed class OptimizeTests
{
    [Fact]
    public async Task Tables_are_compacted_by_name_by_schema_or_all_but_quarantines()
    {
        using TemporaryFolder folder = new();
        await using (Lake lake = Lake.Open(folder.Path))
        {
            await using LakeSession session = lake.OpenSession();
            foreach (string name in new[] { "silver.a", "silver.b", "gold.c", "quarantine.a" })
            {
                for (int i = 0; i < 3; i++)
                    await lake.Table(TableName.Parse(name)).AppendAsync(session.Connection, $"SELECT {i} AS id", cancellationToken: TestContext.Current.CancellationToken);
            }
        }

        Assert.Equal(["silver.a 3 1"], await OptimizeAsync(folder, "silver.a"));
        Assert.Equal(["silver.a 0 0", "silver.b 3 1"], await OptimizeAsync(folder, "silver"));
        Assert.Equal(["gold.c 3 1", "silver.a 0 0", "silver.b 0 0"], await OptimizeAsync(folder));
        Assert.Equal(["quarantine.a 3 1"], await OptimizeAsync(folder, "quarantine"));

        LakehouseResult unknown = await LakehouseProcess.RunAsync("optimize", "bronze", "--lake", folder.Path);
        Assert.True(unknown.ExitCode == 1 && unknown.Error.Contains("no table and no schema 'bronze'", StringComparison.Ordinal), unknown.ToString());
    }

    private static async Task<string[]> OptimizeAsync(TemporaryFolder folder, params string[] tables)
    {
        LakehouseResult result = await LakehouseProcess.RunAsync(["optimize", .. tables, "--lake", folder.Path, "--json"]);
        Assert.True(result.ExitCode == 0, result.ToString());
        return [.. JsonDocument.Parse(result.Out).RootElement.EnumerateArray()
            .Select(table => $"{table.GetProperty("table")} {table.GetProperty("filesRemoved")} {table.GetProperty("filesAdded")}").Order(StringComparer.Ordinal)];
    }
}
