using System.Text.Json;
using Lakehouse.Engine.Write;

namespace Lakehouse.Engine.Tests;

/// <summary>What our commits tell other engines: statistics as COPY … RETURN_STATS gave them, metrics, and our name.</summary>
public sealed class CommitContentTests
{
    [Fact]
    public async Task A_files_statistics_are_those_of_its_rows()
    {
        await using var lake = new TestLake();
        var result = await lake.Table("t.s").AppendAsync(lake.Connection, "SELECT * FROM (VALUES (3, 'c', 1.50::DECIMAL(5,2), DATE '2026-01-02'), (1, NULL, 2.25, DATE '2026-03-04'), (2, 'a', NULL, NULL)) t(id, name, price, day)");

        using var statistics = JsonDocument.Parse(Assert.Single(result.Snapshot.Files).Stats!);

        Assert.Equal("""{"id":1,"name":"a","price":1.50,"day":"2026-01-02"}""", statistics.RootElement.GetProperty("minValues").GetRawText());
        Assert.Equal("""{"id":3,"name":"c","price":2.25,"day":"2026-03-04"}""", statistics.RootElement.GetProperty("maxValues").GetRawText());
        Assert.Equal("""{"id":0,"name":1,"price":1,"day":1}""", statistics.RootElement.GetProperty("nullCount").GetRawText());
        Assert.Equal(3, statistics.RootElement.GetProperty("numRecords").GetInt64());
    }

    [Fact]
    public async Task A_commit_carries_the_operations_metrics_and_our_name()
    {
        await using var lake = new TestLake();
        await lake.Table("t.m").AppendAsync(lake.Connection, "SELECT 1 AS id UNION ALL SELECT 2");

        var lines = await File.ReadAllLinesAsync(Path.Combine(lake.Folder, "t", "m", "_delta_log", "00000000000000000000.json"), TestContext.Current.CancellationToken);

        using var first = JsonDocument.Parse(lines[0]);
        var info = first.RootElement.GetProperty("commitInfo");
        Assert.Equal("WRITE", info.GetProperty("operation").GetString());
        Assert.StartsWith("Lakehouse/", info.GetProperty("engineInfo").GetString());
        Assert.Equal("2", info.GetProperty("operationMetrics").GetProperty("numOutputRows").GetString());
        Assert.Equal("1", info.GetProperty("operationMetrics").GetProperty("numFiles").GetString());
    }

    [Theory]
    [InlineData("""{"numRecords":3,"minValues":{"a":-0.10},"tightBounds":true}""", """{"numRecords":3,"minValues":{"a":-0.10},"tightBounds":false}""")]
    [InlineData("""{"maxValues":{"a":"\"tightBounds\""}}""", """{"numRecords":3,"maxValues":{"a":"\"tightBounds\""},"tightBounds":false}""")]
    [InlineData("{}", """{"numRecords":3,"tightBounds":false}""")]
    [InlineData("{\"numRecords\":", """{"numRecords":3,"tightBounds":false}""")]
    [InlineData(null, """{"numRecords":3,"tightBounds":false}""")]
    public void Statistics_of_a_file_that_loses_rows_no_longer_say_that_their_bounds_are_met(string? before, string after) =>
        Assert.Equal(after, StatisticsWriter.Loosen(before, 3));
}
