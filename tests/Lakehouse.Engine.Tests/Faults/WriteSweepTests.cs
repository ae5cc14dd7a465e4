using Lakehouse.Delta;
using Lakehouse.Storage;
using Lakehouse.Testing;
using Lakehouse.Testing.Writes;

namespace Lakehouse.Engine.Tests.Faults;

/// <summary>
/// Every verb that writes, failing at every call to the store, before its effect and after: the table reads as before or as after, and
/// the same verb once more brings it to what it would have been.
/// </summary>
public sealed class WriteSweepTests
{
    public static TheoryData<string> Names => [.. WriteVerb.Common.Select(verb => verb.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_verb_that_fails_anywhere_is_done_or_not_and_is_done_by_doing_it_again(string name)
    {
        var verb = WriteVerb.Common.Single(verb => verb.Name == name);
        Func<StoreCall, Fault> plan = _ => Fault.None;
        await using var lake = new TestLake(new LakeOptions { Threads = 1, WrapStore = store => new FlakyObjectStore(store, call => plan(call)) });
        await using var reader = Lake.Open(lake.Folder, new LakeOptions { Threads = 1 });
        await using var session = reader.OpenSession();
        await verb.Base.CreateAsync(lake.Lake.Table(verb.Base.Table), lake.Session);
        var before = await ReadAsync(session, verb.Base.Table.ToString());
        verb.Base.CopyTo(lake.Folder, new TableName("t", "done"));
        await verb.RunAsync(lake.Table("t.done"), lake.Session);
        var after = await ReadAsync(session, "t.done");

        foreach (var fault in new[] { Fault.Before, Fault.AfterUnknown })
        {
            long calls = 0, at = 0;
            do
            {
                at++;
                calls = 0;
                var copy = $"at{at}_{(fault == Fault.Before ? "before" : "after")}";
                verb.Base.CopyTo(lake.Folder, new TableName("t", copy));
                plan = _ => ++calls == at ? fault : Fault.None;
                var failure = await Record.ExceptionAsync(() => verb.RunAsync(lake.Table($"t.{copy}"), lake.Session));
                plan = _ => Fault.None;
                var scenario = $"{name}, {fault} at call {at}: {failure}";

                var found = await ReadAsync(session, $"t.{copy}");
                Assert.True(failure is null or IOException or DeltaException or EngineException, scenario);
                Assert.True(found == after || (failure is not null && found == before), $"{scenario}\nfound {found}\nbefore {before}\nafter {after}");

                await verb.RunAsync(lake.Table($"t.{copy}"), lake.Session);
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
        var source = lake.Lake.Table(TableBase.Plain.Table);
        await TableBase.Plain.CreateAsync(source, lake.Session);
        var rows = await ReadAsync(session, source.ToString());
        foreach (var deep in new[] { false, true })
        {
            long calls = 0, at = 0;
            do
            {
                at++;
                calls = 0;
                var clone = lake.Table($"t.clone{at}_{(deep ? "deep" : "shallow")}");
                plan = _ => ++calls == at ? Fault.Before : Fault.None;
                var failure = await Record.ExceptionAsync(() => clone.CloneAsync(source, null, deep));
                plan = _ => Fault.None;

                Assert.True(failure is null or IOException or DeltaException or EngineException, $"call {at}: {failure}");
                if (failure is not null) await clone.CloneAsync(source, null, deep);
                Assert.Equal(rows, await ReadAsync(session, clone.ToString()));
                Assert.Equal(rows, await ReadAsync(session, source.ToString()));
            }
            while (calls >= at && at < 200);
        }
    }

    [Fact]
    public async Task A_data_file_that_was_cut_off_fails_reads_and_writes_and_changes_nothing()
    {
        await using var lake = new TestLake(new LakeOptions { Threads = 1 });
        await TableBase.Plain.CreateAsync(lake.Lake.Table(TableBase.Plain.Table), lake.Session);
        var folder = Path.Combine(lake.Folder, TableBase.Plain.Table.Path);
        var file = Directory.GetFiles(folder, "*.parquet", SearchOption.AllDirectories).Order(StringComparer.Ordinal).First();
        await File.WriteAllBytesAsync(file, (await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken))[..^40], TestContext.Current.CancellationToken);
        var files = Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).ToList();

        // A lake that has not read the file's footer yet.
        await using var other = Lake.Open(lake.Folder, new LakeOptions { Threads = 1 });
        await using var session = other.OpenSession();
        foreach (var verb in WriteVerb.Common.Where(verb => verb.Name is "delete" or "update" or "merge" or "upsert" or "optimize"))
        {
            var failure = await Record.ExceptionAsync(() => verb.RunAsync(other.Table(TableBase.Plain.Table), session));
            Assert.True(failure is EngineException or DuckDb.DuckDbException, $"{verb.Name}: {failure}");
            Assert.Contains(Path.GetFileName(file), failure!.Message);
        }

        Assert.Equal(files, Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal));
    }

    /// <summary>The table's rows and columns in one text.</summary>
    private static async Task<string> ReadAsync(LakeSession session, string table) =>
        string.Join(";", await TestLake.RowsAsync(session, $"SELECT * FROM {table} ORDER BY ALL"));
}
