using System.Text;
using Lakehouse.Storage;
using Lakehouse.Testing;

namespace Lakehouse.Delta.Tests;

/// <summary>What is too large, too deep or a lie: an error that names the file and where it can the line, and nothing changed.</summary>
public sealed class BadInputTests
{
    private const string Table = "t";
    private const string Checkpoint = "t/_delta_log/00000000000000000002.checkpoint.80a083e8-7026-4e79-81be-64bd76c43a11.json";

    [Fact]
    public async Task A_hundred_megabytes_in_one_action_are_read_when_whole_and_named_by_line_when_cut_off()
    {
        MemoryObjectStore store = await ThreeVersionsAsync();
        byte[] whole = Encoding.UTF8.GetBytes("{\"commitInfo\":{}}\n{\"add\":{\"path\":\"big\",\"size\":1,\"partitionValues\":{},\"future\":\"" + new string('x', 100 << 20) + "\"}}\n");
        store.Set(LogFiles.Commit(Table, 3), whole);

        Assert.Equal(["a", "b", "big"], (await Log(store).LoadAsync(null, TestTable.Token)).Paths());

        store.Set(LogFiles.Commit(Table, 3), whole[..^10]);
        CorruptLogException failure = await FailsAsync(store);
        Assert.Equal((LogFiles.Commit(Table, 3), 2), (failure.Path, failure.Line!.Value));
        Assert.True(failure.Message.Length < 2000, "the message repeats the file");
    }

    [Theory]
    [InlineData("{\"add\":{\"path\":\"a\",\"size\":1,\"future\":~}}")]
    [InlineData("{\"commitInfo\":{\"custom\":~}}")]
    [InlineData("{\"future\":~}")]
    [InlineData("~")]
    public async Task An_action_that_nests_too_deep_is_named_by_line(string line)
    {
        MemoryObjectStore store = await ThreeVersionsAsync();
        store.Set(LogFiles.Commit(Table, 3), Encoding.UTF8.GetBytes("{\"commitInfo\":{}}\n" + line.Replace("~", Deep, StringComparison.Ordinal) + "\n"));

        CorruptLogException failure = await FailsAsync(store);

        Assert.Equal((LogFiles.Commit(Table, 3), 2), (failure.Path, failure.Line!.Value));
    }

    [Fact]
    public async Task A_schema_that_nests_too_deep_is_refused()
    {
        MemoryObjectStore store = await ThreeVersionsAsync();
        string schema = string.Concat(Enumerable.Repeat("{\\\"type\\\":\\\"array\\\",\\\"containsNull\\\":true,\\\"elementType\\\":", 10_000)) + "\\\"long\\\"" + new string('}', 10_000);
        store.Set(LogFiles.Commit(Table, 3), Encoding.UTF8.GetBytes("""{"metaData":{"id":"x","format":{"provider":"parquet","options":{}},"schemaString":"SCHEMA","partitionColumns":[],"configuration":{}}}""".Replace("SCHEMA", schema, StringComparison.Ordinal) + "\n"));

        Assert.Contains("schema", (await FailsAsync(store)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_only_saves_work_is_passed_over_when_it_nests_too_deep()
    {
        MemoryObjectStore store = await ThreeVersionsAsync();
        store.Set(LogFiles.LastCheckpoint(Table), Encoding.UTF8.GetBytes($"{{\"version\":{Deep}}}"));
        store.Set("t/_delta_log/00000000000000000002.crc", Encoding.UTF8.GetBytes($"{{\"tableSizeBytes\":200,\"numFiles\":2,\"metadata\":{Deep}}}"));

        Assert.Equal(["a", "b"], (await Log(store).LoadAsync(null, TestTable.Token)).Paths());
        Assert.Equal((null, 0), (FileStatistics.Parse($"{{\"numRecords\":1,\"minValues\":{Deep}}}").NumRecords, FileStatistics.Parse(Deep).MinValues.Count));
    }

    [Fact]
    public async Task A_checkpoint_whose_sidecar_is_gone_gives_way_to_commits_and_is_named_without_them()
    {
        MemoryObjectStore store = await ThreeVersionsAsync();
        string[] first = Encoding.UTF8.GetString(store.Get(LogFiles.Commit(Table, 0))!).Split('\n').Where(line => line.Contains("metaData", StringComparison.Ordinal) || line.Contains("protocol", StringComparison.Ordinal)).ToArray();
        store.Set(Checkpoint, Encoding.UTF8.GetBytes($"{{\"checkpointMetadata\":{{\"version\":2}}}}\n{string.Join('\n', first)}\n{{\"sidecar\":{{\"path\":\"gone.parquet\",\"sizeInBytes\":5,\"modificationTime\":5}}}}\n"));

        Assert.Equal(["a", "b"], (await Log(store).LoadAsync(null, TestTable.Token)).Paths());

        await store.DeleteAsync(LogFiles.Commit(Table, 0), TestTable.Token);
        Assert.Equal("t/_delta_log/_sidecars/gone.parquet", (await FailsAsync(store)).Path);
    }

    [Theory]
    [InlineData("{\"checkpointMetadata\":{\"version\":7}}")]
    [InlineData("{\"checkpointMetadata\":{\"version\":2}}")]
    [InlineData("{\"add\":{\"path\":\"a\",\"size\":1}}\n{\"add\":{}}")]
    [InlineData("")]
    public async Task A_checkpoint_of_another_version_or_without_what_every_table_has_gives_way_to_commits_and_is_named_without_them(string content)
    {
        MemoryObjectStore store = await ThreeVersionsAsync();
        store.Set(Checkpoint, Encoding.UTF8.GetBytes(content));

        Assert.Equal(["a", "b"], (await Log(store).LoadAsync(null, TestTable.Token)).Paths());

        await store.DeleteAsync(LogFiles.Commit(Table, 1), TestTable.Token);
        Assert.Equal(Checkpoint, (await FailsAsync(store)).Path);
    }

    [Theory]
    [InlineData("inCommitTimestamp", "9223372036854775807")]
    [InlineData("timestamp", "-9223372036854775808")]
    [InlineData("operationMetrics", "{\"a\":{\"b\":[1e999]}}")]
    public async Task What_a_commit_says_of_itself_never_fails_the_table(string field, string value)
    {
        MemoryObjectStore store = await ThreeVersionsAsync(inCommitTimestamps: true);
        store.Set(LogFiles.Commit(Table, 3), Encoding.UTF8.GetBytes($"{{\"commitInfo\":{{\"{field}\":{value}}}}}\n"));

        Snapshot snapshot = await Log(store).LoadAsync(null, TestTable.Token);

        Assert.Equal(["a", "b"], snapshot.Paths());
        Assert.Equal(4, await Log(store).HistoryAsync(null, TestTable.Token).CountAsync(TestTable.Token));
        Assert.Equal(3, (await Log(store).LoadAtAsync(DateTimeOffset.UtcNow.AddDays(1), TestTable.Token)).Version);
    }

    [Theory]
    [InlineData("interval 99999999999999999999 weeks")]
    [InlineData("interval 2000000 days")]
    public async Task A_retention_that_no_calendar_holds_keeps_everything(string interval)
    {
        MemoryObjectStore store = new();
        DeltaLog log = Log(store);
        Snapshot snapshot = (await log.Create(Metadata.Create(TestTable.Columns, null, new Dictionary<string, string> { [TableProperties.LogRetention] = interval, [TableProperties.DeletedFileRetention] = interval })).CommitAsync(TestTable.Info(), TestTable.Token)).Snapshot;

        await log.CheckpointAsync(snapshot, TestTable.Token);

        Assert.Equal(0, await log.CleanUpAsync(snapshot, TestTable.Token));
    }

    [Fact]
    public async Task A_deletion_vector_that_claims_gigabytes_takes_none()
    {
        MemoryObjectStore store = new();
        DeletionVectorStore vectors = new(store, Table);
        DeletionVectorDescriptor vector = (await vectors.WriteAsync([new RoaringBitmapArray([1, 2])], TestTable.Token))[0];
        byte[] file = store.Get(store.Keys[0])!;
        file.AsSpan(1, 4).Fill(0x7F);
        store.Set(store.Keys[0], file);
        long before = GC.GetAllocatedBytesForCurrentThread();

        CorruptDeletionVectorException failure = await Assert.ThrowsAsync<CorruptDeletionVectorException>(() => vectors.ReadAsync(vector with { SizeInBytes = 0x7F7F7F7F }, TestTable.Token));

        Assert.Equal(store.Keys[0], failure.Path);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 16 << 20);
    }

    private static string Deep => new string('[', 10_000) + new string(']', 10_000);

    private static DeltaLog Log(IObjectStore store) => new(store, Table, new JsonCheckpointCodec(), new DeltaLogOptions { AutomaticCheckpoints = false });

    private static async Task<MemoryObjectStore> ThreeVersionsAsync(bool inCommitTimestamps = false)
    {
        MemoryObjectStore store = new();
        Snapshot snapshot = (await Log(store).Create(Metadata.Create(TestTable.Columns, null, new Dictionary<string, string> { [TableProperties.EnableInCommitTimestamps] = inCommitTimestamps ? "true" : "false" })).CommitAsync(TestTable.Info(), TestTable.Token)).Snapshot;
        foreach (string path in new[] { "a", "b" })
        {
            DeltaTransaction transaction = Log(store).Begin(snapshot);
            transaction.Add(TestTable.File(path));
            snapshot = (await transaction.CommitAsync(TestTable.Info(), TestTable.Token)).Snapshot;
        }

        return store;
    }

    /// <summary>The failure of a read, which leaves every object as it was.</summary>
    private static async Task<CorruptLogException> FailsAsync(MemoryObjectStore store)
    {
        (string, byte[])[] before = [.. store.Keys.Select(key => (key, store.Get(key)!))];
        CorruptLogException failure = await Assert.ThrowsAsync<CorruptLogException>(() => Log(store).LoadAsync(null, TestTable.Token));
        Assert.True(before.SequenceEqual(store.Keys.Select(key => (key, store.Get(key)!))), "an object was changed");
        return failure;
    }
}
