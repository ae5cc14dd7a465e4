namespace Lakehouse.Delta.Tests;

/// <summary>The log is cleaned up by its retention, as far as a checkpoint stands for what goes.</summary>
public sealed class LogCleanUpTests
{
    private static readonly Dictionary<string, string> EveryFifth = new() { ["delta.checkpointInterval"] = "5", ["delta.logRetentionDuration"] = "interval 2 days" };

    [Fact]
    public async Task What_a_checkpoint_stands_for_goes_when_it_is_old()
    {
        using TestTable table = new();
        Snapshot snapshot = await HistoryAsync(table, 14);
        foreach (long version in Enumerable.Range(0, 13)) Age(table, version, 10);
        table.WriteFile($"_delta_log/{2:D20}.crc", "{}");
        table.WriteFile($"_delta_log/{8:D20}.{12:D20}.compacted.json", "garbage");
        table.WriteFile($"_delta_log/{11:D20}.{13:D20}.compacted.json", "garbage");

        int deleted = await table.Log.CleanUpAsync(snapshot, TestTable.Token);

        // The last old commit is 12; the checkpoint before it is 10, and its commit stays for what only it tells.
        Assert.Equal(10 + 1 + 1 + 1, deleted);
        Assert.Equal(["10.checkpoint.parquet", "10", "11-13.compacted", "11", "12", "13", "14"], Names(table));
        Assert.Equal(snapshot.Paths(), (await table.Log.LoadAsync(null, TestTable.Token)).Paths());
        Assert.Equal(10, (await table.Log.LoadAsync(10, TestTable.Token)).Version);
        await Assert.ThrowsAsync<VersionNotFoundException>(() => table.Log.LoadAsync(9, TestTable.Token));
        Assert.Equal(0, await table.Log.CleanUpAsync(snapshot, TestTable.Token));
    }

    [Theory]
    [InlineData(4, 10)]
    [InlineData(14, 1)]
    public async Task Without_a_checkpoint_or_without_old_commits_nothing_goes(int versions, int days)
    {
        using TestTable table = new();
        Snapshot snapshot = await HistoryAsync(table, versions);
        foreach (long version in Enumerable.Range(0, versions)) Age(table, version, days);

        Assert.Equal(0, await table.Log.CleanUpAsync(snapshot, TestTable.Token));
    }

    [Fact]
    public async Task Old_sidecars_that_no_checkpoint_names_go()
    {
        using TestTable table = new();
        Snapshot snapshot = await HistoryAsync(table, 14, new Dictionary<string, string>(EveryFifth) { ["delta.checkpointPolicy"] = "v2" });
        foreach (long version in Enumerable.Range(0, 13)) Age(table, version, 10);
        foreach (string sidecar in Directory.GetFiles(table.PathOf("_delta_log/_sidecars"))) File.SetLastWriteTimeUtc(sidecar, DateTime.UtcNow.AddDays(-10));
        Assert.Equal(2, Directory.GetFiles(table.PathOf("_delta_log/_sidecars")).Length);

        await table.Log.CleanUpAsync(snapshot, TestTable.Token);

        Assert.Single(Directory.GetFiles(table.PathOf("_delta_log/_sidecars")));
        Assert.Equal(snapshot.Paths(), (await table.Log.LoadAsync(null, TestTable.Token)).Paths());
    }

    private static async Task<Snapshot> HistoryAsync(TestTable table, int versions, Dictionary<string, string>? properties = null)
    {
        Snapshot snapshot = await table.CreateAsync(properties: properties ?? EveryFifth);
        for (int version = 1; version <= versions; version++) snapshot = await table.AppendAsync(snapshot, $"file-{version}");
        return snapshot;
    }

    private static void Age(TestTable table, long version, int days) => File.SetLastWriteTimeUtc(table.CommitPath(version), DateTime.UtcNow.AddDays(-days));

    private static string[] Names(TestTable table) =>
    [
        .. Directory.GetFiles(table.PathOf("_delta_log")).Select(path => Path.GetFileName(path)).Where(name => char.IsAsciiDigit(name[0])).Order(StringComparer.Ordinal)
            .Select(name => name.Replace("0000000000", "", StringComparison.Ordinal).Replace(".json", "", StringComparison.Ordinal))
            .Select(name => string.Join('.', name.Split('.').Select(part => part.All(char.IsAsciiDigit) ? part.TrimStart('0') : part)))
            .Select(name => name.Replace("11.13.", "11-13.", StringComparison.Ordinal)),
    ];
}
