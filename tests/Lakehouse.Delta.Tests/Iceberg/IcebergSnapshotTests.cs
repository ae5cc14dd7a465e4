using Lakehouse.Delta.Iceberg;
using Lakehouse.Delta.Iceberg.Manifests;

namespace Lakehouse.Delta.Tests.Iceberg;

/// <summary>What a commit does to manifests and snapshots.</summary>
public sealed class IcebergSnapshotTests
{
    [Fact]
    public async Task Version_0_is_snapshot_1_without_files()
    {
        using IcebergTestTable table = new();
        Snapshot snapshot = await table.CreateAsync();
        TableMetadata metadata = await table.MetadataAsync(0);
        Assert.Equal([1L], metadata.Snapshots.Select(one => one.Id));
        Assert.Equal(snapshot.Metadata.Id, metadata.DeltaTableId);
        Assert.Empty(await table.ManifestsAsync(0));
        Assert.Equal("1", await File.ReadAllTextAsync(table.Table.PathOf("metadata/version-hint.text"), TestTable.Token));
    }

    [Fact]
    public async Task A_table_that_does_not_ask_gets_no_metadata()
    {
        using IcebergTestTable table = new();
        await table.Table.CreateAsync();
        await table.Table.Log.CheckpointsWrittenAsync();
        Assert.False(Directory.Exists(table.Table.PathOf("metadata")));
    }

    [Fact]
    public async Task A_commit_adds_one_manifest_and_leaves_the_others_alone()
    {
        using IcebergTestTable table = new();
        Snapshot snapshot = await table.AppendAsync(await table.CreateAsync(), "a", "b");
        await table.AppendAsync(snapshot, "c");
        List<ManifestFile> before = await table.ManifestsAsync(1), after = await table.ManifestsAsync(2);
        Assert.Equal(before.Select(manifest => manifest.Path), after.SkipLast(1).Select(manifest => manifest.Path));
        Assert.Equal(["a", "b", "c"], await table.FilesAsync(2));
        Assert.Equal((2L, 1), (after[0].SequenceNumber, after[^1].AddedFiles));
        Assert.Equal([2L, 2L, 3L], (await table.EntriesAsync(2, FileContent.Data)).Select(entry => entry.SequenceNumber).Order());
    }

    [Fact]
    public async Task A_removed_file_costs_only_the_manifest_that_held_it()
    {
        using IcebergTestTable table = new();
        Snapshot snapshot = await table.AppendAsync(await table.CreateAsync(), "a", "b");
        snapshot = await table.AppendAsync(snapshot, "c");
        snapshot = await table.CommitAsync(snapshot, transaction => transaction.Remove(transaction.BasedOn!.Files.Single(file => file.Path == "a")));
        List<ManifestFile> before = await table.ManifestsAsync(2), after = await table.ManifestsAsync(3);
        Assert.Equal(before[1].Path, after[1].Path);
        Assert.NotEqual(before[0].Path, after[0].Path);
        Assert.Equal((1, 1), (after[0].ExistingFiles, after[0].DeletedFiles));
        Assert.Equal(2, Assert.Single(await table.EntriesAsync(3, FileContent.Data), entry => entry.FilePath.EndsWith('b')).SequenceNumber);
        Assert.Equal(["b", "c"], await table.FilesAsync(3));
        Assert.Equal(["a", "b", "c"], await table.FilesAsync(2, metadataOf: 3));

        await table.AppendAsync(snapshot, "d");
        Assert.Equal("delete", (await table.MetadataAsync(3)).Current.Summary["operation"]);
        Assert.Equal("3", (await table.MetadataAsync(4)).Current.Summary["total-data-files"]);
    }

    [Fact]
    public async Task A_manifest_without_live_files_is_dropped_by_the_next_snapshot()
    {
        using IcebergTestTable table = new();
        Snapshot snapshot = await table.AppendAsync(await table.CreateAsync(), "a");
        snapshot = await table.CommitAsync(snapshot, transaction => transaction.Remove(transaction.BasedOn!.Files.Single()));
        Assert.Single(await table.ManifestsAsync(2));
        await table.AppendAsync(snapshot, "b");
        Assert.Equal(1, Assert.Single(await table.ManifestsAsync(3)).AddedFiles);
    }

    [Fact]
    public async Task A_deletion_vector_becomes_a_file_of_deletes_and_leaves_the_data_manifests_alone()
    {
        using IcebergTestTable table = new();
        Snapshot snapshot = await table.AppendAsync(await table.CreateAsync(), "a", "b");
        snapshot = await DeleteAsync(table, snapshot, "a", 3, 5);
        snapshot = await DeleteAsync(table, snapshot, "a", 3, 5, 8);
        snapshot = await DeleteAsync(table, snapshot, "b", 1);
        string data = (await table.ManifestsAsync(1))[0].Path;
        Assert.Equal(data, (await table.ManifestsAsync(4))[0].Path);
        Assert.Equal(["a:3,5"], await table.DeletesAsync(2));
        Assert.Equal(["a:3,5,8"], await table.DeletesAsync(3));
        Assert.Equal(["a:3,5,8", "b:1"], await table.DeletesAsync(4));
        ManifestEntry deletes = (await table.EntriesAsync(4, FileContent.PositionDeletes)).Single(entry => entry.DataFile == IcebergTestTable.AddressOf("a"));
        Assert.Equal((4L, 3L), (deletes.SequenceNumber, deletes.RecordCount));
        Assert.Equal("4", (await table.MetadataAsync(4)).Current.Summary["total-position-deletes"]);

        await table.CommitAsync(snapshot, transaction => transaction.Remove(transaction.BasedOn!.Files.Single(file => file.Path == "a")));
        Assert.Equal(["b:1"], await table.DeletesAsync(5));
    }

    [Fact]
    public async Task A_file_that_is_added_again_without_a_change_of_data_is_not_doubled()
    {
        using IcebergTestTable table = new();
        Snapshot snapshot = await table.AppendAsync(await table.CreateAsync(), "a");
        await table.CommitAsync(snapshot, transaction => transaction.Add(TestTable.File("a") with { DataChange = false }));
        Assert.Equal(["a"], await table.FilesAsync(2));
    }

    [Fact]
    public async Task Many_small_manifests_are_merged_and_keep_their_sequence_numbers()
    {
        using IcebergTestTable table = new(automatic: false);
        Snapshot snapshot = await table.CreateAsync();
        for (int i = 0; i < 205; i++)
        {
            snapshot = await table.AppendAsync(snapshot, $"f{i:D3}");
            if (i % 50 == 0) await table.Table.Log.WriteIcebergAsync(snapshot, TestTable.Token);
        }

        await table.Table.Log.WriteIcebergAsync(snapshot, TestTable.Token);
        Assert.InRange((await table.ManifestsAsync(205)).Count, 2, 110);
        List<ManifestEntry> entries = await table.EntriesAsync(205, FileContent.Data);
        Assert.Equal(Enumerable.Range(2, 205).Select(number => (long)number), entries.Select(entry => entry.SequenceNumber).Order());
        Assert.Equal(205, entries.Select(entry => entry.FilePath).Distinct().Count());
    }

    [Fact]
    public async Task Rows_of_files_without_statistics_are_counted()
    {
        using IcebergTestTable table = new();
        await table.CommitAsync(await table.CreateAsync(), transaction => transaction.Add(TestTable.File("a") with { Stats = null }));
        Assert.Equal("silver/orders/a", Assert.Single(table.Parquet.Counted).Key);
        Assert.Equal(77, Assert.Single(await table.EntriesAsync(1, FileContent.Data)).RecordCount);
    }

    [Fact]
    public async Task A_partition_that_cannot_hold_the_file_saves_reading_its_manifest()
    {
        using IcebergTestTable table = new();
        Snapshot snapshot = await table.CreateAsync(partitionBy: ["name"]);
        foreach (string? name in new[] { "x", null, "y" })
            snapshot = await table.CommitAsync(snapshot, transaction => transaction.Add(TestTable.File($"in-{name}", partition: new Dictionary<string, string?> { ["name"] = name })));
        foreach (ManifestFile manifest in (await table.ManifestsAsync(3)).Skip(1))
            await File.WriteAllTextAsync(table.Table.PathOf(manifest.Path[IcebergTestTable.AddressOf("").Length..]), "spoilt", TestTable.Token);
        await table.CommitAsync(snapshot, transaction => transaction.Remove(transaction.BasedOn!.Files.Single(file => file.Path == "in-x")));
        Assert.Empty(table.Failures);
        Assert.Equal(4, (await table.MetadataAsync(4)).Snapshots.Count(one => one.Id > 1));
        Assert.Equal(1, (await table.ManifestsAsync(4))[0].DeletedFiles);
    }

    internal static Task<Snapshot> DeleteAsync(IcebergTestTable table, Snapshot snapshot, string path, params ulong[] rows) => table.CommitAsync(snapshot, transaction =>
    {
        AddFile file = snapshot.Files.Single(file => file.Path == path);
        transaction.Remove(file);
        transaction.Add(file with { Stats = """{"numRecords":10}""", DeletionVector = DeletionVectorStore.Inline(new RoaringBitmapArray(rows)) });
    });
}
