using Lakehouse.Delta.Iceberg;
using Lakehouse.Storage;
using Lakehouse.Testing;

namespace Lakehouse.Delta.Tests.Iceberg;

/// <summary>Metadata that was missed, written twice, cut short, or is old.</summary>
public sealed class IcebergCatchUpTests
{
    [Fact]
    public async Task Missed_versions_get_a_snapshot_each()
    {
        using IcebergTestTable table = new(automatic: false);
        Snapshot snapshot = await table.CreateAsync();
        await table.Table.Log.WriteIcebergAsync(snapshot, TestTable.Token);
        for (int i = 0; i < 4; i++) snapshot = await table.AppendAsync(snapshot, $"f{i}");
        IcebergState state = await table.Table.Log.WriteIcebergAsync(snapshot, TestTable.Token);
        Assert.Equal(new IcebergState(4, 5, IcebergTestTable.AddressOf("metadata/v5.metadata.json"), 5), state);
        Assert.Equal(["f0", "f1"], await table.FilesAsync(2, metadataOf: 4));
        Assert.Equal(state, await table.Table.Log.WriteIcebergAsync(snapshot, TestTable.Token));
        Assert.Equal(state, await table.Table.Log.TryReadIcebergAsync(snapshot, TestTable.Token));
    }

    [Fact]
    public async Task Where_too_many_were_missed_the_newest_stands_as_a_whole()
    {
        using IcebergTestTable table = new(automatic: false);
        Snapshot snapshot = await table.AppendAsync(await table.CreateAsync(), "first");
        await table.Table.Log.WriteIcebergAsync(snapshot, TestTable.Token);
        for (int i = 0; i < 101; i++) snapshot = await table.AppendAsync(snapshot, $"f{i}");
        await table.Table.Log.WriteIcebergAsync(snapshot, TestTable.Token);
        Assert.Equal([2L, 103L], (await table.MetadataAsync(102)).Snapshots.Select(one => one.Id));
        Assert.Equal(102, (await table.FilesAsync(102)).Length);
        Assert.Equal(["first"], await table.FilesAsync(1, metadataOf: 102));
    }

    [Theory]
    [InlineData("manifest-")]
    [InlineData("snap-")]
    [InlineData(".metadata.json")]
    [InlineData("version-hint")]
    public async Task A_writer_that_dies_at_any_file_is_made_up_for_by_the_next_commit(string file)
    {
        bool fails = false;
        using IcebergTestTable table = new(wrap: inner => new FlakyObjectStore(inner, call => fails && call.Operation is ("put" or "create") && call.Key.Contains(file, StringComparison.Ordinal) ? Fault.Before : Fault.None));
        Snapshot snapshot = await table.AppendAsync(await table.CreateAsync(), "a");
        fails = true;
        snapshot = await table.AppendAsync(snapshot, "b");
        Assert.IsAssignableFrom<StorageException>(Assert.Single(table.Failures).Exception);
        fails = false;
        await table.AppendAsync(snapshot, "c");
        Assert.Equal(["a", "b", "c"], await table.FilesAsync(3));
        Assert.Equal([1L, 2L, 3L, 4L], (await table.MetadataAsync(3)).Snapshots.Select(one => one.Id));
    }

    [Fact]
    public async Task Two_writers_at_once_do_no_harm()
    {
        using IcebergTestTable table = new(automatic: false);
        Snapshot snapshot = await table.CreateAsync();
        for (int i = 0; i < 10; i++)
        {
            snapshot = await table.AppendAsync(snapshot, $"f{i}");
            Snapshot now = snapshot;
            IcebergState[] states = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ =>
                Task.Run(() => new DeltaLog(table.Table.Store, "silver/orders", table.Table.Codec, table.Options).WriteIcebergAsync(now, TestTable.Token))));
            Assert.All(states, state => Assert.Equal(now.Version, state.Version));
        }

        Assert.Equal(10, (await table.FilesAsync(10)).Length);
    }

    [Fact]
    public async Task An_older_version_does_not_take_the_metadata_back()
    {
        using IcebergTestTable table = new();
        Snapshot older = await table.CreateAsync();
        await table.AppendAsync(older, "a");
        File.Delete(table.Table.PathOf("metadata/v1.metadata.json"));
        Assert.Equal(1, (await table.Table.Log.WriteIcebergAsync(older, TestTable.Token)).Version);
    }

    [Fact]
    public async Task A_spoilt_manifest_list_costs_a_whole_snapshot_and_nothing_else()
    {
        using IcebergTestTable table = new();
        Snapshot snapshot = await table.AppendAsync(await table.CreateAsync(), "a");
        foreach (string list in Directory.GetFiles(table.Table.PathOf("metadata"), "snap-2-*")) await File.WriteAllTextAsync(list, "spoilt", TestTable.Token);
        await table.AppendAsync(snapshot, "b");
        Assert.Empty(table.Failures);
        Assert.Equal(["a", "b"], await table.FilesAsync(2));
    }

    [Fact]
    public async Task Metadata_that_is_not_ours_is_refused_and_left_alone()
    {
        using IcebergTestTable table = new();
        table.Table.WriteFile("metadata/v7.metadata.json", """{"format-version":2}""");
        await table.CreateAsync();
        Assert.Contains("v7.metadata.json", Assert.IsType<IcebergMappingException>(Assert.Single(table.Failures).Exception).Message, StringComparison.Ordinal);
        Assert.Equal(["v7.metadata.json"], Directory.GetFiles(table.Table.PathOf("metadata")).Select(Path.GetFileName));
    }

    [Fact]
    public async Task A_table_at_another_address_is_written_anew()
    {
        using IcebergTestTable table = new();
        Snapshot snapshot = await table.AppendAsync(await table.CreateAsync(), "a");
        await table.CommitAsync(snapshot, transaction => transaction.SetMetadata(snapshot.Metadata.WithProperty(TableProperties.IcebergLocation, "s3://elsewhere/t/")));
        TableMetadata metadata = await table.MetadataAsync(2);
        Assert.Equal("s3://elsewhere/t", metadata.Location);
        Assert.StartsWith("s3://elsewhere/t/metadata/snap-3-", Assert.Single(metadata.Snapshots).ManifestList, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Expired_snapshots_go_and_their_files_with_them()
    {
        ManualTime time = new();
        using IcebergTestTable table = new(automatic: false, time);
        Snapshot snapshot = await table.CreateAsync();
        for (int i = 0; i < 99; i++)
        {
            snapshot = await table.CommitAsync(snapshot, transaction =>
            {
                foreach (AddFile file in transaction.BasedOn!.Files) transaction.Remove(file);
                transaction.Add(TestTable.File($"f{transaction.BasedOn.Version}"));
            });
            if (i == 50) await table.Table.Log.WriteIcebergAsync(snapshot, TestTable.Token);
        }

        // Everything so far is older than any retention by the clock that now counts.
        time.Ahead = TimeSpan.FromDays(60);
        await table.Table.Log.WriteIcebergAsync(snapshot, TestTable.Token);
        Assert.Equal([100L], (await table.MetadataAsync(99)).Snapshots.Select(one => one.Id));
        string[] left = [.. Directory.GetFiles(table.Table.PathOf("metadata")).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal)];
        Assert.Equal(5, left.Length);
        Assert.Equal(["f98"], await table.FilesAsync(99));
    }

    [Fact]
    public async Task A_vacuum_leaves_the_metadata_alone_while_the_table_asks_for_it()
    {
        using IcebergTestTable table = new();
        Snapshot snapshot = await table.AppendAsync(await table.CreateAsync(), "a");
        DateTimeOffset later = DateTimeOffset.UtcNow.AddDays(1);
        Assert.Empty(await table.Table.Log.UnusedFilesAsync(snapshot, later, TestTable.Token));
        snapshot = await table.CommitAsync(snapshot, transaction => transaction.SetMetadata(snapshot.Metadata.WithProperty(TableProperties.UniversalFormats, null)));
        Assert.Contains(await table.Table.Log.UnusedFilesAsync(snapshot, later, TestTable.Token), file => file.Key.EndsWith("v1.metadata.json", StringComparison.Ordinal));
    }

    private sealed class ManualTime : TimeProvider
    {
        public TimeSpan Ahead { get; set; }

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UtcNow + Ahead;
    }
}
