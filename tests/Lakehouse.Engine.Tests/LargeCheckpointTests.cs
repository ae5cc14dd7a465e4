using Lakehouse.Delta;

namespace Lakehouse.Engine.Tests;

/// <summary>A checkpoint that is large enough for several readers is read as one reader would.</summary>
public sealed class LargeCheckpointTests
{
    private const int Files = 240_000;

    private const int RowGroup = 40_960;

    [Fact]
    public async Task Files_come_in_the_order_of_their_rows_and_of_one_that_comes_again_the_last_counts()
    {
        await using var lake = new TestLake();
        var table = await WriteAsync(lake, "i % 200000");

        var files = (await table.SnapshotAsync()).Files.Select(file => $"{file.Path} {file.PartitionValues["p"]} {file.Size} {file.Stats}").ToList();

        var expected = Enumerable.Range(Files - 200_000, 200_000).Select(i => $"f{i % 200_000} {i % 3} {i} {{\"numRecords\":{i}}}").ToList();
        Assert.Equal(expected.Count, files.Count);
        Assert.Equal(expected, files);
    }

    [Fact]
    public async Task Files_are_found_and_chosen_whichever_reader_had_them()
    {
        await using var lake = new TestLake();
        var table = await WriteAsync(lake, "i");
        var snapshot = await table.SnapshotAsync();

        var chosen = snapshot.SelectFiles(new RowsOf(7, 100_003, Files - 1));

        Assert.Equal(["f7", "f100003", $"f{Files - 1}"], chosen.Select(file => file.Path));
        var transaction = table.Log.Begin(snapshot);
        foreach (var file in chosen) transaction.Remove(file);
        var left = (await transaction.CommitAsync(new CommitInfo { Operation = "DELETE" })).Snapshot;
        Assert.Equal(Files - 3, left.Files.Count);
        Assert.Empty(left.SelectFiles(new RowsOf(7, 100_003, Files - 1)));
    }

    [Fact]
    public async Task A_fault_in_one_reader_is_the_fault_of_the_checkpoint()
    {
        await using var lake = new TestLake();
        var table = await WriteAsync(lake, "i");
        var checkpoint = Directory.GetFiles(Path.Combine(lake.Folder, "t", "c", "_delta_log"), "*.parquet").Single();
        // Towards the end is data of the last row groups; the footer behind it stays whole.
        await using (var bytes = new FileStream(checkpoint, FileMode.Open))
        {
            bytes.Position = bytes.Length * 9 / 10 - 30_000;
            bytes.Write(Enumerable.Repeat((byte)0xFF, 30_000).ToArray());
        }

        var fault = await Assert.ThrowsAsync<CorruptLogException>(
            () => lake.Lake.Checkpoints.ReadAsync(lake.Lake.Store, $"{table.Name.Path}/_delta_log/{Path.GetFileName(checkpoint)}", new CheckpointRows(), CancellationToken.None));

        Assert.EndsWith(Path.GetFileName(checkpoint), fault.Path, StringComparison.Ordinal);
        Assert.Contains("checkpoint cannot be read", fault.Message, StringComparison.Ordinal);
    }

    /// <summary>A table of which nothing is left but a checkpoint with many adds in several row groups.</summary>
    private static async Task<LakeTable> WriteAsync(TestLake lake, string name)
    {
        var log = Directory.CreateDirectory(Path.Combine(lake.Folder, "t", "c", "_delta_log")).FullName;
        var number = name.Replace("i", "(i - 2)", StringComparison.Ordinal);
        const string Schema = """{"type":"struct","fields":[{"name":"p","type":"long","nullable":true,"metadata":{}}]}""";
        lake.Connection.Execute($$"""
            COPY (
                SELECT CASE WHEN i > 1 THEN { path: 'f' || {{number}}, partitionValues: MAP { 'p': ((i - 2) % 3)::VARCHAR }, size: i - 2, modificationTime: 0::BIGINT, dataChange: false, stats: '{"numRecords":' || i - 2 || '}' } END AS add,
                       NULL::STRUCT(path VARCHAR) AS remove,
                       CASE WHEN i = 0 THEN { id: 'x', format: { provider: 'parquet', options: MAP() }, schemaString: '{{Schema}}', partitionColumns: ['p'], configuration: MAP(), createdTime: 0 } END AS metaData,
                       CASE WHEN i = 1 THEN { minReaderVersion: 1, minWriterVersion: 2 } END AS protocol
                FROM range({{Files}} + 2) t(i)
            ) TO '{{Path.Combine(log, $"{0:D20}.checkpoint.parquet")}}' (FORMAT parquet, ROW_GROUP_SIZE {{RowGroup}})
            """);
        await File.WriteAllTextAsync(Path.Combine(log, $"{0:D20}.json"), "{\"commitInfo\":{\"timestamp\":0,\"operation\":\"WRITE\"}}\n");
        await File.WriteAllTextAsync(Path.Combine(log, "_last_checkpoint"), $"{{\"version\":0,\"size\":{Files + 2}}}");
        return lake.Table("t.c");
    }

    private sealed class RowsOf(params long[] rows) : IFileFilter, IStatisticsFilter
    {
        public bool MayMatch(IReadOnlyDictionary<string, string?> values, out IStatisticsFilter? statistics)
        {
            statistics = this;
            return true;
        }

        public bool MayMatch(ReadOnlySpan<byte> json) => rows.Contains(long.Parse(json[14..^1]));
    }
}
