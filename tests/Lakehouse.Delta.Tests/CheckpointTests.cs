using System.Text.Json;

namespace Lakehouse.Delta.Tests;

public sealed class CheckpointTests
{
    private static readonly Dictionary<string, string> EverySecond = new() { ["delta.checkpointInterval"] = "2" };

    [Fact]
    public async Task Every_tenth_commit_brings_a_checkpoint_and_the_pointer_to_it()
    {
        using TestTable table = new();
        Snapshot snapshot = await table.CreateAsync();
        for (int version = 1; version <= 20; version++)
        {
            snapshot = await table.AppendAsync(snapshot, $"file-{version}");
            Assert.Equal(version % 10 == 0, File.Exists(table.PathOf($"_delta_log/{version:D20}.checkpoint.parquet")));
        }

        using JsonDocument pointer = JsonDocument.Parse(await File.ReadAllTextAsync(table.PathOf("_delta_log/_last_checkpoint"), TestTable.Token));
        Assert.Equal(20, pointer.RootElement.GetProperty("version").GetInt64());
        Assert.Equal(22, pointer.RootElement.GetProperty("size").GetInt64());
        Assert.Equal(20, pointer.RootElement.GetProperty("numOfAddFiles").GetInt64());
        Assert.Equal(new FileInfo(table.PathOf($"_delta_log/{20:D20}.checkpoint.parquet")).Length, pointer.RootElement.GetProperty("sizeInBytes").GetInt64());
    }

    [Fact]
    public async Task A_checkpoint_says_that_nothing_in_it_is_a_change_of_data()
    {
        using TestTable table = new();
        Snapshot snapshot = await table.CreateAsync(properties: EverySecond);
        snapshot = await table.AppendAsync(snapshot, "a");
        DeltaTransaction transaction = table.Log.Begin(snapshot);
        transaction.Remove(snapshot.Files.Single());
        transaction.Add(TestTable.File("b"));
        await (await transaction.CommitAsync(TestTable.Info(), TestTable.Token)).Checkpoint;

        string[] lines = await File.ReadAllLinesAsync(table.PathOf($"_delta_log/{2:D20}.checkpoint.parquet"), TestTable.Token);

        Assert.DoesNotContain(lines, line => line.Contains("\"dataChange\":true", StringComparison.Ordinal));
        Assert.DoesNotContain(lines, line => line.Contains("commitInfo", StringComparison.Ordinal));
        Assert.Single(lines, line => line.StartsWith("{\"add\"", StringComparison.Ordinal));
        Assert.Single(lines, line => line.StartsWith("{\"remove\"", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("no checkpoint")]
    [InlineData("")]
    [InlineData("{\"add\":{\"path\":\"x\",\"partitionValues\":{},\"size\":1,\"modificationTime\":1,\"dataChange\":false}}")]
    public async Task A_corrupt_checkpoint_is_told_and_the_commits_tell_the_same(string content)
    {
        List<CheckpointFailure> failures = [];
        using TestTable table = new(new DeltaLogOptions { CheckpointFailed = failures.Add });
        Snapshot snapshot = await table.CreateAsync(properties: EverySecond);
        for (int version = 1; version <= 5; version++) snapshot = await table.AppendAsync(snapshot, $"file-{version}");
        table.WriteFile($"_delta_log/{4:D20}.checkpoint.parquet", content);

        Snapshot loaded = await table.Log.LoadAsync(null, TestTable.Token);

        Assert.Equal(snapshot.Paths(), loaded.Paths());
        Assert.Equal(5, loaded.Version);
        CheckpointFailure failure = Assert.Single(failures);
        Assert.Equal(("silver/orders", 4L), (failure.Table, failure.Version));
        Assert.Contains($"{4:D20}.checkpoint.parquet", failure.Exception.Message);
    }

    [Fact]
    public async Task Without_every_commit_an_older_checkpoint_takes_a_corrupt_ones_place()
    {
        using TestTable table = new();
        Snapshot snapshot = await table.CreateAsync(properties: EverySecond);
        for (int version = 1; version <= 5; version++) snapshot = await table.AppendAsync(snapshot, $"file-{version}");
        foreach (long version in new long[] { 0, 1, 2 }) File.Delete(table.CommitPath(version));
        table.WriteFile($"_delta_log/{4:D20}.checkpoint.parquet", "no checkpoint");

        Assert.Equal(snapshot.Paths(), (await table.Log.LoadAsync(null, TestTable.Token)).Paths());
        Assert.Equal(4, (await table.Log.LoadAsync(4, TestTable.Token)).Files.Count);
    }

    [Fact]
    public async Task A_corrupt_checkpoint_that_nothing_can_replace_is_named()
    {
        using TestTable table = new();
        Snapshot snapshot = await table.CreateAsync(properties: EverySecond);
        for (int version = 1; version <= 3; version++) snapshot = await table.AppendAsync(snapshot, $"file-{version}");
        File.Delete(table.CommitPath(1));
        table.WriteFile($"_delta_log/{2:D20}.checkpoint.parquet", "no checkpoint");

        CorruptLogException exception = await Assert.ThrowsAsync<CorruptLogException>(() => table.Log.LoadAsync(null, TestTable.Token));

        Assert.Equal(LogFiles.Checkpoint("silver/orders", 2), exception.Path);
        Assert.Equal(2, exception.Version);
        Assert.Contains("Restore the file", exception.Message);
    }

    [Fact]
    public async Task A_failed_checkpoint_is_told_and_fails_nothing()
    {
        List<CheckpointFailure> failures = [];
        using TestTable table = new(new DeltaLogOptions { CheckpointFailed = failures.Add });
        Snapshot snapshot = await table.CreateAsync(properties: EverySecond);
        table.Codec.WriteFailure = new IOException("the disk is full");

        snapshot = await table.AppendAsync(snapshot, "a");
        snapshot = await table.AppendAsync(snapshot, "b");

        CheckpointFailure failure = Assert.Single(failures);
        Assert.Equal(("silver/orders", 2L, "the disk is full"), (failure.Table, failure.Version, failure.Exception.Message));
        Assert.Equal(snapshot.Paths(), (await table.Log.LoadAsync(null, TestTable.Token)).Paths());
    }

    [Fact]
    public async Task The_pointer_never_goes_back()
    {
        using TestTable table = new();
        Snapshot old = await table.AppendAsync(await table.CreateAsync(properties: EverySecond), "a");
        await table.AppendAsync(await table.AppendAsync(old, "b"), "c");

        await table.Log.CheckpointAsync(old, TestTable.Token);

        Assert.Contains("\"version\":2", await File.ReadAllTextAsync(table.PathOf("_delta_log/_last_checkpoint"), TestTable.Token), StringComparison.Ordinal);
        Assert.Equal(["a"], (await table.Log.LoadAsync(1, TestTable.Token)).Paths());
    }

    [Theory]
    [InlineData("interval 1 week", true)]
    [InlineData("interval 1 day 2 hours", false)]
    [InlineData("interval 0 days", false)]
    [InlineData("nonsense", true)]
    public async Task Expired_tombstones_are_left_out(string retention, bool kept)
    {
        SettableTime time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        using TestTable table = new(new DeltaLogOptions { Time = time });
        Snapshot snapshot = await table.CreateAsync(properties: new Dictionary<string, string>(EverySecond) { ["delta.deletedFileRetentionDuration"] = retention });
        snapshot = await table.AppendAsync(snapshot, "a");
        snapshot = await table.RemoveAsync(snapshot, "a");
        time.Now += TimeSpan.FromDays(3);

        await table.Log.CheckpointAsync(snapshot, TestTable.Token);

        Assert.Equal(kept ? 1 : 0, (await table.Log.LoadAsync(null, TestTable.Token)).State.Tombstones.Count);
    }

    [Fact]
    public async Task A_load_reads_from_the_checkpoint_on()
    {
        using TestTable table = new();
        Snapshot snapshot = await table.CreateAsync();
        for (int i = 0; i < 12; i++) snapshot = await table.AppendAsync(snapshot, $"file-{i}");
        for (int version = 0; version < 10; version++) table.WriteFile($"_delta_log/{version:D20}.json", "garbage that nobody reads");

        Assert.Equal(snapshot.Paths(), (await table.Log.LoadAsync(null, TestTable.Token)).Paths());
        Assert.Equal(1, table.Codec.Reads);
    }
}

/// <summary>A clock that a test sets. Waits on it are real.</summary>
internal sealed class SettableTime(DateTimeOffset now) : TimeProvider
{
    public DateTimeOffset Now { get; set; } = now;

    public override DateTimeOffset GetUtcNow() => Now;
}
