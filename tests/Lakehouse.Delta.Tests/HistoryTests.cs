namespace Lakehouse.Delta.Tests;

public sealed class HistoryTests
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task History_is_newest_first_and_stops_at_its_limit()
    {
        using TestTable table = new();
        Snapshot snapshot = await table.AppendAsync(await table.AppendAsync(await table.CreateAsync(), "a"), "b");
        await table.RemoveAsync(snapshot, "a");

        List<CommitRecord> all = await table.Log.HistoryAsync(null, TestTable.Token).ToListAsync(TestTable.Token);
        List<CommitRecord> two = await table.Log.HistoryAsync(2, TestTable.Token).ToListAsync(TestTable.Token);

        Assert.Equal([(3L, "DELETE"), (2, "WRITE"), (1, "WRITE"), (0, "CREATE TABLE")], all.Select(record => (record.Version, record.Info!.Operation!)));
        Assert.Equal(all.Take(2).Select(record => record.Version), two.Select(record => record.Version));
        Assert.Equal(all.Select(record => record.Timestamp).OrderDescending(), all.Select(record => record.Timestamp));
        await Assert.ThrowsAsync<TableNotFoundException>(async () => await new DeltaLog(table.Store, "no/table", table.Codec).HistoryAsync(null, TestTable.Token).ToListAsync(TestTable.Token));
    }

    [Fact]
    public async Task Changes_tell_what_each_version_did()
    {
        using TestTable table = new();
        Snapshot snapshot = await table.AppendAsync(await table.CreateAsync(), "a", "b");
        DeltaTransaction transaction = table.Log.Begin(snapshot);
        AddFile a = snapshot.Files.First();
        transaction.Remove(a);
        transaction.Add(a with { DeletionVector = DeletionVectorStore.Inline(new([0])) });
        transaction.SetTransaction("app", 4);
        transaction.AddChangeFile(new AddCdcFile { Path = "_change_data/x", PartitionValues = new Dictionary<string, string?>(), Size = 5 });
        await transaction.CommitAsync(TestTable.Info("MERGE"), TestTable.Token);

        List<CommitChanges> changes = await table.Log.ChangesAsync(-1, 2, TestTable.Token).ToListAsync(TestTable.Token);

        Assert.Equal([0L, 1, 2], changes.Select(change => change.Version));
        Assert.NotNull(changes[0].Metadata);
        Assert.NotNull(changes[0].Protocol);
        Assert.Equal(["a", "b"], changes[1].Adds.Select(add => add.Path));
        Assert.Null(Assert.Single(changes[2].Removes).DeletionVector);
        Assert.NotNull(Assert.Single(changes[2].Adds).DeletionVector);
        Assert.Equal(("MERGE", "_change_data/x", 4L), (changes[2].Info!.Operation, Assert.Single(changes[2].ChangeFiles).Path, Assert.Single(changes[2].Transactions).Version));
        Assert.Equal([2L], (await table.Log.ChangesAsync(1, 2, TestTable.Token).ToListAsync(TestTable.Token)).Select(change => change.Version));
    }

    [Fact]
    public async Task Changes_that_are_no_longer_there_are_refused_by_their_version()
    {
        using TestTable table = new();
        await table.AppendAsync(await table.AppendAsync(await table.CreateAsync(), "a"), "b");
        File.Delete(table.CommitPath(1));

        VersionNotFoundException exception = await Assert.ThrowsAsync<VersionNotFoundException>(async () => await table.Log.ChangesAsync(0, 2, TestTable.Token).ToListAsync(TestTable.Token));

        Assert.Equal(1, exception.Version);
    }

    [Fact]
    public async Task A_time_gives_the_last_version_of_then_or_before()
    {
        using TestTable table = new();
        Snapshot snapshot = await table.CreateAsync();
        for (int i = 1; i <= 3; i++) snapshot = await table.AppendAsync(snapshot, $"file-{i}");
        for (int version = 0; version <= 3; version++) SetTime(table, version, Noon.AddHours(version));

        Assert.Equal(0, (await table.Log.LoadAtAsync(Noon, TestTable.Token)).Version);
        Assert.Equal(1, (await table.Log.LoadAtAsync(Noon.AddMinutes(119), TestTable.Token)).Version);
        Assert.Equal(2, (await table.Log.LoadAtAsync(Noon.AddHours(2), TestTable.Token)).Version);
        Assert.Equal(3, (await table.Log.LoadAtAsync(Noon.AddDays(9), TestTable.Token)).Version);
        Assert.Equal(Noon.AddHours(2), (await table.Log.LoadAsync(2, TestTable.Token)).Timestamp);
        VersionNotFoundException early = await Assert.ThrowsAsync<VersionNotFoundException>(() => table.Log.LoadAtAsync(Noon.AddSeconds(-1), TestTable.Token));
        Assert.Contains("version 0 of 2026-03-01T12:00:00", early.Message, StringComparison.Ordinal);
        Assert.Contains("version 3 of 2026-03-01T15:00:00", early.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task File_times_that_go_back_are_made_to_go_forward()
    {
        using TestTable table = new();
        Snapshot snapshot = await table.CreateAsync();
        for (int i = 1; i <= 2; i++) snapshot = await table.AppendAsync(snapshot, $"file-{i}");
        SetTime(table, 0, Noon);
        SetTime(table, 1, Noon.AddHours(-5));
        SetTime(table, 2, Noon);

        Assert.Equal(0, (await table.Log.LoadAtAsync(Noon, TestTable.Token)).Version);
        Assert.Equal(1, (await table.Log.LoadAtAsync(Noon.AddMilliseconds(1), TestTable.Token)).Version);
        Assert.Equal(2, (await table.Log.LoadAtAsync(Noon.AddMilliseconds(2), TestTable.Token)).Version);
        Assert.Equal(Noon.AddMilliseconds(2), (await table.Log.LoadAsync(null, TestTable.Token)).Timestamp);
    }

    [Fact]
    public async Task In_commit_timestamps_count_where_they_are_enabled()
    {
        SettableTime time = new(Noon);
        using TestTable table = new(new DeltaLogOptions { Time = time });
        Snapshot snapshot = await table.CreateAsync(properties: new Dictionary<string, string> { ["delta.enableInCommitTimestamps"] = "true" });
        Assert.Contains("inCommitTimestamp", snapshot.Protocol.WriterFeatures);
        snapshot = await table.AppendAsync(snapshot, "same-millisecond");
        time.Now = Noon.AddHours(-1);
        snapshot = await table.AppendAsync(snapshot, "clock-went-back");
        time.Now = Noon.AddHours(1);
        snapshot = await table.AppendAsync(snapshot, "later");

        Assert.Equal(Noon.AddHours(1), snapshot.Timestamp);
        Assert.Equal([Noon.AddHours(1), Noon.AddMilliseconds(2), Noon.AddMilliseconds(1), Noon], (await table.Log.HistoryAsync(null, TestTable.Token).ToListAsync(TestTable.Token)).Select(record => record.Timestamp));
        Assert.Equal(1, (await table.Log.LoadAtAsync(Noon.AddMilliseconds(1), TestTable.Token)).Version);
        Assert.Equal(2, (await table.Log.LoadAtAsync(Noon.AddMinutes(1), TestTable.Token)).Version);
        Assert.StartsWith("{\"commitInfo\":{\"inCommitTimestamp\":", await File.ReadAllTextAsync(table.CommitPath(1), TestTable.Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Enabling_in_commit_timestamps_later_keeps_earlier_versions_by_their_files()
    {
        using TestTable table = new();
        Snapshot snapshot = await table.AppendAsync(await table.CreateAsync(), "a");
        DeltaTransaction transaction = table.Log.Begin(snapshot);
        transaction.SetMetadata(snapshot.Metadata.WithProperty(TableProperties.EnableInCommitTimestamps, "true"));
        snapshot = (await transaction.CommitAsync(TestTable.Info("SET TBLPROPERTIES"), TestTable.Token)).Snapshot;

        Assert.Equal("2", snapshot.Configuration[TableProperties.InCommitTimestampEnablementVersion]);
        Assert.Equal(snapshot.CommitInfo!.InCommitTimestamp!.Value.ToString(System.Globalization.CultureInfo.InvariantCulture), snapshot.Configuration[TableProperties.InCommitTimestampEnablementTimestamp]);
        Snapshot one = await table.Log.LoadAsync(1, TestTable.Token);
        Assert.Equal(1, (await table.Log.LoadAtAsync(one.Timestamp, TestTable.Token)).Version);
        Assert.Equal(2, (await table.Log.LoadAtAsync(snapshot.Timestamp, TestTable.Token)).Version);
    }

    private static void SetTime(TestTable table, long version, DateTimeOffset time) => File.SetLastWriteTimeUtc(table.CommitPath(version), time.UtcDateTime);
}
