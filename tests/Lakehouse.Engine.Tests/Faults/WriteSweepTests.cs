using Lakehouse.Delta;
using Lakehouse.Storage;
using Lakehouse.Testing;

namespace Lakehouse.Engine.Tests.Faults;

/// <summary>
/// Every verb that writes, failing at every call to the store, before its effect and after: the table reads as before or as after, and
/// the same verb once more brings it to what it would have been.
/// </summary>
public sealed class WriteSweepTests
{
    private static readonly WriteOptions Once = new() { Transaction = ("sweep", 1) };

    private static readonly Dictionary<string, Func<LakeTable, LakeSession, Task>> Verbs = new()
    {
        ["append"] = (table, session) => table.AppendAsync(session.Connection, "SELECT 50 AS id, 1 AS n, 'c' AS p", Once),
        ["overwrite"] = (table, session) => table.OverwriteAsync(session.Connection, "SELECT 50 AS id, 1 AS n, 'c' AS p", Once),
        ["replace where"] = (table, session) => table.OverwriteAsync(session.Connection, "SELECT 5 AS id, 1 AS n, 'a' AS p", Once with { ReplaceWhere = "id BETWEEN 3 AND 12" }),
        ["overwrite partitions"] = (table, session) => table.OverwriteAsync(session.Connection, "SELECT 50 AS id, 1 AS n, 'b' AS p", Once with { OverwritePartitions = true }),
        ["delete"] = (table, session) => table.DeleteAsync(session.Connection, "id % 3 = 0", Once),
        ["update"] = (table, session) => table.UpdateAsync(session.Connection, new Dictionary<string, string> { ["n"] = "n + 1" }, "id > 6", Once),
        ["truncate"] = (table, _) => table.TruncateAsync(Once),
        ["upsert"] = (table, session) => table.MergeAsync(session.Connection, "SELECT i::INTEGER AS id, 7 AS n, 'a' AS p FROM range(8, 24) t(i)", new MergeOptions { Keys = ["id"], Transaction = Once.Transaction }),
        ["merge"] = (table, session) => table.MergeAsync(session.Connection, new MergeStatement
        {
            Source = "SELECT i::INTEGER AS id, 7 AS n, 'b' AS p FROM range(8, 24) t(i)",
            On = "target.id = source.id",
            Transaction = Once.Transaction,
            Clauses =
            [
                new MergeClause { Rows = MergeRows.Matched, Action = MergeAction.Update },
                new MergeClause { Rows = MergeRows.NotMatched, Action = MergeAction.Insert },
                new MergeClause { Rows = MergeRows.NotMatchedBySource, Action = MergeAction.Delete, Condition = "target.id < 2" },
            ],
        }),
        ["optimize"] = (table, session) => table.OptimizeAsync(session.Connection),
        ["set properties"] = (table, _) => table.SetPropertiesAsync(new Dictionary<string, string?> { ["x"] = "1" }),
        ["add columns"] = async (table, _) =>
        {
            if ((await table.SnapshotAsync()).Schema.Find("extra") is null) await table.AddColumnsAsync(new StructType(new StructField("extra", PrimitiveType.String)));
        },
        ["restore"] = (table, _) => table.RestoreAsync(0),
        ["vacuum"] = (table, _) => table.VacuumAsync(new VacuumOptions { Retention = TimeSpan.Zero, AllowShortRetention = true }),
        ["checkpoint and clean up"] = async (table, _) =>
        {
            var snapshot = await table.SnapshotAsync();
            await table.Log.CheckpointAsync(snapshot);
            await table.Log.CleanUpAsync(snapshot);
        },
    };

    public static TheoryData<string> Names => [.. Verbs.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_verb_that_fails_anywhere_is_done_or_not_and_is_done_by_doing_it_again(string name)
    {
        Func<StoreCall, Fault> plan = _ => Fault.None;
        await using var lake = new TestLake(new LakeOptions { Threads = 1, WrapStore = store => new FlakyObjectStore(store, call => plan(call)) });
        await using var reader = Lake.Open(lake.Folder, new LakeOptions { Threads = 1 });
        await using var session = reader.OpenSession();
        await CreateAsync(lake);
        var before = await ReadAsync(session, "t.base");
        Copy(lake, "done");
        await Verbs[name](lake.Table("t.done"), lake.Session);
        var after = await ReadAsync(session, "t.done");

        foreach (var fault in new[] { Fault.Before, Fault.AfterUnknown })
        {
            long calls = 0, at = 0;
            do
            {
                at++;
                calls = 0;
                var copy = $"at{at}_{(fault == Fault.Before ? "before" : "after")}";
                Copy(lake, copy);
                plan = _ => ++calls == at ? fault : Fault.None;
                var failure = await Record.ExceptionAsync(() => Verbs[name](lake.Table($"t.{copy}"), lake.Session));
                plan = _ => Fault.None;
                var scenario = $"{name}, {fault} at call {at}: {failure}";

                var found = await ReadAsync(session, $"t.{copy}");
                Assert.True(failure is null or IOException or DeltaException or EngineException, scenario);
                Assert.True(found == after || (failure is not null && found == before), $"{scenario}\nfound {found}\nbefore {before}\nafter {after}");

                await Verbs[name](lake.Table($"t.{copy}"), lake.Session);
                Assert.Equal(after, await ReadAsync(session, $"t.{copy}"));
            }
            while (calls >= at && at < 200);
            Assert.InRange(at, 2, 199);
        }
    }

    [Fact]
    public async Task A_clone_that_fails_anywhere_is_there_or_not()
    {
        Func<StoreCall, Fault> plan = _ => Fault.None;
        await using var lake = new TestLake(new LakeOptions { Threads = 1, WrapStore = store => new FlakyObjectStore(store, call => plan(call)) });
        await using var reader = Lake.Open(lake.Folder, new LakeOptions { Threads = 1 });
        await using var session = reader.OpenSession();
        await CreateAsync(lake);
        var rows = await ReadAsync(session, "t.base");
        foreach (var deep in new[] { false, true })
        {
            long calls = 0, at = 0;
            do
            {
                at++;
                calls = 0;
                var clone = lake.Table($"t.clone{at}_{(deep ? "deep" : "shallow")}");
                plan = _ => ++calls == at ? Fault.Before : Fault.None;
                var failure = await Record.ExceptionAsync(() => clone.CloneAsync(lake.Table("t.base"), null, deep));
                plan = _ => Fault.None;

                Assert.True(failure is null or IOException or DeltaException or EngineException, $"call {at}: {failure}");
                if (failure is not null) await clone.CloneAsync(lake.Table("t.base"), null, deep);
                Assert.Equal(rows, await ReadAsync(session, clone.ToString()));
                Assert.Equal(rows, await ReadAsync(session, "t.base"));
            }
            while (calls >= at && at < 200);
        }
    }

    [Fact]
    public async Task A_data_file_that_was_cut_off_fails_reads_and_writes_and_changes_nothing()
    {
        await using var lake = new TestLake(new LakeOptions { Threads = 1 });
        await CreateAsync(lake);
        var folder = Path.Combine(lake.Folder, "t", "base");
        var file = Directory.GetFiles(folder, "*.parquet", SearchOption.AllDirectories).Order(StringComparer.Ordinal).First();
        await File.WriteAllBytesAsync(file, (await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken))[..^40], TestContext.Current.CancellationToken);
        var files = Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).ToList();

        // A lake that has not read the file's footer yet.
        await using var other = Lake.Open(lake.Folder, new LakeOptions { Threads = 1 });
        await using var session = other.OpenSession();
        foreach (var name in new[] { "delete", "update", "merge", "upsert", "optimize" })
        {
            var failure = await Record.ExceptionAsync(() => Verbs[name](other.Table(TableName.Parse("t.base")), session));
            Assert.True(failure is EngineException or DuckDb.DuckDbException, $"{name}: {failure}");
            Assert.Contains(Path.GetFileName(file), failure!.Message);
        }

        Assert.Equal(files, Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal));
    }

    /// <summary>Three versions, two partitions, a deletion vector.</summary>
    private static async Task CreateAsync(TestLake lake)
    {
        var table = lake.Table("t.base");
        await table.AppendAsync(lake.Connection, "SELECT i::INTEGER AS id, 0 AS n, CASE WHEN i < 10 THEN 'a' ELSE 'b' END AS p FROM range(20) t(i)", new WriteOptions { PartitionBy = ["p"] });
        await table.DeleteAsync(lake.Connection, "id = 4");
        await table.AppendAsync(lake.Connection, "SELECT 20::INTEGER AS id, 0 AS n, 'b' AS p");
    }

    /// <summary>The table's folder under another name: as it was made, in no time.</summary>
    private static void Copy(TestLake lake, string name)
    {
        var from = Path.Combine(lake.Folder, "t", "base");
        var to = Path.Combine(lake.Folder, "t", name);
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }

    /// <summary>The table's rows and columns in one text.</summary>
    private static async Task<string> ReadAsync(LakeSession session, string table) =>
        string.Join(";", await TestLake.RowsAsync(session, $"SELECT * FROM {table} ORDER BY ALL"));
}
