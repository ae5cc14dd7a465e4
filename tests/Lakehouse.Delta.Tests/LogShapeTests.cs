using System.Text;

namespace Lakehouse.Delta.Tests;

/// <summary>One history, in every shape that a log may have: whatever the shape, the table is the same.</summary>
public sealed class LogShapeTests
{
    private const long LastVersion = 23;

    public static TheoryData<string, string> Combinations()
    {
        TheoryData<string, string> data = [];
        foreach (string shape in new[]
        {
            "commits only", "checkpoints", "no pointer", "garbage pointer", "empty pointer", "pointer to nowhere", "multi-part", "incomplete multi-part",
            "cleaned up", "cleaned up, checkpoint newest", "noise", "v2", "v2 in JSON", "lost sidecar",
        })
        {
            foreach (string feature in new[] { "plain", "partitioned", "deletion vectors", "metadata" }) data.Add(shape, feature);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Combinations))]
    public async Task Every_shape_of_a_log_gives_the_same_table(string shape, string feature)
    {
        using TestTable table = new(new DeltaLogOptions { AutomaticCheckpoints = shape != "commits only" });
        List<Snapshot> written = await WriteHistoryAsync(table, feature);
        await ReshapeAsync(table, shape, written);

        Snapshot latest = await table.Log.LoadAsync(null, TestTable.Token);
        Same(written[^1], latest);

        long oldest = shape.StartsWith("cleaned", StringComparison.Ordinal) ? latest.Version - (latest.Version % 10) : 0;
        foreach (Snapshot expected in written.Where(snapshot => snapshot.Version >= oldest)) Same(expected, await table.Log.LoadAsync(expected.Version, TestTable.Token));
        if (oldest > 0)
        {
            VersionNotFoundException gone = await Assert.ThrowsAsync<VersionNotFoundException>(() => table.Log.LoadAsync(oldest - 1, TestTable.Token));
            Assert.Contains($"{oldest} to {latest.Version}", gone.Message, StringComparison.Ordinal);
        }

        // What was loaded can be written to, and what was known can be refreshed.
        Snapshot appended = await table.AppendAsync(latest, AddFor(feature, "after"));
        Same(appended, await table.Log.RefreshAsync(latest, TestTable.Token));
        Same(appended, await table.Log.LoadAsync(null, TestTable.Token));
    }

    private static AddFile AddFor(string feature, string path) =>
        TestTable.File(path, 10, feature == "partitioned" ? new Dictionary<string, string?> { ["name"] = path.Length % 2 == 0 ? null : "x" } : null);

    private static async Task<List<Snapshot>> WriteHistoryAsync(TestTable table, string feature)
    {
        List<Snapshot> snapshots = [await table.CreateAsync(partitionBy: feature == "partitioned" ? ["name"] : null)];
        for (int version = 1; version <= LastVersion; version++)
        {
            Snapshot current = snapshots[^1];
            DeltaTransaction transaction = table.Log.Begin(current);
            transaction.Add(AddFor(feature, $"file-{version}.parquet"));
            transaction.SetTransaction("stream", version * 10);
            if (version % 4 == 0)
            {
                AddFile victim = current.Files.First();
                transaction.Remove(victim);
                if (feature == "deletion vectors" && version % 8 == 0)
                    transaction.Add(victim with { DeletionVector = DeletionVectorStore.Inline(new([(ulong)version])), DataChange = true });
            }

            if (feature == "metadata" && version % 5 == 0)
            {
                transaction.SetMetadata(current.Metadata
                    .WithSchema(new StructType([.. current.Schema.Fields, new StructField($"added_{version}", PrimitiveType.TimestampNtz)]))
                    .WithProperty("note", $"at {version}"));
                transaction.SetDomain("test.domain", $"{version}");
            }

            if (feature == "metadata" && version == 16) transaction.SetDomain("test.domain", null);
            CommitResult result = await transaction.CommitAsync(TestTable.Info(), TestTable.Token);
            await result.Checkpoint;
            snapshots.Add(result.Snapshot);
        }

        return snapshots;
    }

    private static async Task ReshapeAsync(TestTable table, string shape, List<Snapshot> written)
    {
        string pointer = table.PathOf("_delta_log/_last_checkpoint");
        switch (shape)
        {
            case "no pointer": File.Delete(pointer); break;
            case "garbage pointer": table.WriteFile("_delta_log/_last_checkpoint", "{\"version\": 2"); break;
            case "empty pointer": table.WriteFile("_delta_log/_last_checkpoint", ""); break;
            case "pointer to nowhere": table.WriteFile("_delta_log/_last_checkpoint", "{\"version\":999,\"size\":1}"); break;
            case "multi-part": Split(table, 20, 3, keep: 3); break;
            case "incomplete multi-part": Split(table, 20, 3, keep: 2); break;
            case "cleaned up": DeleteCommits(table, 19); break;
            case "cleaned up, checkpoint newest":
                for (long version = LastVersion; version > 20; version--)
                {
                    File.Delete(table.CommitPath(version));
                    written.RemoveAt(written.Count - 1);
                }

                DeleteCommits(table, 19);
                break;
            case "v2" or "v2 in JSON": ToV2(table, 20, shape == "v2" ? "parquet" : "json", loseSidecar: false); break;
            case "lost sidecar": ToV2(table, 20, "parquet", loseSidecar: true); break;
            case "noise":
                table.WriteFile("_delta_log/00000000000000000021.crc", "{}");
                table.WriteFile("_delta_log/.00000000000000000021.json.crc", "x");
                table.WriteFile("_delta_log/00000000000000000004.00000000000000000006.compacted.json", "garbage");
                table.WriteFile("_delta_log/00000000000000000020.checkpoint.0c3e0a40-3b1c-4c50-8bd7-9d4b1b1c0e3a.parquet", "garbage");
                table.WriteFile("_delta_log/_sidecars/0c3e0a40.parquet", "garbage");
                table.WriteFile("_delta_log/00000000000000000022.json.tmp", "garbage");
                table.WriteFile("_delta_log/notes.txt", "garbage");
                break;
        }

        await Task.CompletedTask;
    }

    private static void DeleteCommits(TestTable table, long upTo)
    {
        for (long version = 0; version <= upTo; version++) File.Delete(table.CommitPath(version));
        File.Delete(table.PathOf($"_delta_log/{10:D20}.checkpoint.parquet"));
    }

    /// <summary>Turns the single-part checkpoint of a version into parts, as older writers made them.</summary>
    private static void Split(TestTable table, long version, int parts, int keep)
    {
        string path = table.PathOf($"_delta_log/{version:D20}.checkpoint.parquet");
        string[] lines = File.ReadAllLines(path);
        File.Delete(path);
        for (int part = 1; part <= keep; part++)
        {
            StringBuilder content = new();
            for (int i = part - 1; i < lines.Length; i += parts) content.Append(lines[i]).Append('\n');
            table.WriteFile($"_delta_log/{version:D20}.checkpoint.{part:D10}.{parts:D10}.parquet", content.ToString());
        }
    }

    /// <summary>Turns the classic checkpoint of a version into one of the v2 spec with two sidecars.</summary>
    private static void ToV2(TestTable table, long version, string extension, bool loseSidecar)
    {
        string path = table.PathOf($"_delta_log/{version:D20}.checkpoint.parquet");
        string[] lines = File.ReadAllLines(path);
        File.Delete(path);
        string[] files = [.. lines.Where(line => line.StartsWith("{\"add\"", StringComparison.Ordinal) || line.StartsWith("{\"remove\"", StringComparison.Ordinal))];
        if (!loseSidecar) table.WriteFile("_delta_log/_sidecars/one two.parquet", string.Join('\n', files.Where((_, i) => i % 2 == 0)));
        table.WriteFile("_delta_log/_sidecars/second.parquet", string.Join('\n', files.Where((_, i) => i % 2 == 1)));
        string[] sidecars = [$"{{\"checkpointMetadata\":{{\"version\":{version}}}}}", Sidecar("one%20two.parquet"), Sidecar("file:/elsewhere/_delta_log/_sidecars/second.parquet")];
        table.WriteFile($"_delta_log/{version:D20}.checkpoint.0c3e0a40-3b1c-4c50-8bd7-9d4b1b1c0e3a.{extension}", string.Join('\n', sidecars.Concat(lines.Except(files))));

        static string Sidecar(string path) => $"{{\"sidecar\":{{\"path\":\"{path}\",\"sizeInBytes\":1,\"modificationTime\":1,\"tags\":{{}}}}}}";
    }

    private static void Same(Snapshot expected, Snapshot actual)
    {
        Assert.Equal(expected.Version, actual.Version);
        Assert.Equal(expected.Schema, actual.Schema);
        Assert.Equal(expected.PartitionColumns, actual.PartitionColumns);
        Assert.Equal(expected.Configuration.OrderBy(pair => pair.Key), actual.Configuration.OrderBy(pair => pair.Key));
        Assert.Equal(expected.Protocol.WriterFeatures, actual.Protocol.WriterFeatures);
        Assert.Equal(expected.Protocol.ReaderFeatures, actual.Protocol.ReaderFeatures);
        Assert.Equal(Describe(expected), Describe(actual));
        Assert.Equal(expected.Files.Count, actual.Files.Count);
        Assert.Equal(expected.TransactionVersion("stream"), actual.TransactionVersion("stream"));
        Assert.Equal(expected.DomainMetadata.OrderBy(pair => pair.Key), actual.DomainMetadata.OrderBy(pair => pair.Key));
        Assert.Equal(Tombstones(expected), Tombstones(actual));
        Assert.Equal(expected.CommitInfo?.TransactionId, actual.CommitInfo?.TransactionId);
    }

    private static string[] Describe(Snapshot snapshot) =>
        [.. snapshot.Files.Select(file => $"{file.Key} {file.Size} {file.Stats} {string.Join(",", file.PartitionValues)}").Order(StringComparer.Ordinal)];

    private static FileKey[] Tombstones(Snapshot snapshot) => [.. snapshot.State.Tombstones.Select(remove => remove.Key).OrderBy(key => key.ToString(), StringComparer.Ordinal)];
}
