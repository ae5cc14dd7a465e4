namespace Lakehouse.Delta.Tests;

/// <summary>A <c>_last_checkpoint</c> that does not tell the truth: what the log holds decides, and the next checkpoint puts it right.</summary>
public sealed class LyingPointerTests
{
    [Theory]
    [InlineData("""{"version":2,"size":1}""")]
    [InlineData("""{"version":2,"size":-5,"sizeInBytes":9223372036854775807,"numOfAddFiles":1000000}""")]
    [InlineData("""{"version":2,"size":4,"parts":7}""")]
    [InlineData("""{"version":2,"size":4,"parts":-1,"checkpointSchema":{"type":"struct","fields":[]}}""")]
    [InlineData("""{"version":2,"size":4,"checkpointSchema":"nothing","checksum":"0"}""")]
    [InlineData("""{"version":2,"size":4,"v2Checkpoint":{"path":"../../elsewhere/00000000000000000002.checkpoint.parquet","sizeInBytes":1,"modificationTime":1,"sidecarFiles":[{"path":"gone.parquet"}]}}""")]
    [InlineData("""{"version":0,"size":4}""")]
    [InlineData("""{"version":1,"size":4}""")]
    [InlineData("""{"version":3,"size":4}""")]
    [InlineData("""{"version":4,"size":4}""")]
    [InlineData("""{"version":9223372036854775807,"size":4}""")]
    [InlineData("""{"version":-1,"size":4}""")]
    public async Task Every_version_is_what_it_is(string pointer)
    {
        using TestTable table = await FiveVersionsAsync();
        table.WriteFile("_delta_log/_last_checkpoint", pointer);

        await ReadAsync(table, from: 0);
        // And where the checkpoint is all that is left of the first versions.
        File.Delete(table.CommitPath(0));
        File.Delete(table.CommitPath(1));
        await ReadAsync(table, from: 2);
        Assert.Equal(2, await table.Log.CheckpointVersionAsync(TestTable.Token));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(long.MaxValue)]
    public async Task A_pointer_to_a_checkpoint_that_is_not_there_gives_way_to_the_next_one(long version)
    {
        using TestTable table = await FiveVersionsAsync();
        table.WriteFile("_delta_log/_last_checkpoint", $$"""{"version":{{version}},"size":4}""");

        await table.Log.CheckpointAsync(await table.Log.LoadAsync(3, TestTable.Token), TestTable.Token);

        Assert.Contains("\"version\":3,", await File.ReadAllTextAsync(table.PathOf("_delta_log/_last_checkpoint"), TestTable.Token));
        Assert.Equal(3, await table.Log.CheckpointVersionAsync(TestTable.Token));
        await ReadAsync(table, from: 0);
    }

    [Fact]
    public async Task A_pointer_to_a_later_checkpoint_that_is_there_stays()
    {
        using TestTable table = await FiveVersionsAsync();

        await table.Log.CheckpointAsync(await table.Log.LoadAsync(1, TestTable.Token), TestTable.Token);

        Assert.Contains("\"version\":2,", await File.ReadAllTextAsync(table.PathOf("_delta_log/_last_checkpoint"), TestTable.Token));
    }

    [Fact]
    public async Task A_version_that_is_not_there_is_refused_with_all_that_are()
    {
        using TestTable table = await FiveVersionsAsync();

        VersionNotFoundException refused = await Assert.ThrowsAsync<VersionNotFoundException>(() => table.Log.LoadAsync(9, TestTable.Token));

        Assert.Contains("versions 0 to 4 can", refused.Message, StringComparison.Ordinal);
    }

    /// <summary>Version n holds n files; of version 2 there is a checkpoint.</summary>
    private static async Task<TestTable> FiveVersionsAsync()
    {
        TestTable table = new();
        Snapshot snapshot = await table.CreateAsync();
        for (int version = 1; version <= 4; version++)
        {
            snapshot = await table.AppendAsync(snapshot, $"{version}.parquet");
            if (version == 2) await table.Log.CheckpointAsync(snapshot, TestTable.Token);
        }

        return table;
    }

    private static async Task ReadAsync(TestTable table, long from)
    {
        for (long version = from; version <= 4; version++)
        {
            Assert.Equal(version, (await table.Log.LoadAsync(version, TestTable.Token)).Files.Count);
        }

        Assert.Equal(4, (await table.Log.LoadAsync(null, TestTable.Token)).Version);
    }
}
