using Lakehouse.Delta;

namespace Lakehouse.Engine.Tests.Dml;

/// <summary>The change data feed: recorded where the table asks for it, and worked out from the log where it does not.</summary>
public sealed class ChangeFeedTests
{
    private static readonly Dictionary<string, string> Recording = new() { [TableProperties.EnableChangeDataFeed] = "true" };

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Every_kind_of_change_is_recorded_with_its_rows(bool partitioned)
    {
        await using var lake = new TestLake();
        var table = lake.Table("t.fed");
        await table.AppendAsync(lake.Connection, "SELECT i AS id, 'n' || i AS name, (i % 2)::INTEGER AS half FROM range(5) t(i)", new WriteOptions { Properties = Recording, PartitionBy = partitioned ? ["half"] : [] });
        await table.UpdateAsync(lake.Connection, new Dictionary<string, string> { ["name"] = "name || '!'" }, "id = 1");
        await table.DeleteAsync(lake.Connection, "id IN (2, 3)");
        await table.MergeAsync(lake.Connection, "SELECT 4 AS id, 'four' AS name, 0 AS half UNION ALL SELECT 9, 'nine', 1", new MergeOptions { Keys = ["id"] });
        await table.OptimizeAsync(lake.Connection);

        Assert.Equal(
            [
                "1|update_postimage|1|n1!|1", "1|update_preimage|1|n1|1",
                "2|delete|2|n2|0", "2|delete|3|n3|1",
                "3|insert|9|nine|1", "3|update_postimage|4|four|0", "3|update_preimage|4|n4|0",
            ],
            await lake.RowsAsync("SELECT _commit_version, _change_type, id, name, half FROM table_changes('t.fed', 1) ORDER BY ALL"));
        Assert.Equal(["0|insert|5"], await lake.RowsAsync("SELECT _commit_version, _change_type, count(*) FROM table_changes('t.fed', 0, 0) GROUP BY ALL"));
        Assert.Equal(["0|n0", "1|n1!", "4|four", "9|nine"], await lake.RowsAsync("SELECT id, name FROM t.fed ORDER BY id"));
        Assert.NotEmpty(Directory.GetFiles(Path.Combine(lake.Folder, "t", "fed", "_change_data"), "cdc-*.parquet", SearchOption.AllDirectories));
    }

    [Theory]
    [InlineData("name")]
    [InlineData("id")]
    public async Task Recorded_changes_of_mapped_columns_are_read(string mapping)
    {
        await using var lake = new TestLake();
        var table = lake.Table("t.fed");
        var properties = new Dictionary<string, string>(Recording) { [TableProperties.ColumnMappingMode] = mapping };
        await table.AppendAsync(lake.Connection, "SELECT i AS id, {'a': i} AS s FROM range(3) t(i)", new WriteOptions { Properties = properties });
        await table.UpdateAsync(lake.Connection, new Dictionary<string, string> { ["s"] = "{'a': 9}" }, "id = 1");
        await table.RenameColumnAsync("s.a", "b");

        Assert.Equal(["update_postimage|1|9", "update_preimage|1|1"], await lake.RowsAsync("SELECT _change_type, id, s.b FROM table_changes('t.fed', 1) ORDER BY ALL"));
    }

    [Fact]
    public async Task A_merge_that_learns_late_that_changes_are_recorded_records_them()
    {
        await using var lake = new TestLake();
        var table = lake.Table("t.fed");
        await table.AppendAsync(lake.Connection, "SELECT 1 AS id, 'a' AS name");
        await using var other = Lake.Open(lake.Folder, new LakeOptions { Threads = 1 });
        await other.Table(table.Name).SetPropertiesAsync(new Dictionary<string, string?> { [TableProperties.EnableChangeDataFeed] = "true" });

        await table.MergeAsync(lake.Connection, "SELECT 1 AS id, 'b' AS name", new MergeOptions { Keys = ["id"] });

        Assert.Equal(["update_postimage|b", "update_preimage|a"], await lake.RowsAsync("SELECT _change_type, name FROM table_changes('t.fed', 2) ORDER BY ALL"));
        Assert.Equal(["1|b"], await lake.RowsAsync("SELECT * FROM t.fed"));
    }

    [Fact]
    public async Task A_table_that_records_nothing_shows_what_came_and_went()
    {
        await using var lake = new TestLake();
        var table = lake.Table("t.fed");
        await table.AppendAsync(lake.Connection, "SELECT i AS id FROM range(4) t(i)");
        await table.UpdateAsync(lake.Connection, new Dictionary<string, string> { ["id"] = "id + 10" }, "id = 1");
        await table.TruncateAsync();

        Assert.Equal(
            ["1|delete|1", "1|insert|11", "2|delete|0", "2|delete|2", "2|delete|3", "2|delete|11"],
            await lake.RowsAsync("SELECT _commit_version, _change_type, id FROM table_changes('t.fed', 1, 2) ORDER BY ALL"));
    }

    [Fact]
    public async Task Times_bound_the_feed_as_versions_do()
    {
        await using var lake = new TestLake();
        var table = lake.Table("t.fed");
        var timed = new WriteOptions { Properties = new Dictionary<string, string> { [TableProperties.EnableInCommitTimestamps] = "true" } };
        for (var i = 0; i < 3; i++) await table.AppendAsync(lake.Connection, $"SELECT {i} AS id", timed);
        var second = (await table.SnapshotAsync(1)).Timestamp.ToString("O");

        Assert.Equal(["1", "2"], await lake.RowsAsync($"SELECT id FROM table_changes('t.fed', '{second}') ORDER BY id"));
        Assert.Equal(["0", "1"], await lake.RowsAsync($"SELECT id FROM table_changes('t.fed', '2000-01-01', '{second}') ORDER BY id"));
        await Assert.ThrowsAsync<VersionNotFoundException>(() => lake.RowsAsync("SELECT * FROM table_changes('t.fed', 7)"));
        await Assert.ThrowsAsync<EngineException>(() => lake.RowsAsync("SELECT * FROM table_changes('t.fed')"));
    }
}
