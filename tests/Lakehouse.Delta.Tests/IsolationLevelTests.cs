namespace Lakehouse.Delta.Tests;

/// <summary>
/// What the levels WriteSerializable and Serializable say of every pair of operations that meet: the table of docs/tables.md. File a
/// holds the ids 0 to 9, file b the ids 10 to 19.
/// </summary>
public sealed class IsolationLevelTests
{
    private static readonly Dictionary<string, Func<DeltaTransaction, DeletionVectorStore, Task>> Operations = new()
    {
        ["append"] = (transaction, _) => Add(transaction, 5, 5),
        ["append after reading"] = (transaction, _) =>
        {
            transaction.ReadWholeTable();
            return Add(transaction, 50, 59);
        },
        ["delete rows 0 to 2"] = (transaction, vectors) => DeleteAsync(transaction, vectors, 0, 2),
        ["delete rows 2 to 4"] = (transaction, vectors) => DeleteAsync(transaction, vectors, 2, 4),
        ["delete rows 6 to 8"] = (transaction, vectors) => DeleteAsync(transaction, vectors, 6, 8),
        ["update rows 6 to 8"] = async (transaction, vectors) =>
        {
            await DeleteAsync(transaction, vectors, 6, 8);
            await Add(transaction, 6, 8);
        },
        ["merge new ids 30 to 39"] = (transaction, _) =>
        {
            transaction.MatchRows(file => MayHold(file, 30, 39));
            return Add(transaction, 30, 39);
        },
        ["delete file b"] = (transaction, _) =>
        {
            transaction.MatchRows(file => MayHold(file, 10, 19));
            transaction.Remove(File(transaction, "b"));
            return Task.CompletedTask;
        },
        ["compact"] = (transaction, _) =>
        {
            foreach (AddFile file in transaction.BasedOn!.Files) transaction.Remove(file, dataChange: false);
            transaction.Add(New(0, 19) with { DataChange = false });
            return Task.CompletedTask;
        },
        ["overwrite"] = (transaction, _) =>
        {
            transaction.ReadWholeTable();
            foreach (AddFile file in transaction.BasedOn!.Files) transaction.Remove(file);
            return Add(transaction, 0, 4);
        },
        ["set a property"] = (transaction, _) =>
        {
            transaction.SetMetadata(transaction.Metadata.WithProperty("x", Guid.NewGuid().ToString()));
            return Task.CompletedTask;
        },
    };

    [Theory]
    [InlineData("append", "append", null, null)]
    [InlineData("append", "append after reading", null, CommitConflict.ConcurrentAppend)]
    [InlineData("append", "delete rows 0 to 2", null, null)]
    [InlineData("append", "delete rows 2 to 4", null, null)]
    [InlineData("append", "delete rows 6 to 8", null, null)]
    [InlineData("append", "merge new ids 30 to 39", null, null)]
    [InlineData("append", "compact", null, null)]
    [InlineData("append", "overwrite", null, CommitConflict.ConcurrentAppend)]
    [InlineData("append", "set a property", null, null)]
    [InlineData("append after reading", "append", null, null)]
    [InlineData("append after reading", "append after reading", CommitConflict.ConcurrentAppend, CommitConflict.ConcurrentAppend)]
    [InlineData("append after reading", "delete rows 0 to 2", null, null)]
    [InlineData("append after reading", "overwrite", CommitConflict.ConcurrentAppend, CommitConflict.ConcurrentAppend)]
    [InlineData("delete rows 0 to 2", "append", null, null)]
    [InlineData("delete rows 0 to 2", "append after reading", CommitConflict.ConcurrentDeleteRead, CommitConflict.ConcurrentDeleteRead)]
    [InlineData("delete rows 0 to 2", "delete rows 2 to 4", CommitConflict.ConcurrentDeleteDelete, CommitConflict.ConcurrentDeleteDelete)]
    [InlineData("delete rows 0 to 2", "delete rows 6 to 8", null, null)]
    [InlineData("delete rows 0 to 2", "update rows 6 to 8", null, null)]
    [InlineData("delete rows 0 to 2", "merge new ids 30 to 39", null, null)]
    [InlineData("delete rows 0 to 2", "delete file b", null, null)]
    [InlineData("delete rows 0 to 2", "compact", CommitConflict.ConcurrentDeleteDelete, CommitConflict.ConcurrentDeleteDelete)]
    [InlineData("delete rows 0 to 2", "overwrite", CommitConflict.ConcurrentDeleteDelete, CommitConflict.ConcurrentDeleteDelete)]
    [InlineData("update rows 6 to 8", "delete rows 0 to 2", null, null)]
    [InlineData("update rows 6 to 8", "delete rows 6 to 8", CommitConflict.ConcurrentAppend, CommitConflict.ConcurrentAppend)]
    [InlineData("merge new ids 30 to 39", "merge new ids 30 to 39", CommitConflict.ConcurrentAppend, CommitConflict.ConcurrentAppend)]
    [InlineData("merge new ids 30 to 39", "update rows 6 to 8", null, null)]
    [InlineData("delete file b", "delete file b", CommitConflict.ConcurrentDeleteDelete, CommitConflict.ConcurrentDeleteDelete)]
    [InlineData("delete file b", "update rows 6 to 8", null, null)]
    [InlineData("compact", "append", null, null)]
    [InlineData("compact", "append after reading", CommitConflict.ConcurrentDeleteRead, CommitConflict.ConcurrentDeleteRead)]
    [InlineData("compact", "merge new ids 30 to 39", null, null)]
    [InlineData("compact", "delete rows 0 to 2", CommitConflict.ConcurrentDeleteDelete, CommitConflict.ConcurrentDeleteDelete)]
    [InlineData("compact", "compact", CommitConflict.ConcurrentDeleteDelete, CommitConflict.ConcurrentDeleteDelete)]
    [InlineData("overwrite", "append", null, null)]
    [InlineData("overwrite", "delete rows 0 to 2", CommitConflict.ConcurrentDeleteDelete, CommitConflict.ConcurrentDeleteDelete)]
    [InlineData("overwrite", "merge new ids 30 to 39", null, null)]
    [InlineData("overwrite", "overwrite", CommitConflict.ConcurrentDeleteDelete, CommitConflict.ConcurrentDeleteDelete)]
    [InlineData("set a property", "append", CommitConflict.MetadataChanged, CommitConflict.MetadataChanged)]
    [InlineData("set a property", "compact", CommitConflict.MetadataChanged, CommitConflict.MetadataChanged)]
    [InlineData("delete rows 0 to 2", "set a property", null, null)]
    public async Task The_second_follows_the_first_or_not(string first, string second, CommitConflict? writeSerializable, CommitConflict? serializable)
    {
        foreach ((string level, CommitConflict? expected) in new[] { ("WriteSerializable", writeSerializable), ("Serializable", serializable) })
        {
            using TestTable table = new();
            Snapshot snapshot = await TwoFilesAsync(table, level);
            CommitResult winner = await CommitAsync(table, snapshot, first);
            table.ChangeProcess();
            if (expected is null)
            {
                CommitResult result = await CommitAsync(table, snapshot, second);
                Assert.Equal((3L, 2), (result.Version, result.Attempts));
            }
            else
            {
                CommitConflictException conflict = await Assert.ThrowsAsync<CommitConflictException>(() => CommitAsync(table, snapshot, second));
                Assert.Equal((level, expected, 2L), (level, conflict.Conflict, conflict.WinningVersion));
            }

            // Whoever lost left no deletion vector behind that no version names.
            Snapshot last = await table.Log.LoadAsync(null, TestTable.Token);
            string[] named = [.. new[] { winner.Snapshot, last }.SelectMany(version => version.Files).Where(file => file.DeletionVector is not null)
                .Select(file => new DeletionVectorStore(table.Store, "silver/orders").Locate(file.DeletionVector!).Key!).Distinct()];
            if (expected is null) Assert.Equal(named.Length, Directory.GetFiles(table.PathOf(""), "*.bin").Length);
        }
    }

    [Fact]
    public async Task A_serializable_table_counts_an_append_among_the_rows_to_delete()
    {
        foreach ((string level, bool conflicts) in new[] { ("WriteSerializable", false), ("Serializable", true) })
        {
            using TestTable table = new();
            Snapshot snapshot = await TwoFilesAsync(table, level);
            DeltaTransaction append = table.Log.Begin(snapshot);
            append.Add(New(1, 1));
            await append.CommitAsync(TestTable.Info(), TestTable.Token);

            Exception? failure = await Record.ExceptionAsync(() => CommitAsync(table, snapshot, "delete rows 0 to 2"));

            Assert.Equal((level, conflicts), (level, failure is CommitConflictException { Conflict: CommitConflict.ConcurrentAppend }));
        }
    }

    [Fact]
    public async Task Rows_that_three_writers_take_out_of_one_file_are_all_gone_and_the_file_with_the_last()
    {
        using TestTable table = new();
        DeletionVectorStore vectors = new(table.Store, "silver/orders");
        Snapshot snapshot = await TwoFilesAsync(table, "WriteSerializable");
        await CommitAsync(table, snapshot, "delete rows 0 to 2");
        CommitResult second = await CommitAsync(table, snapshot, "delete rows 6 to 8");

        AddFile left = second.Snapshot.Files.Single(file => file.Path == "a");
        Assert.Equal([0UL, 1, 2, 6, 7, 8], (await vectors.ReadAsync(left.DeletionVector!, TestTable.Token)).Values());
        Assert.False(left.Statistics.TightBounds);
        CommitChanges change = await table.Log.ChangesAsync(2, 3, TestTable.Token).SingleAsync(TestTable.Token);
        Assert.Equal(3, change.Removes.Single().DeletionVector!.Cardinality);

        DeltaTransaction rest = table.Log.Begin(snapshot);
        await DeleteRowsAsync(rest, vectors, 3, 4, 5, 9);
        CommitResult third = await rest.CommitAsync(TestTable.Info("DELETE"), TestTable.Token);

        Assert.Equal(["b"], third.Snapshot.Paths());
        Assert.Equal(["b"], (await table.Log.LoadAsync(null, TestTable.Token)).Paths());
    }

    [Fact]
    public async Task Rows_that_a_winner_put_back_are_not_deleted_unseen()
    {
        using TestTable table = new();
        DeletionVectorStore vectors = new(table.Store, "silver/orders");
        Snapshot snapshot = await TwoFilesAsync(table, "WriteSerializable");
        Snapshot without = (await CommitAsync(table, snapshot, "delete rows 0 to 2")).Snapshot;

        // What a restore does, but for its metadata: the vector becomes smaller.
        AddFile now = without.Files.Single(file => file.Path == "a");
        DeltaTransaction restore = table.Log.Begin(without);
        restore.ReadWholeTable();
        restore.Remove(now);
        restore.Add(now with { DeletionVector = DeletionVectorStore.Inline(new RoaringBitmapArray([0])) });
        await restore.CommitAsync(TestTable.Info("RESTORE"), TestTable.Token);

        DeltaTransaction delete = table.Log.Begin(without);
        await DeleteRowsAsync(delete, vectors, 5, 6);
        CommitConflictException conflict = await Assert.ThrowsAsync<CommitConflictException>(() => delete.CommitAsync(TestTable.Info("DELETE"), TestTable.Token));
        Assert.Equal(CommitConflict.ConcurrentAppend, conflict.Conflict);

        DeltaTransaction elsewhere = table.Log.Begin(without);
        elsewhere.MatchRows(file => MayHold(file, 0, 19));
        elsewhere.Remove(without.Files.Single(file => file.Path == "b"));
        conflict = await Assert.ThrowsAsync<CommitConflictException>(() => elsewhere.CommitAsync(TestTable.Info("DELETE"), TestTable.Token));
        Assert.Equal(CommitConflict.ConcurrentAppend, conflict.Conflict);
    }

    private static async Task<Snapshot> TwoFilesAsync(TestTable table, string level)
    {
        Snapshot created = await table.CreateAsync(properties: new Dictionary<string, string> { ["delta.isolationLevel"] = level, ["delta.enableDeletionVectors"] = "true" });
        DeltaTransaction transaction = table.Log.Begin(created);
        transaction.Add(New(0, 9) with { Path = "a" });
        transaction.Add(New(10, 19) with { Path = "b" });
        return (await transaction.CommitAsync(TestTable.Info(), TestTable.Token)).Snapshot;
    }

    private static async Task<CommitResult> CommitAsync(TestTable table, Snapshot snapshot, string operation)
    {
        DeltaTransaction transaction = table.Log.Begin(snapshot);
        await Operations[operation](transaction, new DeletionVectorStore(table.Store, "silver/orders"));
        return await transaction.CommitAsync(TestTable.Info(operation), TestTable.Token);
    }

    private static AddFile File(DeltaTransaction transaction, string path) => transaction.BasedOn!.Files.Single(file => file.Path == path);

    private static AddFile New(int min, int max) => TestTable.File(Guid.NewGuid().ToString(), max - min + 1) with
    {
        Stats = $$$"""{"numRecords":{{{max - min + 1}}},"minValues":{"id":{{{min}}}},"maxValues":{"id":{{{max}}}}}""",
    };

    private static Task Add(DeltaTransaction transaction, int min, int max)
    {
        transaction.Add(New(min, max));
        return Task.CompletedTask;
    }

    private static bool MayHold(AddFile file, int min, int max) =>
        file.Statistics.MinValues["id"].GetInt32() <= max && file.Statistics.MaxValues["id"].GetInt32() >= min;

    private static Task DeleteAsync(DeltaTransaction transaction, DeletionVectorStore vectors, int from, int to)
    {
        transaction.MatchRows(file => MayHold(file, from, to));
        return DeleteRowsAsync(transaction, vectors, [.. Enumerable.Range(from, to - from + 1).Select(row => (ulong)row)]);
    }

    private static async Task DeleteRowsAsync(DeltaTransaction transaction, DeletionVectorStore vectors, params ulong[] numbers)
    {
        AddFile file = File(transaction, "a");
        RoaringBitmapArray rows = new(numbers), all = rows.Clone();
        if (file.DeletionVector is { } before) all.UnionWith(await vectors.ReadAsync(before, TestTable.Token));
        DeletionVectorDescriptor vector = (await vectors.WriteAsync([all], TestTable.Token))[0];
        transaction.RemoveRows(file, file with { DeletionVector = vector, Stats = file.Stats!.Replace("}}", "},\"tightBounds\":false}", StringComparison.Ordinal) }, rows);
    }
}
