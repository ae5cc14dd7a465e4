using Lakehouse.Delta;

namespace Lakehouse.Engine.Tests.Faults;

/// <summary>What a person sees who queries a table whose files were damaged: which file, which line, which table.</summary>
public sealed class GarbageTests
{
    [Fact]
    public async Task Garbage_in_a_commit_names_the_file_and_the_line()
    {
        await using var lake = await WithTableAsync();
        var commit = Log(lake, "00000000000000000001.json");
        var lines = await File.ReadAllLinesAsync(commit, TestContext.Current.CancellationToken);
        lines[1] = "{\"add\":{\"path\":";
        await File.WriteAllLinesAsync(commit, lines, TestContext.Current.CancellationToken);

        var failure = await ReadAnewAsync<CorruptLogException>(lake);

        Assert.Equal(2, failure.Line);
        Assert.Contains("t/g/_delta_log/00000000000000000001.json, line 2", failure.Message);
    }

    [Fact]
    public async Task Garbage_in_a_checkpoint_names_the_file()
    {
        await using var lake = await WithTableAsync();
        await lake.Table("t.g").Log.CheckpointAsync(await lake.Table("t.g").SnapshotAsync());
        await File.WriteAllTextAsync(Log(lake, "00000000000000000002.checkpoint.parquet"), "PAR1 and then nothing of the kind", TestContext.Current.CancellationToken);
        File.Delete(Log(lake, "00000000000000000000.json"));

        var failure = await ReadAnewAsync<CorruptLogException>(lake);

        Assert.Contains("t/g/_delta_log/00000000000000000002.checkpoint.parquet", failure.Message);
    }

    [Fact]
    public async Task Garbage_in_the_pointer_to_the_checkpoint_does_no_harm()
    {
        await using var lake = await WithTableAsync();
        await lake.Table("t.g").Log.CheckpointAsync(await lake.Table("t.g").SnapshotAsync());
        await File.WriteAllTextAsync(Log(lake, "_last_checkpoint"), "{\"version\": \"seven", TestContext.Current.CancellationToken);

        await using var other = Lake.Open(lake.Folder, new LakeOptions { Threads = 1 });
        await using var session = other.OpenSession();
        Assert.Equal(["14"], await TestLake.RowsAsync(session, "SELECT count(*) FROM t.g"));
    }

    [Fact]
    public async Task A_damaged_deletion_vector_is_named()
    {
        await using var lake = await WithTableAsync();
        var vectors = Directory.GetFiles(Path.Combine(lake.Folder, "t", "g"), "deletion_vector_*.bin").Single();
        var bytes = await File.ReadAllBytesAsync(vectors, TestContext.Current.CancellationToken);
        bytes[^6] ^= 0x55;
        await File.WriteAllBytesAsync(vectors, bytes, TestContext.Current.CancellationToken);

        var failure = await ReadAnewAsync<CorruptDeletionVectorException>(lake);

        Assert.Contains(Path.GetFileName(vectors), failure.Message);
    }

    [Fact]
    public async Task A_damaged_data_file_is_named()
    {
        await using var lake = await WithTableAsync();
        var file = Directory.GetFiles(Path.Combine(lake.Folder, "t", "g"), "*.parquet").Order(StringComparer.Ordinal).First();
        await File.WriteAllTextAsync(file, "not Parquet at all", TestContext.Current.CancellationToken);

        await using var other = Lake.Open(lake.Folder, new LakeOptions { Threads = 1 });
        await using var session = other.OpenSession();
        var failure = await Record.ExceptionAsync(() => TestLake.RowsAsync(session, "SELECT sum(id) FROM t.g"));

        Assert.True(failure is EngineException or DuckDb.DuckDbException, failure?.ToString());
        Assert.Contains(Path.GetFileName(file), failure!.Message);
    }

    private static async Task<TestLake> WithTableAsync()
    {
        var lake = new TestLake(new LakeOptions { Threads = 1 });
        var table = lake.Table("t.g");
        await table.AppendAsync(lake.Connection, "SELECT i AS id, 'a' AS text FROM range(10) t(i)");
        await table.AppendAsync(lake.Connection, "SELECT i AS id, 'b' AS text FROM range(10, 13) t(i)");
        await table.MergeAsync(lake.Connection, "SELECT i AS id, 'c' AS text FROM range(12, 14) t(i)", new MergeOptions { Keys = ["id"] });
        return lake;
    }

    private static string Log(TestLake lake, string file) => Path.Combine(lake.Folder, "t", "g", "_delta_log", file);

    private static async Task<TException> ReadAnewAsync<TException>(TestLake lake) where TException : Exception
    {
        await using var other = Lake.Open(lake.Folder, new LakeOptions { Threads = 1 });
        await using var session = other.OpenSession();
        return await Assert.ThrowsAsync<TException>(() => TestLake.RowsAsync(session, "SELECT count(*) FROM t.g"));
    }
}
