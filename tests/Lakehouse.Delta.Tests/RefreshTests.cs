using System.Globalization;
using Lakehouse.Testing;

namespace Lakehouse.Delta.Tests;

public sealed class RefreshTests
{
    [Fact]
    public async Task Nothing_new_gives_the_very_same_snapshot()
    {
        using TestTable table = new();
        Snapshot snapshot = await table.AppendAsync(await table.CreateAsync(), "a");

        Assert.Same(snapshot, await table.Log.RefreshAsync(snapshot, TestTable.Token));
    }

    [Fact]
    public async Task A_refresh_reads_only_newer_commits_and_shares_the_rest()
    {
        FlakyObjectStore? counted = null;
        List<string> opened = [];
        using TestTable table = new(null, store => counted = new FlakyObjectStore(store, call =>
        {
            if (call.Operation is "open" or "list") opened.Add(call.Key);
            return Fault.None;
        }));
        Snapshot known = await table.CreateAsync();
        for (int i = 0; i < 15; i++) known = await table.AppendAsync(known, $"file-{i}");
        await table.AppendAsync(await table.AppendAsync(known, "x"), "y");
        opened.Clear();

        Snapshot refreshed = await table.Log.RefreshAsync(known, TestTable.Token);

        Assert.Equal(17, refreshed.Version);
        Assert.Equal([16, 17, 18], Versions(opened));
        Assert.Same(known.Metadata, refreshed.Metadata);
        Assert.All(known.Files, file => Assert.Same(file, refreshed.Find(file.Key)));
        Assert.Equal(15, known.Files.Count);
    }

    [Fact]
    public async Task Where_others_write_the_commit_after_the_next_is_asked_for_at_once()
    {
        List<string> opened = [];
        using TestTable table = new(null, store => new FlakyObjectStore(store, call =>
        {
            if (call.Operation == "open") opened.Add(call.Key);
            return Fault.None;
        }));
        Snapshot known = await table.CreateAsync();
        Snapshot written = await table.AppendAsync(known, "a");
        known = await table.Log.RefreshAsync(known, TestTable.Token);
        written = await table.AppendAsync(written, "b");
        opened.Clear();

        known = await table.Log.RefreshAsync(known, TestTable.Token);
        Assert.Equal([2, 3], Versions(opened));
        opened.Clear();

        // Nothing came this time, so the next look asks for one again.
        Assert.Same(known, await table.Log.RefreshAsync(known, TestTable.Token));
        Assert.Equal([3, 4], Versions(opened));
        opened.Clear();
        Assert.Same(known, await table.Log.RefreshAsync(known, TestTable.Token));
        Assert.Equal([3], Versions(opened));
    }

    [Fact]
    public async Task A_reader_far_behind_a_bucket_lists_once_and_asks_for_no_commit_that_is_not_there()
    {
        List<string> opened = [];
        int lists = 0;
        DeltaLog log = new(
            new FlakyObjectStore(new MemoryObjectStore(), call =>
            {
                if (call.Operation == "open" && call.Key.EndsWith(".json", StringComparison.Ordinal)) opened.Add(call.Key);
                if (call.Operation == "list") lists++;
                return Fault.None;
            }),
            "silver/orders",
            new JsonCheckpointCodec(),
            new DeltaLogOptions { AutomaticCheckpoints = false });
        Snapshot known = (await log.Create(Metadata.Create(TestTable.Columns)).CommitAsync(TestTable.Info(), TestTable.Token)).Snapshot;
        Snapshot written = known;
        for (int i = 0; i < 50; i++)
        {
            DeltaTransaction append = log.Begin(written);
            append.Add(TestTable.File($"file-{i}"));
            written = (await append.CommitAsync(TestTable.Info(), TestTable.Token)).Snapshot;
        }

        opened.Clear();
        lists = 0;

        Snapshot refreshed = await log.RefreshAsync(known, TestTable.Token);

        Assert.Equal(written.Paths(), refreshed.Paths());
        Assert.Equal(Enumerable.Range(1, 50).Select(version => (long)version), Versions(opened));
        Assert.Equal(1, lists);
    }

    private static IEnumerable<long> Versions(IEnumerable<string> opened) => opened.Select(key => long.Parse(Path.GetFileNameWithoutExtension(key), CultureInfo.InvariantCulture));

    [Fact]
    public async Task A_table_that_was_deleted_and_created_anew_is_loaded_anew()
    {
        using TestTable table = new();
        Snapshot known = await table.AppendAsync(await table.CreateAsync(), "old");
        Directory.Delete(table.PathOf(""), recursive: true);
        Snapshot anew = await table.AppendAsync(await table.AppendAsync(await table.CreateAsync(), "new-1"), "new-2");

        Snapshot refreshed = await table.Log.RefreshAsync(known, TestTable.Token);

        Assert.Equal(anew.Paths(), refreshed.Paths());
        Directory.Delete(table.PathOf(""), recursive: true);
        await Assert.ThrowsAsync<TableNotFoundException>(() => table.Log.RefreshAsync(known, TestTable.Token));
    }

    [Fact]
    public async Task A_commit_on_a_fresh_snapshot_neither_lists_nor_reads()
    {
        List<string> calls = [];
        using TestTable table = new(null, store => new FlakyObjectStore(store, call =>
        {
            calls.Add(call.Operation);
            return Fault.None;
        }));
        Snapshot snapshot = await table.CreateAsync();
        calls.Clear();

        await table.AppendAsync(snapshot, "a");

        // The first look is at the version that it is based on: is it still the same table?
        Assert.Equal(["find", "create", "find"], calls);
    }

    [Theory]
    [InlineData(41)]
    [InlineData(42)]
    [InlineData(43)]
    public async Task Derived_snapshots_agree_with_a_plain_set_however_long_the_history(int seed)
    {
        await Task.CompletedTask;
        Random random = new(seed);
        TableState state = TableState.Empty;
        Dictionary<string, AddFile> expected = [];
        List<(TableState State, string[] Paths)> kept = [];
        for (int version = 0; version < 400; version++)
        {
            List<DeltaAction> actions = [];
            foreach (string victim in expected.Keys.OrderBy(_ => random.Next()).Take(random.Next(8)).ToList())
            {
                actions.Add(expected[victim].ToRemove(1));
                expected.Remove(victim);
            }

            for (int i = random.Next(12); i > 0; i--)
            {
                AddFile file = TestTable.File($"{version}-{i}");
                actions.Add(file);
                expected[file.Path] = file;
            }

            state = state.Apply(actions);
            if (version % 50 == 0) kept.Add((state, [.. expected.Keys.Order(StringComparer.Ordinal)]));
            Assert.Equal(expected.Count, state.Files.Count);
        }

        kept.Add((state, [.. expected.Keys.Order(StringComparer.Ordinal)]));
        foreach ((TableState old, string[] paths) in kept)
            Assert.True(paths.SequenceEqual(old.Files.Select(file => file.Path).Order(StringComparer.Ordinal)), $"seed {seed}");
    }
}
