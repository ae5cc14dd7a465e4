using Lakehouse.Storage;
using Lakehouse.Testing;

namespace Lakehouse.Delta.Tests;

/// <summary>The store fails at any call, in any way: a commit is there once, or not at all, and the answer is never wrong.</summary>
public sealed class FaultTests
{
    private static readonly DeltaLogOptions Patient = new() { MaxRetryDelay = TimeSpan.FromMilliseconds(1), Random = new Random(1) };

    [Fact]
    public async Task One_fault_at_each_call_of_an_append_never_tears_or_doubles_it()
    {
        foreach (Fault fault in new[] { Fault.Before, Fault.BeforeUnknown, Fault.AfterUnknown })
        {
            bool reached = true;
            for (int at = 1; reached; at++)
            {
                bool armed = false;
                long calls = 0;
                bool hit = false;
                using TestTable table = new(Patient, store => new FlakyObjectStore(store, _ =>
                {
                    if (!armed || ++calls != at) return Fault.None;
                    hit = true;
                    return fault;
                }));
                Snapshot snapshot = await table.CreateAsync(properties: new Dictionary<string, string> { ["delta.checkpointInterval"] = "2" });
                Snapshot stale = await table.AppendAsync(snapshot, "first");

                armed = true;
                (bool committed, Exception? failure) = await TryAsync(() => table.AppendAsync(snapshot, "second"));
                armed = false;

                await ExpectAsync(table, stale, committed, failure, $"{fault} at call {at}");
                reached = hit;
            }
        }
    }

    [Fact]
    public async Task One_fault_at_each_call_of_a_load_is_an_error_or_the_right_table()
    {
        bool reached = true;
        for (int at = 1; reached; at++)
        {
            bool armed = false;
            long calls = 0;
            using TestTable table = new(Patient, store => new FlakyObjectStore(store, _ => armed && ++calls == at ? Fault.Before : Fault.None));
            Snapshot snapshot = await table.CreateAsync(properties: new Dictionary<string, string> { ["delta.checkpointInterval"] = "2" });
            for (int i = 0; i < 3; i++) snapshot = await table.AppendAsync(snapshot, $"file-{i}");

            armed = true;
            Exception? failure = null;
            try
            {
                Assert.Equal(snapshot.Paths(), (await table.Log.LoadAsync(null, TestTable.Token)).Paths());
            }
            catch (StorageException exception)
            {
                failure = exception;
            }

            reached = calls >= at;
            Assert.True(failure is not null || !reached, $"call {at} failed, and nobody noticed");
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public async Task Under_random_faults_what_was_acknowledged_is_there_and_what_failed_is_not(int seed)
    {
        Func<StoreCall, Fault> faults = FlakyObjectStore.Randomly(seed, 0.25);
        bool armed = false;
        using TestTable table = new(Patient with { MaxStoreAttempts = 3 }, store => new FlakyObjectStore(store, call => armed ? faults(call) : Fault.None));
        Snapshot snapshot = await table.CreateAsync();
        HashSet<string> acknowledged = [], failed = [], unknown = [];
        armed = true;
        for (int i = 0; i < 60; i++)
        {
            string file = $"file-{i}";
            try
            {
                snapshot = await table.AppendAsync(snapshot, file);
                acknowledged.Add(file);
            }
            catch (CommitOutcomeUnknownException)
            {
                unknown.Add(file);
            }
            catch (StorageException)
            {
                failed.Add(file);
            }
        }

        armed = false;
        Snapshot loaded = await table.Log.LoadAsync(null, TestTable.Token);
        string[] paths = loaded.Paths();
        Assert.True(acknowledged.IsSubsetOf(paths), $"seed {seed}: lost {string.Join(", ", acknowledged.Except(paths))}");
        Assert.False(failed.Overlaps(paths), $"seed {seed}: failed, but there: {string.Join(", ", failed.Intersect(paths))}");
        Assert.Equal(loaded.Version, paths.Length);
        Assert.NotEmpty(acknowledged);
    }

    [Fact]
    public async Task A_lost_answer_of_a_commit_that_took_place_is_a_success()
    {
        int puts = 0;
        using TestTable table = new(Patient, store => new FlakyObjectStore(store, call => call.Operation == "create" && ++puts == 2 ? Fault.AfterUnknown : Fault.None));
        Snapshot snapshot = await table.CreateAsync();

        CommitResult result = await table.AppendResultAsync(snapshot, "a");

        Assert.Equal((1L, 1), (result.Version, result.Attempts));
        Assert.Equal(1, (await table.Log.LoadAsync(null, TestTable.Token)).Version);
    }

    [Fact]
    public async Task A_lost_answer_of_a_commit_that_another_won_follows_the_winner()
    {
        int puts = 0;
        using TestTable table = new(Patient, store => new FlakyObjectStore(store, call => call.Operation == "create" && ++puts == 3 ? Fault.BeforeUnknown : Fault.None));
        Snapshot snapshot = await table.CreateAsync();
        await table.AppendAsync(snapshot, "theirs");
        table.ChangeProcess();

        CommitResult result = await table.AppendResultAsync(snapshot, "ours");

        Assert.Equal((2L, 2), (result.Version, result.Attempts));
        Assert.Equal(["ours", "theirs"], result.Snapshot.Paths());
    }

    [Fact]
    public async Task When_the_store_never_answers_again_the_outcome_is_said_to_be_unknown()
    {
        bool down = false;
        using TestTable table = new(Patient, store => new FlakyObjectStore(store, call => down || (call.Operation == "create" && call.Key.EndsWith("1.json", StringComparison.Ordinal) && (down = true)) ? Fault.AfterUnknown : Fault.None));
        Snapshot snapshot = await table.CreateAsync();

        CommitOutcomeUnknownException exception = await Assert.ThrowsAsync<CommitOutcomeUnknownException>(() => table.AppendAsync(snapshot, "a"));

        Assert.Equal(1, exception.Version);
        down = false;
        Snapshot loaded = await new DeltaLog(table.Plain, "silver/orders", table.Codec).LoadAsync(null, TestTable.Token);
        Assert.Equal(exception.TransactionId, loaded.CommitInfo!.TransactionId);
    }

    [Fact]
    public async Task A_store_that_surely_failed_says_so_itself()
    {
        bool full = false;
        using TestTable table = new(Patient, store => new FlakyObjectStore(store, call => full && call.Operation == "create" ? Fault.Before : Fault.None));
        Snapshot snapshot = await table.CreateAsync();
        full = true;

        await Assert.ThrowsAsync<StorageException>(() => table.AppendAsync(snapshot, "a"));

        full = false;
        Assert.Equal(0, (await table.Log.LoadAsync(null, TestTable.Token)).Version);
    }

    private static async Task<(bool Committed, Exception? Failure)> TryAsync(Func<Task> action)
    {
        try
        {
            await action();
            return (true, null);
        }
        catch (Exception exception) when (exception is StorageException or CommitOutcomeUnknownException)
        {
            return (false, exception);
        }
    }

    private static async Task ExpectAsync(TestTable table, Snapshot stale, bool committed, Exception? failure, string scenario)
    {
        Snapshot loaded = await table.Log.LoadAsync(null, TestTable.Token);
        string[] expected = committed ? ["first", "second"] : ["first"];
        Assert.True(expected.SequenceEqual(loaded.Paths()), $"{scenario}: {string.Join(", ", loaded.Paths())} after {failure?.GetType().Name ?? "a success"}");
        Assert.Equal(committed ? 2 : 1, loaded.Version);
        Assert.Equal(loaded.Paths(), (await table.Log.RefreshAsync(stale, TestTable.Token)).Paths());
    }
}
