using Lakehouse.Delta;

namespace Lakehouse.Engine.Tests.Dml;

/// <summary>Delete, update, overwrite in part, merge with clauses: by deletion vectors and by copies alike.</summary>
public sealed class DmlTests
{
    private const string People = "SELECT i AS id, 'name ' || i AS name, (i % 3)::INTEGER AS team FROM range(9) t(i)";

    public static TheoryData<bool, string?> Tables => new() { { true, null }, { false, null }, { true, "team" }, { false, "team" } };

    [Theory]
    [MemberData(nameof(Tables))]
    public async Task Delete_takes_the_rows_for_which_the_condition_holds(bool vectors, string? partition)
    {
        await using var lake = new TestLake();
        var table = await CreateAsync(lake, vectors, partition);

        var result = await table.DeleteAsync(lake.Connection, "id >= 6 AND team <> 1");

        Assert.Equal("2", result.Snapshot.CommitInfo!.OperationMetrics["numDeletedRows"]);
        Assert.Equal(["0", "1", "2", "3", "4", "5", "7"], await lake.RowsAsync("SELECT id FROM t.people ORDER BY id"));
        Assert.Equal(vectors && partition is null, result.Snapshot.Files.Any(file => file.DeletionVector is not null) && partition is null);
        Assert.Equal(result.Version, (await table.DeleteAsync(lake.Connection, "id = 100")).Version);
    }

    [Theory]
    [MemberData(nameof(Tables))]
    public async Task Update_sees_the_rows_as_they_were(bool vectors, string? partition)
    {
        await using var lake = new TestLake();
        var table = await CreateAsync(lake, vectors, partition);

        await table.UpdateAsync(lake.Connection, new Dictionary<string, string> { ["name"] = "upper(name) || id", ["team"] = "team + 10", ["id"] = "id * 100" }, "id < 2");

        Assert.Equal(["0|NAME 00|10", "2|name 2|2", "3|name 3|0"], await lake.RowsAsync("SELECT * FROM t.people WHERE id < 100 ORDER BY id LIMIT 3"));
        Assert.Equal(["100|NAME 11|11"], await lake.RowsAsync("SELECT * FROM t.people WHERE id >= 100"));
    }

    [Theory]
    [MemberData(nameof(Tables))]
    public async Task Merge_does_the_first_clause_whose_condition_holds(bool vectors, string? partition)
    {
        await using var lake = new TestLake();
        var table = await CreateAsync(lake, vectors, partition);

        var result = await table.MergeAsync(lake.Connection, new MergeStatement
        {
            Source = "SELECT i AS id, 'new ' || i AS name, i % 2 = 0 AS gone FROM range(4, 12) t(i)",
            On = "target.id = source.id",
            Clauses =
            [
                new MergeClause { Rows = MergeRows.Matched, Action = MergeAction.Delete, Condition = "source.gone" },
                new MergeClause { Rows = MergeRows.Matched, Action = MergeAction.Update, Set = new Dictionary<string, string> { ["name"] = "target.name || ' to ' || source.name" } },
                new MergeClause { Rows = MergeRows.NotMatched, Action = MergeAction.Insert, Condition = "source.id < 11", Set = new Dictionary<string, string> { ["id"] = "source.id", ["name"] = "source.name", ["team"] = "7" } },
                new MergeClause { Rows = MergeRows.NotMatchedBySource, Action = MergeAction.Delete, Condition = "target.id = 0" },
                new MergeClause { Rows = MergeRows.NotMatchedBySource, Action = MergeAction.Update, Condition = "target.id = 1", Set = new Dictionary<string, string> { ["team"] = "99" } },
            ],
        });

        Assert.Equal(
            ["1|name 1|99", "2|name 2|2", "3|name 3|0", "5|name 5 to new 5|2", "7|name 7 to new 7|1", "9|new 9|7", "10|new 10|7"],
            await lake.RowsAsync("SELECT * FROM t.people ORDER BY id"));
        var metrics = result.Snapshot.CommitInfo!.OperationMetrics;
        Assert.Equal(("2", "3", "4"), (metrics["numTargetRowsInserted"], metrics["numTargetRowsUpdated"], metrics["numTargetRowsDeleted"]));
    }

    [Fact]
    public async Task Merge_by_whole_rows_adds_the_sources_columns_where_the_schema_may_change()
    {
        await using var lake = new TestLake();
        var table = await CreateAsync(lake, vectors: true, partition: null);

        await table.MergeAsync(lake.Connection, new MergeStatement
        {
            Source = "SELECT 8 AS id, 'eight' AS name, 8 AS team, 'x' AS note UNION ALL SELECT 9, 'nine', 9, 'y'",
            On = "target.id = source.id",
            Clauses = [new MergeClause { Rows = MergeRows.Matched, Action = MergeAction.Update }, new MergeClause { Rows = MergeRows.NotMatched, Action = MergeAction.Insert }],
            MergeSchema = true,
        });

        Assert.Equal(["7|name 7|1|null", "8|eight|8|x", "9|nine|9|y"], await lake.RowsAsync("SELECT * FROM t.people WHERE id > 6 ORDER BY id"));
    }

    [Fact]
    public async Task Several_source_rows_for_one_row_are_refused_unless_all_delete_it()
    {
        await using var lake = new TestLake();
        var table = await CreateAsync(lake, vectors: true, partition: null);
        var merge = new MergeStatement
        {
            Source = "SELECT 1 AS id UNION ALL SELECT 1",
            On = "target.id = source.id",
            Clauses = [new MergeClause { Rows = MergeRows.Matched, Action = MergeAction.Update, Set = new Dictionary<string, string> { ["name"] = "'x'" } }],
        };

        var exception = await Assert.ThrowsAsync<TableNotUsableException>(() => table.MergeAsync(lake.Connection, merge));
        await table.MergeAsync(lake.Connection, merge with { Clauses = [new MergeClause { Rows = MergeRows.Matched, Action = MergeAction.Delete }] });

        Assert.Contains("2 rows of the source", exception.Message, StringComparison.Ordinal);
        Assert.Equal(["8"], await lake.RowsAsync("SELECT count(*) FROM t.people"));
    }

    [Theory]
    [MemberData(nameof(Tables))]
    public async Task Replace_where_takes_only_its_rows_and_accepts_no_others(bool vectors, string? partition)
    {
        await using var lake = new TestLake();
        var table = await CreateAsync(lake, vectors, partition);
        var options = new WriteOptions { ReplaceWhere = "team = 2" };

        var refused = await Assert.ThrowsAsync<RuleBrokenException>(() => table.OverwriteAsync(lake.Connection, "SELECT 50 AS id, 'a' AS name, 3 AS team", options));
        await table.OverwriteAsync(lake.Connection, "SELECT 50 AS id, 'a' AS name, 2 AS team", options);

        Assert.Equal("""{"id":50,"name":"a","team":3}""", refused.Row);
        Assert.Equal(["0", "1", "3", "4", "6", "7", "50"], await lake.RowsAsync("SELECT id FROM t.people ORDER BY id"));
    }

    [Fact]
    public async Task A_dynamic_overwrite_replaces_the_partitions_that_it_writes()
    {
        await using var lake = new TestLake();
        var table = await CreateAsync(lake, vectors: true, partition: "team");

        await table.OverwriteAsync(lake.Connection, "SELECT 70 AS id, 'x' AS name, 1 AS team UNION ALL SELECT 71, 'y', NULL", new WriteOptions { OverwritePartitions = true });

        Assert.Equal(["0|0", "2|2", "3|0", "5|2", "6|0", "8|2", "70|1", "71|null"], await lake.RowsAsync("SELECT id, team FROM t.people ORDER BY id"));
    }

    [Fact]
    public async Task Truncate_leaves_the_table_and_its_history()
    {
        await using var lake = new TestLake();
        var table = await CreateAsync(lake, vectors: true, partition: null);

        await table.TruncateAsync();

        Assert.Equal(["0"], await lake.RowsAsync("SELECT count(*) FROM t.people"));
        Assert.Equal("TRUNCATE", (await table.SnapshotAsync()).CommitInfo!.Operation);
    }

    [Fact]
    public async Task A_statement_that_fails_leaves_no_file_behind()
    {
        await using var lake = new TestLake();
        var table = await CreateAsync(lake, vectors: true, partition: null);
        var before = Directory.GetFiles(Path.Combine(lake.Folder, "t", "people"), "*", SearchOption.AllDirectories).Order();

        await Assert.ThrowsAnyAsync<Exception>(() => table.UpdateAsync(lake.Connection, new Dictionary<string, string> { ["id"] = "error('no')" }, "id = 1"));
        await Assert.ThrowsAsync<SchemaNotAcceptedException>(() => table.UpdateAsync(lake.Connection, new Dictionary<string, string> { ["nope"] = "1" }));

        Assert.Equal(before, Directory.GetFiles(Path.Combine(lake.Folder, "t", "people"), "*", SearchOption.AllDirectories).Order());
    }

    private static async Task<LakeTable> CreateAsync(TestLake lake, bool vectors, string? partition)
    {
        var table = lake.Table("t.people");
        await table.AppendAsync(lake.Connection, People, new WriteOptions
        {
            PartitionBy = partition is null ? [] : [partition],
            Properties = new Dictionary<string, string> { [TableProperties.EnableDeletionVectors] = vectors ? "true" : "false" },
        });
        return table;
    }
}
