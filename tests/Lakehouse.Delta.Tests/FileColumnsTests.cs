namespace Lakehouse.Delta.Tests;

/// <summary>Files by columns are the same files: what goes in comes out, is found by its key, and is there once.</summary>
public sealed class FileColumnsTests
{
    [Fact]
    public void Every_field_of_an_add_comes_back()
    {
        AddFile file = new()
        {
            Path = "day=2026-01-01/a%20b-é.parquet",
            PartitionValues = new Dictionary<string, string?> { ["day"] = "2026-01-01", ["shop"] = null, [""] = "" },
            Size = 123,
            ModificationTime = 456,
            DataChange = false,
            Stats = """{"numRecords":7,"minValues":{"ü":1}}""",
            Tags = new Dictionary<string, string?> { ["k"] = "v", ["n"] = null },
            DeletionVector = new DeletionVectorDescriptor { StorageType = 'u', PathOrInlineDv = "ab^-aqEH.-t@S}K{vb[*k^", Offset = 4, SizeInBytes = 40, Cardinality = 6 },
            BaseRowId = 0,
            DefaultRowCommitVersion = 5,
            ClusteringProvider = "liquid",
        };

        AddFile back = Columns(file).Add(0);

        Assert.Equal(Lines(file), Lines(back));
    }

    [Fact]
    public void Every_field_of_a_remove_comes_back_and_what_was_absent_stays_absent()
    {
        RemoveFile full = new()
        {
            Path = "a",
            DeletionTimestamp = 0,
            DataChange = false,
            ExtendedFileMetadata = true,
            PartitionValues = new Dictionary<string, string?> { ["p"] = "x" },
            Size = 0,
            Stats = "{}",
            Tags = new Dictionary<string, string?>(),
            BaseRowId = 9,
            DefaultRowCommitVersion = 10,
        };
        RemoveFile bare = new() { Path = "b" };
        FileColumnsBuilder builder = new(new PartitionSets());
        builder.Add(full);
        builder.Add(bare);

        FileColumns columns = builder.ToColumns();

        Assert.Equal(Lines(full, bare), Lines(columns.Remove(0), columns.Remove(1)));
    }

    [Fact]
    public void A_file_is_found_by_its_key_in_any_spelling_of_its_path()
    {
        FileColumns columns = Columns(TestTable.File("a%20b"), TestTable.File("c d"), TestTable.File("plain"));

        Assert.Equal([0, 1, 2, -1], new[] { "a b", "c d", "plain", "a%20b" }.Select(path => columns.Find(new FileKey(path, null))));
    }

    [Fact]
    public void A_file_that_comes_again_takes_the_place_of_the_one_before()
    {
        DeletionVectorDescriptor vector = new() { StorageType = 'i', PathOrInlineDv = "x", SizeInBytes = 1, Cardinality = 1 };

        FileColumns columns = Columns(TestTable.File("a b", rows: 1), TestTable.File("c"), TestTable.File("a b") with { DeletionVector = vector }, TestTable.File("a%20b", rows: 2));

        Assert.Equal(["c: 1 ", "a b: 1 ix", "a%20b: 2 "], Enumerable.Range(0, columns.Count).Select(columns.Add).Select(file => $"{file.Path}: {file.Statistics.NumRecords} {file.DeletionVector?.UniqueId}"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Many_files_that_come_and_go_are_what_a_dictionary_says(int seed)
    {
        Random random = new(seed);
        Dictionary<string, AddFile> expected = [];
        TableState state = TableState.Empty;
        for (int round = 0; round < 6; round++)
        {
            List<DeltaAction> actions = [];
            for (int i = 0; i < 3_000; i++)
            {
                AddFile file = TestTable.File($"{random.Next(12_000)}%20", rows: random.Next(1000), partition: new Dictionary<string, string?> { ["p"] = $"{i % 7}" });
                if (expected.Remove(file.Path, out AddFile? known)) actions.Add(known.ToRemove(round));
                else actions.Add(expected[file.Path] = file);
            }

            state = state.Apply(actions);
            Assert.Equal(expected.Count, state.Files.Count);
            Assert.Equal(expected.Values.Select(Describe).Order(StringComparer.Ordinal), state.Files.Select(Describe).Order(StringComparer.Ordinal));
            Assert.Equal((long)expected.Count * 100, FileTotals.Of(state.Files).Bytes);
            Assert.All(expected.Values.Take(50), file => Assert.Equal(Describe(file), Describe(state.Files.Find(file.Key)!)));
        }

        static string Describe(AddFile file) => $"{file.Path} {file.Stats} {string.Join(",", file.PartitionValues)}";
    }

    [Fact]
    public void Files_are_selected_from_the_base_and_from_what_came_since()
    {
        List<DeltaAction> many = [.. Enumerable.Range(0, 30_000).Select(i => TestTable.File($"f{i}", rows: i, partition: new Dictionary<string, string?> { ["p"] = $"{i % 3}" }))];
        TableState state = TableState.Empty.Apply(many);
        state = state.Apply([((AddFile)many[4]).ToRemove(1), TestTable.File("late", rows: 7, partition: new Dictionary<string, string?> { ["p"] = "1" })]);

        IReadOnlyList<AddFile> selected = FileSelection.Select(state.Files, new RowsOfPartition("1", "{\"numRecords\":7}", "{\"numRecords\":4}", "{\"numRecords\":28000}"));

        Assert.Equal(["f7", "f28000", "late"], selected.Select(file => file.Path));
    }

    [Fact]
    public void Sections_of_a_checkpoint_follow_each_other_whichever_is_filled_first()
    {
        CheckpointRows rows = new();
        CheckpointRows first = rows.Section(), second = rows.Section();
        second.Add(TestTable.File("b", rows: 3, partition: new Dictionary<string, string?> { ["p"] = "y" }));
        second.Add(TestTable.File("d", rows: 4, partition: new Dictionary<string, string?> { ["p"] = "x" }));
        first.Add(TestTable.File("a", rows: 1, partition: new Dictionary<string, string?> { ["p"] = "x" }));
        first.Add(TestTable.File("b", rows: 2, partition: new Dictionary<string, string?> { ["p"] = "x" }));
        first.Add(new RemoveFile { Path = "gone" });

        Assert.Equal(["gone"], rows.ToRemoves().Rows.Select(row => rows.ToRemoves().Remove(row).Path));
        FileColumns columns = rows.ToAdds();
        Assert.Equal(["a: 1 x", "b: 3 y", "d: 4 x"], columns.Rows.Select(columns.Add).Select(file => $"{file.Path}: {file.Statistics.NumRecords} {file.PartitionValues["p"]}"));
        Assert.Equal([1, 3, 4], new[] { "a", "b", "d" }.Select(path => columns.Add(columns.Find(new FileKey(path, null))).Statistics.NumRecords!.Value));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Many_files_in_several_sections_are_what_a_dictionary_says(int seed)
    {
        Random random = new(seed);
        CheckpointRows rows = new();
        Dictionary<string, (int Order, string Stats)> expected = [];
        int order = 0;
        for (int section = 0; section < 5; section++)
        {
            CheckpointRows some = rows.Section();
            for (int i = random.Next(20_000); i > 0; i--)
            {
                AddFile file = TestTable.File($"{random.Next(60_000)}", rows: random.Next(1000));
                some.Add(file);
                expected[file.Path] = (order++, file.Stats!);
            }
        }

        FileColumns columns = rows.ToAdds();

        Assert.Equal(expected.OrderBy(file => file.Value.Order).Select(file => (file.Key, file.Value.Stats)), columns.Rows.Select(columns.Add).Select(file => (file.Path, file.Stats!)));
        Assert.All(expected.Keys.Take(100), path => Assert.Equal(path, columns.Add(columns.Find(new FileKey(path, null))).Path));
        Assert.Equal(-1, columns.Find(new FileKey("none", null)));
    }

    [Fact]
    public void Statistics_come_back_byte_by_byte_whatever_their_shape()
    {
        string[] statistics =
        [
            "{}", "", "[1]", "no json", "{\"numRecords\":1", "{\"numRecords\":01}", "{\"numRecords\": 1 }", "{\"numRecords\":-1.5e+10}", "{\"a\":true,\"b\":false,\"c\":null}", "{\"a\":tru}",
            "{\"minValues\":{\"s\":\"a\\u00e9\"}}", "{\"minValues\":{\"s\":\"é\"}}", "{\"minValues\":{\"s\":\"\"}}", "{\"minValues\":{\"s\":[1,\"x\",{}]}}", "{\"minValues\":{\"s\":\"\u0001\"}}",
            $"{{\"minValues\":{{\"s\":\"{new string('x', 255)}\"}}}}", $"{{\"minValues\":{{\"s\":\"{new string('x', 256)}\"}}}}",
            .. Enumerable.Range(0, 600).Select(i => $"{{\"minValues\":{{\"c{i % 300}\":{i}}}}}"),
        ];

        FileColumns columns = Columns([.. statistics.Select((stats, i) => TestTable.File($"f{i}") with { Stats = stats })]);

        Assert.Equal(statistics.Select(stats => stats.Length == 0 ? null : stats), columns.Rows.Select(row => columns.Add(row).Stats));
    }

    [Fact]
    public void Statistics_of_one_shape_take_the_room_of_their_values()
    {
        FileColumns columns = Columns([.. Enumerable.Range(0, 100).Select(i => TestTable.File($"f{i}") with { Stats = $"{{\"numRecords\":{i % 10},\"minValues\":{{\"identifier\":{i % 10},\"name\":\"n{i % 10}\"}}}}" })]);

        Assert.Equal(100 * (1 + 3 + 4), columns.Blocks.Sum(block => block.Stats.Length));
    }

    private static FileColumns Columns(params AddFile[] files)
    {
        FileColumnsBuilder builder = new(new PartitionSets());
        foreach (AddFile file in files) builder.Add(file);
        return builder.ToColumns();
    }

    private static string Lines(params DeltaAction[] actions)
    {
        using MemoryStream lines = new();
        ActionJson.Write(lines, actions);
        return System.Text.Encoding.UTF8.GetString(lines.ToArray());
    }

    private sealed class RowsOfPartition(string partition, params string[] statistics) : IFileFilter, IStatisticsFilter
    {
        public bool MayMatch(IReadOnlyDictionary<string, string?> values, out IStatisticsFilter? filter)
        {
            filter = this;
            return values["p"] == partition;
        }

        public bool MayMatch(ReadOnlySpan<byte> json) => statistics.Contains(System.Text.Encoding.UTF8.GetString(json));
    }
}
