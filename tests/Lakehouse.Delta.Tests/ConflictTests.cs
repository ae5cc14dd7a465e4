namespace Lakehouse.Delta.Tests;

/// <summary>What two transactions on the same snapshot may do to each other: the second follows the first, or names it.</summary>
public sealed class ConflictTests
{
    private static readonly Dictionary<string, Action<DeltaTransaction>> Actions = new()
    {
        ["blind append"] = transaction => transaction.Add(TestTable.File(Guid.NewGuid().ToString())),
        ["append after reading"] = transaction =>
        {
            transaction.ReadWholeTable();
            transaction.Add(TestTable.File(Guid.NewGuid().ToString()));
        },
        ["delete a"] = transaction => transaction.Remove(FileOf(transaction, "a")),
        ["delete b"] = transaction => transaction.Remove(FileOf(transaction, "b")),
        ["read a, append"] = transaction =>
        {
            transaction.ReadFiles([FileOf(transaction, "a")]);
            transaction.Add(TestTable.File(Guid.NewGuid().ToString()));
        },
        ["read p*, append"] = transaction =>
        {
            transaction.ReadWhere(file => file.Path.StartsWith('p'));
            transaction.Add(TestTable.File(Guid.NewGuid().ToString()));
        },
        ["append p after reading"] = transaction =>
        {
            transaction.ReadFiles([FileOf(transaction, "b")]);
            transaction.Add(TestTable.File($"p-{Guid.NewGuid()}"));
        },
        ["replace rows of a"] = transaction =>
        {
            AddFile file = FileOf(transaction, "a");
            transaction.Remove(file);
            transaction.Add(file with { DeletionVector = DeletionVectorStore.Inline(new([(ulong)Random.Shared.Next(1000)])) });
        },
        ["compact a"] = transaction =>
        {
            transaction.Remove(FileOf(transaction, "a"), dataChange: false);
            transaction.ReadWholeTable();
            transaction.Add(TestTable.File(Guid.NewGuid().ToString()) with { DataChange = false });
        },
        ["metadata"] = transaction => transaction.SetMetadata(transaction.Metadata.WithProperty("x", Guid.NewGuid().ToString())),
        ["protocol"] = transaction => transaction.SetProtocol(transaction.BasedOn!.Protocol.With([TableFeatures.DomainMetadata])),
        ["app 1"] = transaction =>
        {
            transaction.SetTransaction("app 1", 5);
            transaction.Add(TestTable.File(Guid.NewGuid().ToString()));
        },
        ["app 2"] = transaction => transaction.SetTransaction("app 2", 5),
        ["domain"] = transaction => transaction.SetDomain("mine", Guid.NewGuid().ToString()),
    };

    [Theory]
    [InlineData("blind append", "blind append", null)]
    [InlineData("blind append", "append after reading", null)]
    [InlineData("blind append", "delete a", null)]
    [InlineData("blind append", "replace rows of a", null)]
    [InlineData("blind append", "compact a", null)]
    [InlineData("blind append", "read p*, append", null)]
    [InlineData("append after reading", "blind append", null)]
    [InlineData("append after reading", "append after reading", CommitConflict.ConcurrentAppend)]
    [InlineData("append after reading", "delete a", null)]
    [InlineData("append after reading", "compact a", null)]
    [InlineData("append after reading", "read p*, append", null)]
    [InlineData("append p after reading", "read p*, append", CommitConflict.ConcurrentAppend)]
    [InlineData("delete a", "blind append", null)]
    [InlineData("delete a", "append after reading", CommitConflict.ConcurrentDeleteRead)]
    [InlineData("delete a", "delete a", CommitConflict.ConcurrentDeleteDelete)]
    [InlineData("delete a", "delete b", null)]
    [InlineData("delete a", "read a, append", CommitConflict.ConcurrentDeleteRead)]
    [InlineData("delete a", "replace rows of a", CommitConflict.ConcurrentDeleteDelete)]
    [InlineData("delete a", "compact a", CommitConflict.ConcurrentDeleteDelete)]
    [InlineData("delete b", "read a, append", null)]
    [InlineData("replace rows of a", "replace rows of a", CommitConflict.ConcurrentDeleteDelete)]
    [InlineData("replace rows of a", "delete a", CommitConflict.ConcurrentDeleteDelete)]
    [InlineData("replace rows of a", "delete b", null)]
    [InlineData("compact a", "delete a", CommitConflict.ConcurrentDeleteDelete)]
    [InlineData("compact a", "read a, append", CommitConflict.ConcurrentDeleteRead)]
    [InlineData("compact a", "blind append", null)]
    [InlineData("metadata", "blind append", CommitConflict.MetadataChanged)]
    [InlineData("metadata", "metadata", CommitConflict.MetadataChanged)]
    [InlineData("blind append", "metadata", null)]
    [InlineData("protocol", "blind append", CommitConflict.ProtocolChanged)]
    [InlineData("blind append", "protocol", null)]
    [InlineData("app 1", "app 1", CommitConflict.SameTransaction)]
    [InlineData("app 1", "app 2", null)]
    [InlineData("domain", "domain", CommitConflict.ProtocolChanged)]
    [InlineData("app 2", "domain", null)]
    public async Task The_second_follows_the_first_or_names_it(string first, string second, CommitConflict? expected)
    {
        foreach (bool elsewhere in new[] { true, false })
        {
            using TestTable table = new();
            Snapshot snapshot = await TwoFilesAsync(table);
            await CommitAsync(table, snapshot, first);
            if (elsewhere) table.ChangeProcess();

            if (expected is null)
            {
                // Another process's commit is found by losing the version to it; of one's own it is known.
                CommitResult result = await CommitAsync(table, snapshot, second);
                Assert.Equal((3L, elsewhere ? 2 : 1), (result.Version, result.Attempts));
                Snapshot loaded = await table.Log.LoadAsync(null, TestTable.Token);
                Assert.Equal(loaded.Paths(), result.Snapshot.Paths());
                continue;
            }

            CommitConflictException conflict = await Assert.ThrowsAsync<CommitConflictException>(() => CommitAsync(table, snapshot, second));
            Assert.Equal((expected, 2L, first), (conflict.Conflict, conflict.WinningVersion, conflict.WinningOperation));
            Assert.Contains("version 2", conflict.Message, StringComparison.Ordinal);
            Assert.Contains(first, conflict.Message, StringComparison.Ordinal);
            Assert.Equal(2, (await table.Log.LoadAsync(null, TestTable.Token)).Version);
        }
    }

    [Fact]
    public async Task Changes_of_one_domain_conflict()
    {
        using TestTable table = new();
        Snapshot snapshot = (await CommitAsync(table, await TwoFilesAsync(table), "domain")).Snapshot;
        await CommitAsync(table, snapshot, "domain");

        CommitConflictException conflict = await Assert.ThrowsAsync<CommitConflictException>(() => CommitAsync(table, snapshot, "domain"));

        Assert.Equal(CommitConflict.SameDomain, conflict.Conflict);
    }

    [Fact]
    public async Task A_serializable_table_counts_blind_appends_as_well()
    {
        using TestTable table = new();
        Snapshot snapshot = await TwoFilesAsync(table, new Dictionary<string, string> { ["delta.isolationLevel"] = "Serializable" });
        await CommitAsync(table, snapshot, "blind append");

        CommitConflictException conflict = await Assert.ThrowsAsync<CommitConflictException>(() => CommitAsync(table, snapshot, "append after reading"));

        Assert.Equal(CommitConflict.ConcurrentAppend, conflict.Conflict);
    }

    [Fact]
    public async Task A_transaction_follows_many_winners_and_checks_each()
    {
        using TestTable table = new();
        Snapshot snapshot = await TwoFilesAsync(table);
        Snapshot current = snapshot;
        for (int i = 0; i < 5; i++) current = (await CommitAsync(table, current, "blind append")).Snapshot;

        CommitResult result = await CommitAsync(table, snapshot, "delete a");
        Assert.Equal(7, result.Version);
        Assert.Equal(6, result.Snapshot.Files.Count);

        CommitConflictException conflict = await Assert.ThrowsAsync<CommitConflictException>(() => CommitAsync(table, snapshot, "delete a"));
        Assert.Equal(7, conflict.WinningVersion);
    }

    [Fact]
    public async Task What_a_transaction_was_told_is_in_its_commit()
    {
        using TestTable table = new();
        Snapshot snapshot = await TwoFilesAsync(table);
        DeltaTransaction transaction = table.Log.Begin(snapshot);
        transaction.Add(TestTable.File("c"));

        await transaction.CommitAsync(
            new CommitInfo
            {
                Operation = "WRITE",
                OperationParameters = new Dictionary<string, string?> { ["mode"] = "Append" },
                OperationMetrics = new Dictionary<string, string?> { ["numFiles"] = "1" },
                Tags = new Dictionary<string, string?> { ["lakehouse.inputs"] = "{\"bronze.x\":3}" },
                UserMetadata = "by \"hand\" — ok",
            },
            TestTable.Token);

        CommitInfo info = (await table.Log.LoadAsync(null, TestTable.Token)).CommitInfo!;
        Assert.Equal(("WRITE", "Append", "1"), (info.Operation, info.OperationParameters["mode"], info.OperationMetrics["numFiles"]));
        Assert.Equal("{\"bronze.x\":3}", info.Tags["lakehouse.inputs"]);
        Assert.Equal("by \"hand\" — ok", info.UserMetadata);
        Assert.Equal((transaction.TransactionId, 1L, true), (info.TransactionId, info.ReadVersion, info.IsBlindAppend));
        Assert.StartsWith("Lakehouse/", info.EngineInfo, StringComparison.Ordinal);
        Assert.Equal("WriteSerializable", info.IsolationLevel);
    }

    [Fact]
    public async Task A_transaction_commits_once()
    {
        using TestTable table = new();
        DeltaTransaction transaction = table.Log.Begin(await TwoFilesAsync(table));
        transaction.Add(TestTable.File("c"));
        await transaction.CommitAsync(TestTable.Info(), TestTable.Token);

        await Assert.ThrowsAsync<InvalidOperationException>(() => transaction.CommitAsync(TestTable.Info(), TestTable.Token));
    }

    [Fact]
    public async Task Files_that_cannot_be_added_or_removed_are_refused_before_anything_is_written()
    {
        using TestTable table = new();
        Snapshot snapshot = await TwoFilesAsync(table);
        DeltaTransaction transaction = table.Log.Begin(snapshot);
        transaction.Add(TestTable.File("c"));

        Assert.Throws<ArgumentException>(() => transaction.Add(TestTable.File("c")));
        Assert.Throws<ArgumentException>(() => transaction.Add(TestTable.File("../c")));
        Assert.Throws<ArgumentException>(() => transaction.Add(TestTable.File("d") with { Stats = null, DeletionVector = DeletionVectorStore.Inline(new([1])) }));
        Assert.Throws<ArgumentException>(() => transaction.Remove(TestTable.File("c")));
        AddFile a = snapshot.Files.Single(file => file.Path == "a");
        Assert.Throws<ArgumentException>(() => transaction.Remove(a with { DeletionVector = DeletionVectorStore.Inline(new([1])) }));
        transaction.Remove(a);
        Assert.Throws<ArgumentException>(() => transaction.Remove(a));
        Assert.Throws<ArgumentException>(() => transaction.SetDomain("delta.clustering", "{}"));
    }

    [Fact]
    public async Task Partition_values_must_be_those_of_the_tables_columns()
    {
        using TestTable table = new();
        Snapshot snapshot = await table.CreateAsync(partitionBy: ["name"]);
        DeltaTransaction transaction = table.Log.Begin(snapshot);
        transaction.Add(TestTable.File("c", partition: new Dictionary<string, string?> { ["id"] = "1" }));

        SchemaMismatchException exception = await Assert.ThrowsAsync<SchemaMismatchException>(() => transaction.CommitAsync(TestTable.Info(), TestTable.Token));

        Assert.Equal("name", exception.Column);
    }

    private static AddFile FileOf(DeltaTransaction transaction, string path) => transaction.BasedOn!.Files.Single(file => file.Path == path);

    private static async Task<Snapshot> TwoFilesAsync(TestTable table, IReadOnlyDictionary<string, string>? properties = null) =>
        await table.AppendAsync(await table.CreateAsync(properties: properties), "a", "b");

    private static Task<CommitResult> CommitAsync(TestTable table, Snapshot snapshot, string what)
    {
        DeltaTransaction transaction = table.Log.Begin(snapshot);
        Actions[what](transaction);
        return transaction.CommitAsync(TestTable.Info(what), TestTable.Token);
    }
}
