using Lakehouse.Delta;

namespace Lakehouse.Engine.Tests;

/// <summary>
/// Two writers change rows of one file at a time: the first to commit does so while the second, which has done its work, is about to.
/// Where the rows are different ones both stand as they were worked out; else the second works again.
/// </summary>
public sealed class ConcurrencyRowLevelTests
{
    private const string Rows = "SELECT i::INTEGER AS id, 0 AS n FROM range(100) t(i)";

    [Fact]
    public async Task Two_merges_on_disjoint_rows_of_one_file_both_stand_without_being_redone()
    {
        await using var race = await Race.StartAsync(Rows);

        var (first, second) = await race.RunAsync(
            (table, session) => table.MergeAsync(session.Connection, "SELECT i::INTEGER AS id, 1 AS n FROM range(0, 20) t(i)", new MergeOptions { Keys = ["id"] }),
            (table, session) => table.MergeAsync(session.Connection, "SELECT i::INTEGER AS id, 2 AS n FROM range(50, 70) t(i)", new MergeOptions { Keys = ["id"] }));

        Assert.Equal((1L, 2L), (first.Version, second.Version));
        race.ExpectDoneOnce(second);
        Assert.Equal(["100|100|20|40"], await race.QueryAsync("SELECT count(*), count(DISTINCT id), sum(n) FILTER (n = 1)::INTEGER, sum(n) FILTER (n = 2)::INTEGER FROM t.r"));
        var shrunk = Assert.Single(second.Snapshot.Files, file => file.DeletionVector is not null);
        Assert.Equal((40L, 100L, false), (shrunk.DeletionVector!.Cardinality, shrunk.Statistics.NumRecords, shrunk.Statistics.TightBounds));
        // What the merged vector took the place of is gone.
        Assert.Equal(2, Directory.GetFiles(race.Folder, "deletion_vector_*.bin").Length);
    }

    [Theory]
    [InlineData("id < 10", "id >= 90", true)]
    [InlineData("id < 10", "id BETWEEN 5 AND 15", false)]
    [InlineData("id % 2 = 0", "id % 2 = 1 AND id < 50", true)]
    [InlineData("id < 50", "id >= 50", true)]
    public async Task Two_deletes_of_one_file_are_redone_only_where_they_meet(string one, string two, bool once)
    {
        await using var race = await Race.StartAsync(Rows);

        var (_, second) = await race.RunAsync(
            (table, session) => table.DeleteAsync(session.Connection, one),
            (table, session) => table.DeleteAsync(session.Connection, two));

        if (once) race.ExpectDoneOnce(second);
        else race.ExpectRedone(second);
        Assert.Equal(await race.QueryAsync($"SELECT count(*) FROM ({Rows}) WHERE NOT (({one}) OR ({two}))"), await race.QueryAsync("SELECT count(*) FROM t.r"));
    }

    [Fact]
    public async Task An_update_beside_a_delete_of_other_rows_is_done_once()
    {
        await using var race = await Race.StartAsync(Rows);

        var (_, second) = await race.RunAsync(
            (table, session) => table.DeleteAsync(session.Connection, "id < 30"),
            (table, session) => table.UpdateAsync(session.Connection, new Dictionary<string, string> { ["n"] = "n + 5" }, "id >= 60"));

        race.ExpectDoneOnce(second);
        Assert.Equal(["70|200"], await race.QueryAsync("SELECT count(*), sum(n)::INTEGER FROM t.r"));
    }

    [Fact]
    public async Task A_merge_whose_keys_another_inserted_meanwhile_is_redone_and_doubles_nothing()
    {
        await using var race = await Race.StartAsync(Rows);
        const string source = "SELECT i::INTEGER AS id, 1 AS n FROM range(95, 105) t(i)";

        var (_, second) = await race.RunAsync(
            (table, session) => table.MergeAsync(session.Connection, source, new MergeOptions { Keys = ["id"] }),
            (table, session) => table.MergeAsync(session.Connection, source, new MergeOptions { Keys = ["id"] }));

        race.ExpectRedone(second);
        Assert.Equal(["105|105|10"], await race.QueryAsync("SELECT count(*), count(DISTINCT id), sum(n)::INTEGER FROM t.r"));
    }

    [Fact]
    public async Task Merges_in_full_on_disjoint_keys_are_done_once_with_their_changes_recorded()
    {
        await using var race = await Race.StartAsync(Rows, new Dictionary<string, string> { ["delta.enableChangeDataFeed"] = "true" });
        static MergeStatement Merge(int from, int n) => new()
        {
            Source = $"SELECT i::INTEGER AS id, {n} AS n FROM range({from}, {from + 10}) t(i)",
            On = "target.id = source.id",
            Clauses =
            [
                new MergeClause { Rows = MergeRows.Matched, Action = MergeAction.Delete, Condition = "source.id % 5 = 0" },
                new MergeClause { Rows = MergeRows.Matched, Action = MergeAction.Update },
                new MergeClause { Rows = MergeRows.NotMatched, Action = MergeAction.Insert },
            ],
        };

        var (_, second) = await race.RunAsync(
            (table, session) => table.MergeAsync(session.Connection, Merge(10, 1)),
            (table, session) => table.MergeAsync(session.Connection, Merge(95, 2)));

        race.ExpectDoneOnce(second);
        Assert.Equal(["102|8|9"], await race.QueryAsync("SELECT count(*), count(*) FILTER (n = 1), count(*) FILTER (n = 2) FROM t.r"));
        Assert.Equal(
            ["delete|1|2", "delete|2|1", "insert|2|5", "update_postimage|1|8", "update_postimage|2|4"],
            await race.QueryAsync("SELECT _change_type, _commit_version, count(*) FROM table_changes('t.r', 1, 2) WHERE _change_type <> 'update_preimage' GROUP BY ALL ORDER BY ALL"));
    }

    [Fact]
    public async Task A_condition_that_asks_other_rows_is_asked_again()
    {
        await using var race = await Race.StartAsync(Rows);

        var (_, second) = await race.RunAsync(
            (table, session) => table.DeleteAsync(session.Connection, "id < 10"),
            (table, session) => table.DeleteAsync(session.Connection, "id >= 90 AND 2 > (SELECT 1)"));

        race.ExpectRedone(second);
        Assert.Equal(["80"], await race.QueryAsync("SELECT count(*) FROM t.r"));
    }

    [Theory]
    [InlineData("WriteSerializable", true)]
    [InlineData("Serializable", false)]
    public async Task An_append_meanwhile_counts_on_a_serializable_table_only(string level, bool once)
    {
        await using var race = await Race.StartAsync(Rows, new Dictionary<string, string> { ["delta.isolationLevel"] = level });

        var (_, second) = await race.RunAsync(
            (table, session) => table.AppendAsync(session.Connection, "SELECT 50::INTEGER AS id, 9 AS n"),
            (table, session) => table.DeleteAsync(session.Connection, "id BETWEEN 40 AND 60"));

        if (once) race.ExpectDoneOnce(second);
        else race.ExpectRedone(second);
        Assert.Equal([once ? "80" : "79"], await race.QueryAsync("SELECT count(*) FROM t.r"));
    }

    [Fact]
    public async Task A_compaction_meanwhile_makes_a_delete_work_again()
    {
        await using var race = await Race.StartAsync(Rows, further: "SELECT i::INTEGER AS id, 0 AS n FROM range(100, 110) t(i)");

        var (_, second) = await race.RunAsync(
            async (table, session) => (await table.OptimizeAsync(session.Connection)).Version,
            async (table, session) => (await table.DeleteAsync(session.Connection, "id < 10")).Version);

        Assert.Equal(3, second);
        Assert.Equal(["100"], await race.QueryAsync("SELECT count(*) FROM t.r"));
    }
}
