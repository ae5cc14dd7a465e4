using Lakehouse.Delta;

namespace Lakehouse.Engine.Tests;

public sealed class WriteAndReadTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    /// <summary>DuckDB's writer of Parquet's second version made files of these that nobody could read (decision 067).</summary>
    [Theory]
    [InlineData("SELECT [i::INTEGER] AS c FROM range(2049) r(i)", "SELECT count(*), sum(c[1]) FROM t.lists", "2049|2098176")]
    [InlineData("SELECT [{'z': 'deep'}] AS c FROM range(3) r(i)", "SELECT count(*), max(c[1].z) FROM t.lists", "3|deep")]
    [InlineData("SELECT MAP {'k': 'v' || i} AS c FROM range(5000) r(i)", "SELECT count(*), max(c['k']) FROM t.lists", "5000|v999")]
    public async Task Lists_are_read_as_they_were_written(string written, string question, string answer)
    {
        await using var lake = new TestLake();
        await lake.Table("t.lists").AppendAsync(lake.Connection, written);
        Assert.Equal([answer], await lake.RowsAsync(question));
    }

    [Fact]
    public async Task Append_creates_the_table_and_its_rows_are_read_back()
    {
        await using var lake = new TestLake();
        var table = lake.Table("silver.orders");

        var first = await table.AppendAsync(lake.Connection, "SELECT i AS id, 'name ' || i AS name FROM range(3) t(i)");
        await table.AppendAsync(lake.Connection, "SELECT 10::BIGINT AS id, NULL::VARCHAR AS name");

        Assert.Equal(0, first.Version);
        Assert.Equal(["0|name 0", "1|name 1", "2|name 2", "10|null"], await lake.RowsAsync("SELECT id, name FROM silver.orders ORDER BY id"));
    }

    [Fact]
    public async Task Overwrite_replaces_all_rows()
    {
        await using var lake = new TestLake();
        var table = lake.Table("silver.orders");
        await table.AppendAsync(lake.Connection, "SELECT 1 AS id");

        await table.OverwriteAsync(lake.Connection, "SELECT 2 AS id");

        Assert.Equal(["2"], await lake.RowsAsync("SELECT id FROM silver.orders"));
    }

    [Fact]
    public async Task Merge_updates_inserts_and_deletes_by_key()
    {
        await using var lake = new TestLake();
        var table = lake.Table("silver.orders");
        await table.AppendAsync(lake.Connection, "SELECT i AS id, 'old' AS state FROM range(5) t(i)");

        var result = await table.MergeAsync(
            lake.Connection,
            "SELECT * FROM (VALUES (1::BIGINT, 'new', 'u'), (2::BIGINT, NULL, 'd'), (9::BIGINT, 'new', 'c'), (8::BIGINT, NULL, 'd')) s(id, state, _op)",
            new MergeOptions { Keys = ["id"], DeleteWhen = "_op = 'd'", ExceptColumns = ["_op"] });

        Assert.Equal(["0|old", "1|new", "3|old", "4|old", "9|new"], await lake.RowsAsync("SELECT id, state FROM silver.orders ORDER BY id"));
        var metrics = result.Snapshot.CommitInfo!.OperationMetrics;
        Assert.Equal(("1", "1", "1"), (metrics["numTargetRowsUpdated"], metrics["numTargetRowsDeleted"], metrics["numTargetRowsInserted"]));
        Assert.Contains(result.Snapshot.Files, file => file.DeletionVector is not null);
    }

    [Fact]
    public async Task Merge_of_a_stable_source_reads_it_where_it_is()
    {
        await using var lake = new TestLake();
        var table = lake.Table("silver.orders");
        await table.AppendAsync(lake.Connection, "SELECT i AS id, 'old' AS state FROM range(5) t(i)");
        lake.Connection.Execute("CREATE TEMP TABLE source AS FROM (VALUES (1::BIGINT, 'new', 'u'), (2::BIGINT, NULL, 'd'), (9::BIGINT, 'new', 'c')) s(id, state, _op)");
        var options = new MergeOptions { Keys = ["id"], DeleteWhen = "_op = 'd'", ExceptColumns = ["_op"], SourceIsStable = true };

        var result = await table.MergeAsync(lake.Connection, "SELECT * FROM source", options);
        var refused = await Assert.ThrowsAsync<DuplicateKeyException>(() => table.MergeAsync(lake.Connection, "FROM source UNION ALL FROM source", options));

        Assert.Equal(["0|old", "1|new", "3|old", "4|old", "9|new"], await lake.RowsAsync("SELECT id, state FROM silver.orders ORDER BY id"));
        var metrics = result.Snapshot.CommitInfo!.OperationMetrics;
        Assert.Equal(("1", "1", "1"), (metrics["numTargetRowsUpdated"], metrics["numTargetRowsDeleted"], metrics["numTargetRowsInserted"]));
        Assert.StartsWith("id=", refused.Key, StringComparison.Ordinal);
        Assert.Equal(["3"], await lake.RowsAsync("SELECT count(*) FROM source"));
    }

    [Fact]
    public async Task Merge_removes_a_file_whose_rows_are_all_replaced()
    {
        await using var lake = new TestLake();
        var table = lake.Table("silver.orders");
        await table.AppendAsync(lake.Connection, "SELECT i AS id, 1 AS v FROM range(5) t(i)");

        var result = await table.MergeAsync(lake.Connection, "SELECT i AS id, 2 AS v FROM range(5) t(i)", new MergeOptions { Keys = ["id"] });

        Assert.Single(result.Snapshot.Files);
        Assert.Equal(["5|10"], await lake.RowsAsync("SELECT count(*), sum(v)::BIGINT FROM silver.orders"));
    }

    [Fact]
    public async Task Merge_of_a_key_twice_is_refused_and_names_the_key()
    {
        await using var lake = new TestLake();
        var table = lake.Table("silver.orders");
        await table.AppendAsync(lake.Connection, "SELECT 1 AS id, 'a' AS name");

        var exception = await Assert.ThrowsAsync<DuplicateKeyException>(() =>
            table.MergeAsync(lake.Connection, "SELECT 7 AS id, 'x' AS name UNION ALL SELECT 7, 'y'", new MergeOptions { Keys = ["id"] }));

        Assert.Equal("id=7", exception.Key);
        Assert.Equal(0, (await table.SnapshotAsync()).Version);
    }

    [Fact]
    public async Task Merge_rewrites_files_where_the_table_takes_no_deletion_vectors()
    {
        await using var lake = new TestLake();
        var table = lake.Table("silver.orders");
        var options = new WriteOptions { Properties = new Dictionary<string, string> { [TableProperties.EnableDeletionVectors] = "false" } };
        await table.AppendAsync(lake.Connection, "SELECT i AS id, 1 AS v FROM range(5) t(i)", options);

        var result = await table.MergeAsync(lake.Connection, "SELECT 3::BIGINT AS id, 5 AS v", new MergeOptions { Keys = ["id"] });

        Assert.All(result.Snapshot.Files, file => Assert.Null(file.DeletionVector));
        Assert.Equal(["5|9"], await lake.RowsAsync("SELECT count(*), sum(v)::BIGINT FROM silver.orders"));
    }

    [Fact]
    public async Task The_same_transaction_is_written_once()
    {
        await using var lake = new TestLake();
        var table = lake.Table("bronze.orders");
        var options = new WriteOptions { Transaction = ("cdc:shop", 42) };
        await table.AppendAsync(lake.Connection, "SELECT 1 AS id", options);

        var again = await table.AppendAsync(lake.Connection, "SELECT 1 AS id", options);

        Assert.True(again.Skipped);
        Assert.Equal(["1"], await lake.RowsAsync("SELECT count(*) FROM bronze.orders"));
    }

    [Fact]
    public async Task Staged_files_become_rows_only_when_they_are_committed()
    {
        await using var lake = new TestLake();
        var table = lake.Table("bronze.orders");
        await table.AppendAsync(lake.Connection, "SELECT 1 AS id, DATE '2026-01-01' AS _date", new WriteOptions { PartitionBy = ["_date"] });

        var staged = await table.StageAsync(lake.Connection, "SELECT 2 AS id, DATE '2026-01-02' AS _date", ["_date"]);
        Assert.Equal(["1"], await lake.RowsAsync("SELECT count(*) FROM bronze.orders"));
        await table.CommitAsync(staged, new WriteOptions { Transaction = ("cdc:shop", 1) });

        Assert.Equal(["2|2026-01-02"], await lake.RowsAsync("SELECT id, _date::VARCHAR FROM bronze.orders WHERE _date = '2026-01-02'"));
    }

    [Fact]
    public async Task A_cancelled_commit_of_staged_files_deletes_them()
    {
        await using var lake = new TestLake();
        var table = lake.Table("bronze.orders");
        await table.AppendAsync(lake.Connection, "SELECT 1 AS id");
        var staged = await table.StageAsync(lake.Connection, "SELECT 2 AS id");

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => table.CommitAsync(staged, null, new CancellationToken(true)));

        Assert.Single(Directory.GetFiles(Path.Combine(lake.Folder, "bronze", "orders"), "*.parquet"));
    }

    [Fact]
    public async Task A_table_that_was_moved_away_is_not_there()
    {
        await using var lake = new TestLake();
        var table = lake.Table("bronze.orders");
        await table.AppendAsync(lake.Connection, "SELECT 1 AS id");
        Directory.Move(Path.Combine(lake.Folder, "bronze", "orders"), Path.Combine(lake.Folder, "bronze", "orders_before"));

        Assert.Null(await table.TrySnapshotAsync(TestContext.Current.CancellationToken));
        await table.AppendAsync(lake.Connection, "SELECT 2 AS id");

        Assert.Equal(["2"], await lake.RowsAsync("SELECT id FROM bronze.orders"));
    }

    [Fact]
    public async Task A_write_sets_table_properties_in_its_own_commit()
    {
        await using var lake = new TestLake();
        var table = lake.Table("bronze.orders");
        await table.AppendAsync(lake.Connection, "SELECT 1 AS id", new WriteOptions { SetProperties = new Dictionary<string, string> { ["from"] = "a" } });
        var staged = await table.StageAsync(lake.Connection, "SELECT 2 AS id");
        await table.CommitAsync(staged, new WriteOptions { SetProperties = new Dictionary<string, string> { ["from"] = "b" } });
        await table.AppendAsync(lake.Connection, "SELECT 3 AS id");

        var snapshot = await table.SnapshotAsync(null, TestContext.Current.CancellationToken);
        Assert.Equal(2, snapshot.Version);
        Assert.Equal("b", snapshot.Configuration["from"]);
        Assert.Equal("a", (await table.SnapshotAsync(0, TestContext.Current.CancellationToken)).Configuration["from"]);
    }

    [Fact]
    public async Task A_failed_write_leaves_no_file_behind()
    {
        await using var lake = new TestLake();
        var table = lake.Table("bronze.orders");
        await table.AppendAsync(lake.Connection, "SELECT 1 AS id");

        await Assert.ThrowsAnyAsync<Exception>(() => table.AppendAsync(lake.Connection, "SELECT CASE WHEN i = 500000 THEN error('no') ELSE i END::INTEGER AS id FROM range(1000000) t(i)"));

        Assert.Single(Directory.GetFiles(Path.Combine(lake.Folder, "bronze", "orders"), "*.parquet"));
    }

    [Fact]
    public async Task Names_of_partition_values_may_hold_any_character()
    {
        await using var lake = new TestLake();
        var table = lake.Table("bronze.odd");
        string[] odd = ["a/b", "x=y", "100%", "ü ñ", "[1]", "*?", "it's", "a\"b", "tab\there", "#", " "];
        var values = string.Join(", ", odd.Select((text, i) => $"({i}, '{text.Replace("'", "''", StringComparison.Ordinal)}')"));
        await table.AppendAsync(lake.Connection, $"SELECT * FROM (VALUES {values}, (98, NULL), (99, '')) t(id, p)", new WriteOptions { PartitionBy = ["p"] });

        Assert.Equal(odd.Select((text, i) => $"{i}|{text}").Concat(["98|null", "99|null"]), await lake.RowsAsync("SELECT id, p FROM bronze.odd ORDER BY id"));
    }

    [Fact]
    public async Task History_tells_every_operation_with_its_tags()
    {
        await using var lake = new TestLake();
        var table = lake.Table("silver.orders");
        await table.AppendAsync(lake.Connection, "SELECT 1 AS id");
        await table.MergeAsync(lake.Connection, "SELECT 1 AS id", new MergeOptions { Keys = ["id"], Tags = new Dictionary<string, string> { ["lakehouse.inputs"] = "{}" } });

        var history = await table.HistoryAsync().ToListAsync(None);

        Assert.Equal(["MERGE", "WRITE"], history.Select(commit => commit.Info!.Operation!));
        Assert.Equal("{}", history[0].Info!.Tags["lakehouse.inputs"]);
    }

    [Fact]
    public async Task Earlier_versions_stay_readable_by_version_and_by_time()
    {
        await using var lake = new TestLake();
        var table = lake.Table("silver.orders");
        var first = await table.AppendAsync(lake.Connection, "SELECT 1 AS id");
        await table.OverwriteAsync(lake.Connection, "SELECT 2 AS id");

        await lake.Session.DefineAsync(TableName.Parse("old.by_version"), await table.SnapshotAsync(0));

        Assert.Equal(["1"], await lake.RowsAsync("SELECT id FROM old.by_version"));
        Assert.Equal(0, (await table.SnapshotAtAsync(first.Snapshot.Timestamp)).Version);
        await lake.Session.BindAsync("SELECT * FROM silver.orders", new Dictionary<TableName, long> { [table.Name] = 0 });
        Assert.Equal(1, await lake.Connection.ScalarAsync<int>("SELECT id FROM silver.orders"));
    }

    [Fact]
    public async Task A_table_without_files_is_an_empty_relation_of_its_types()
    {
        await using var lake = new TestLake();
        await lake.Table("silver.empty").CreateAsync(new StructType([new StructField("id", PrimitiveType.Long), new StructField("at", PrimitiveType.Timestamp)]));

        Assert.Equal(["id|BIGINT", "at|TIMESTAMP WITH TIME ZONE"], await lake.RowsAsync("SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM silver.empty)"));
        Assert.Equal(["0"], await lake.RowsAsync("SELECT count(*) FROM silver.empty"));
    }

    [Fact]
    public async Task Delta_scan_reads_a_folder_at_a_version()
    {
        await using var lake = new TestLake();
        var table = lake.Table("silver.orders");
        await table.AppendAsync(lake.Connection, "SELECT 1 AS id");
        await table.AppendAsync(lake.Connection, "SELECT 2 AS id");
        var folder = Path.Combine(lake.Folder, "silver", "orders");

        Assert.Equal(["2|1"], await lake.RowsAsync($"SELECT (SELECT count(*) FROM delta_scan('{folder}')), (SELECT count(*) FROM delta_scan('{folder}', version => 0)) -- delta_scan('no')"));
    }

    [Fact]
    public async Task A_missing_data_file_is_named()
    {
        await using var lake = new TestLake();
        var table = lake.Table("silver.orders");
        await table.AppendAsync(lake.Connection, "SELECT 1 AS id");
        var file = Assert.Single(Directory.GetFiles(Path.Combine(lake.Folder, "silver", "orders"), "*.parquet"));
        File.Delete(file);

        var exception = await Assert.ThrowsAsync<DataFileMissingException>(() => lake.Session.BindAsync("SELECT * FROM silver.orders"));

        Assert.Equal(("silver.orders", 0, Path.GetFileName(file)), (exception.Table, exception.Version, exception.Path));
    }
}
