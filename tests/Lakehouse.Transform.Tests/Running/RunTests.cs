using Lakehouse.Engine;

namespace Lakehouse.Transform.Tests;

public sealed class RunTests
{
    private static readonly string Sources = "version: 2\nsources: [{name: bronze, tables: [{name: items}]}]\n";

    [Fact]
    public async Task Views_are_read_through_and_leave_no_table()
    {
        await using var lake = new TransformLake();
        using var folder = new ProjectFolder(
            ("models/sources.yml", Sources),
            ("models/silver/cheap.sql", "select * from {{ source('bronze', 'items') }} where price < 10"),
            ("models/silver/named.sql", "{{ config(materialized='ephemeral') }} select id, upper(name) as name from {{ ref('cheap') }} -- the end"),
            ("models/gold/names.sql", "{{ config(materialized='table') }} select count(*) as n, max(name) as last from {{ ref('named') }}"));
        await lake.AppendAsync("bronze.items", Items("(1, 'a', 5), (2, 'b', 20), (3, 'c', 7)"));

        var results = await lake.RunAsync(folder.Load());

        SampleModelsTests.AssertSucceeded(results);
        Assert.Equal("2|C", await lake.CellAsync("SELECT * FROM gold.names"));
        Assert.Equal(["bronze.items", "gold.names"], (await lake.Lake.ListTablesAsync(TestContext.Current.CancellationToken)).Select(t => t.ToString()));
    }

    /// <summary>A version or a feed that the model's own SQL names, through a view too, and in a test.</summary>
    [Fact]
    public async Task A_model_reads_the_past_that_its_SQL_names()
    {
        await using var lake = new TransformLake();
        using var folder = new ProjectFolder(
            ("models/sources.yml", Sources),
            ("models/silver/first.sql", "select * from {{ source('bronze', 'items') }} version as of 0"),
            ("models/gold/grown.sql", """
                {{ config(materialized='table') }}
                select (select count(*) from {{ ref('first') }}) as before, (select count(*) from {{ source('bronze', 'items') }}) as after,
                       (select count(*) from table_changes('bronze.items', 1)) as came
                """),
            ("tests/grew.sql", "select * from {{ ref('grown') }} where before <> (select count(*) from bronze.items for version as of 0)"));
        await lake.AppendAsync("bronze.items", Items("(1, 'a', 5)"));
        await lake.AppendAsync("bronze.items", Items("(2, 'b', 20), (3, 'c', 1)"));

        await using var runner = new ModelRunner(lake.Lake, folder.Load());
        SampleModelsTests.AssertSucceeded(await runner.BuildAsync(TestContext.Current.CancellationToken));

        Assert.Equal("1|3|2", await lake.CellAsync("SELECT * FROM gold.grown"));
    }

    [Fact]
    public async Task The_longest_chain_of_models_goes_first()
    {
        await using var lake = new TransformLake();
        using var folder = new ProjectFolder(
            ("models/gold/alone.sql", "{{ config(materialized='table') }} select 1 as id"),
            ("models/gold/first.sql", "{{ config(materialized='table') }} select 1 as id"),
            ("models/gold/second.sql", "{{ config(materialized='table') }} select * from {{ ref('first') }}"),
            ("models/gold/third.sql", "{{ config(materialized='table') }} select * from {{ ref('second') }}"));

        var results = await lake.RunAsync(folder.Load(), new RunOptions { Threads = 1 });

        SampleModelsTests.AssertSucceeded(results);
        Assert.Equal(["first", "second", "alone", "third"], results.Results.Select(r => r.Node.Name));
    }

    /// <summary>A model may leave SQL out for changes of a kind that did not come; a full run always has all of it.</summary>
    [Fact]
    public async Task A_model_is_told_which_kinds_of_changes_came()
    {
        await using var lake = new TransformLake();
        using var folder = new ProjectFolder(
            ("models/sources.yml", Sources),
            ("models/silver/items.sql", """
                {{ config(materialized='incremental', unique_key='id') }}
                select id, name, price from {{ changes(source('bronze', 'items')) }} as arriving
                {% if changes_have(source('bronze', 'items'), 'price > 10') %}/* dear */{% endif %}
                {% if changes_have(source('bronze', 'items'), 'price > 10 and name is null') %}/* nameless */{% endif %}
                """));
        var project = folder.Load();
        await lake.AppendAsync("bronze.items", Items("(1, 'a', 5)"));
        Assert.Equal("dear, nameless", await KindsAsync());

        await lake.AppendAsync("bronze.items", Items("(2, 'b', 20)"));
        Assert.Equal("dear", await KindsAsync());

        await lake.AppendAsync("bronze.items", Items("(3, 'c', NULL)"));
        Assert.Equal("", await KindsAsync());

        // What came does not change what the model is: nothing to say of its SQL, nothing to do again.
        var again = (await lake.RunAsync(project))["items"];
        Assert.Equal((true, "nothing new"), (again.Unchanged, again.Message));

        async Task<string> KindsAsync()
        {
            var results = await lake.RunAsync(project);
            SampleModelsTests.AssertSucceeded(results);
            Assert.DoesNotContain("SQL has changed", results["items"].Message, StringComparison.Ordinal);
            return string.Join(", ", new[] { "dear", "nameless" }.Where(k => results["items"].CompiledSql!.Contains(k, StringComparison.Ordinal)));
        }
    }

    [Fact]
    public async Task A_table_is_built_anew_only_when_something_behind_its_views_moved()
    {
        await using var lake = new TransformLake();
        using var folder = new ProjectFolder(
            ("models/sources.yml", Sources),
            ("models/silver/cheap.sql", "select * from {{ source('bronze', 'items') }} where price < 10"),
            ("models/gold/total.sql", "{{ config(materialized='table') }} select sum(price) as total from {{ ref('cheap') }}"));
        await lake.AppendAsync("bronze.items", Items("(1, 'a', 5)"));
        await lake.RunAsync(folder.Load());
        Assert.True((await lake.RunAsync(folder.Load()))["total"].Unchanged);

        await lake.AppendAsync("bronze.items", Items("(2, 'b', 6)"));

        Assert.False((await lake.RunAsync(folder.Load()))["total"].Unchanged);
        Assert.Equal("11", await lake.CellAsync("SELECT total FROM gold.total"));
    }

    [Fact]
    public async Task A_failing_model_skips_what_reads_it_and_nothing_else()
    {
        await using var lake = new TransformLake();
        using var folder = new ProjectFolder(
            ("models/sources.yml", Sources),
            ("models/silver/good.sql", "{{ config(materialized='table') }} select * from {{ source('bronze', 'items') }}"),
            ("models/silver/bad.sql", "{{ config(materialized='table') }}\nselect nowhere from {{ source('bronze', 'items') }}"),
            ("models/gold/after.sql", "{{ config(materialized='table') }} select * from {{ ref('bad') }}"));
        await lake.AppendAsync("bronze.items", Items("(1, 'a', 5)"));

        var results = await lake.RunAsync(folder.Load());

        Assert.Equal(1, results.ExitCode);
        Assert.Equal(NodeStatus.Success, results["good"].Status);
        Assert.Equal(NodeStatus.Error, results["bad"].Status);
        Assert.StartsWith("models/silver/bad.sql: ", results["bad"].Message, StringComparison.Ordinal);
        Assert.Contains("nowhere", results["bad"].Message, StringComparison.Ordinal);
        Assert.Equal("skipped, because bad failed", results["after"].Message);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task A_fault_outside_the_nodes_ends_the_run_with_it(int threads)
    {
        await using var lake = new TransformLake();
        using var folder = new ProjectFolder(
            ("models/sources.yml", Sources),
            ("models/silver/a.sql", "{{ config(materialized='table') }} select * from {{ source('bronze', 'items') }}"),
            ("models/gold/b.sql", "{{ config(materialized='table') }} select count(*) as n from {{ ref('a') }}"),
            ("models/gold/c.sql", "{{ config(materialized='table') }} select n from {{ ref('b') }}"));
        await lake.AppendAsync("bronze.items", Items("(1, 'a', 5)"));
        await using var runner = new ModelRunner(lake.Lake, folder.Load(), new RunOptions { Threads = threads }, new FailingObserver());

        var run = runner.RunAsync(TestContext.Current.CancellationToken);
        var fault = await Assert.ThrowsAsync<InvalidOperationException>(() => run.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken));

        Assert.Equal("the observer fails", fault.Message);
        Assert.Null(await lake.Table("gold.b").TrySnapshotAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_source_that_is_not_there_is_named_with_what_to_do()
    {
        await using var lake = new TransformLake();
        using var folder = new ProjectFolder(("models/sources.yml", Sources), ("models/silver/a.sql", "{{ config(materialized='table') }} select * from {{ source('bronze', 'items') }}"));

        var results = await lake.RunAsync(folder.Load());

        Assert.Contains("the source table bronze.items is not in the lake; ingest it first", results["a"].Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_selection_runs_its_models_alone_on_what_is_stored()
    {
        await using var lake = new TransformLake();
        using var folder = new ProjectFolder(
            ("models/sources.yml", Sources),
            ("models/silver/a.sql", "{{ config(materialized='table') }} select * from {{ source('bronze', 'items') }}"),
            ("models/gold/b.sql", "{{ config(materialized='table', tags='daily') }} select count(*) as n from {{ ref('a') }}"));
        await lake.AppendAsync("bronze.items", Items("(1, 'a', 5)"));

        var missing = await lake.RunAsync(folder.Load(), new RunOptions { Select = ["tag:daily"] });
        var both = await lake.RunAsync(folder.Load(), new RunOptions { Select = ["+b"] });

        Assert.Contains("the table silver.a of the model a is not built yet", missing["b"].Message, StringComparison.Ordinal);
        Assert.Equal(["a", "b"], both.Results.Select(r => r.Node.Name).Order(StringComparer.Ordinal));
        SampleModelsTests.AssertSucceeded(both);
    }

    [Fact]
    public async Task An_append_only_model_takes_in_each_change_once()
    {
        await using var lake = new TransformLake();
        using var folder = new ProjectFolder(
            ("models/sources.yml", Sources),
            ("models/silver/log.sql", "{{ config(materialized='incremental') }} select id, _change_type as change from {{ changes(source('bronze', 'items')) }}"));
        for (var i = 1; i <= 3; i++)
        {
            await lake.AppendAsync("bronze.items", Items($"({i}, 'a', 5)"));
            await lake.RunAsync(folder.Load());
            await lake.RunAsync(folder.Load());
        }

        Assert.Equal(["1|insert", "2|insert", "3|insert"], await lake.RowsAsync("SELECT * FROM silver.log ORDER BY id"));
    }

    [Fact]
    public async Task An_updated_row_comes_as_delete_and_insert()
    {
        await using var lake = new TransformLake();
        using var folder = new ProjectFolder(
            ("models/sources.yml", Sources),
            ("models/silver/log.sql", "{{ config(materialized='incremental') }} select id, price, _change_type as change from {{ changes(source('bronze', 'items')) }}"));
        await lake.AppendAsync("bronze.items", Items("(1, 'a', 5), (2, 'b', 6)"));
        await lake.RunAsync(folder.Load());
        await lake.MergeAsync("bronze.items", "id", Items("(1, 'a', 50)"));

        await lake.RunAsync(folder.Load());

        Assert.Equal(["1|5|delete", "1|5|insert", "1|50|insert", "2|6|insert"], await lake.RowsAsync("SELECT * FROM silver.log ORDER BY ALL"));
    }

    [Fact]
    public async Task A_key_that_a_merge_gives_twice_fails_the_model_by_name()
    {
        await using var lake = new TransformLake();
        using var folder = new ProjectFolder(
            ("models/sources.yml", Sources),
            ("models/silver/a.sql", "{{ config(materialized='incremental', unique_key='id') }} select * from {{ source('bronze', 'items') }}"));
        await lake.AppendAsync("bronze.items", Items("(1, 'a', 5)"));
        await lake.RunAsync(folder.Load());
        await lake.AppendAsync("bronze.items", Items("(1, 'b', 6)"));

        var results = await lake.RunAsync(folder.Load());

        Assert.Equal(NodeStatus.Error, results["a"].Status);
        Assert.Contains("id=1", results["a"].Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_input_that_was_made_anew_is_not_taken_for_the_old_one()
    {
        await using var lake = new TransformLake();
        using var folder = new ProjectFolder(
            ("models/sources.yml", Sources),
            ("models/silver/log.sql", "{{ config(materialized='incremental') }} select id from {{ changes(source('bronze', 'items')) }}"));
        await lake.AppendAsync("bronze.items", Items("(1, 'a', 5)"));
        await lake.RunAsync(folder.Load());
        Directory.Delete(Path.Combine(lake.Folder, "bronze"), recursive: true);
        await using var reopened = Lake.Open(lake.Folder);
        await using (var session = reopened.OpenSession())
        {
            for (var i = 0; i < 2; i++)
                await reopened.Table(TableName.Parse("bronze.items")).AppendAsync(session.Connection, Items("(7, 'x', 5)"), null, TestContext.Current.CancellationToken);
        }

        await using var runner = new ModelRunner(reopened, folder.Load());
        var results = await runner.RunAsync(TestContext.Current.CancellationToken);

        Assert.Contains("bronze.items was made anew", results["log"].Message, StringComparison.Ordinal);
        Assert.Contains("full refresh", results["log"].Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ignore", "1|null|2|5")]
    [InlineData("append_new_columns", "1|null|2|5")]
    public async Task A_new_column_is_left_out_or_added(string setting, string expected)
    {
        await using var lake = new TransformLake();
        using var folder = new ProjectFolder(("models/sources.yml", Sources));
        string Model(string columns) => $"{{{{ config(materialized='incremental', on_schema_change='{setting}') }}}} select {columns} from {{{{ changes(source('bronze', 'items')) }}}}";
        folder.Write("models/silver/a.sql", Model("id"));
        await lake.AppendAsync("bronze.items", Items("(1, 'a', 5)"));
        await lake.RunAsync(folder.Load());
        await lake.AppendAsync("bronze.items", Items("(2, 'b', 5)"));
        folder.Write("models/silver/a.sql", Model("id, price"));

        SampleModelsTests.AssertSucceeded(await lake.RunAsync(folder.Load()));

        Assert.Equal(setting == "ignore" ? ["1", "2"] : expected.Split('|').Chunk(2).Select(c => string.Join('|', c)), await lake.RowsAsync("SELECT * FROM silver.a ORDER BY 1"));
    }

    [Fact]
    public async Task Changed_columns_fail_the_model_where_it_says_so()
    {
        await using var lake = new TransformLake();
        using var folder = new ProjectFolder(("models/sources.yml", Sources));
        const string config = "{{ config(materialized='incremental', on_schema_change='fail') }}";
        folder.Write("models/silver/a.sql", config + "select id, name from {{ source('bronze', 'items') }}");
        await lake.AppendAsync("bronze.items", Items("(1, 'a', 5)"));
        await lake.RunAsync(folder.Load());
        folder.Write("models/silver/a.sql", config + "select id, price from {{ source('bronze', 'items') }}");

        var results = await lake.RunAsync(folder.Load());

        Assert.Contains("new: price; gone: name", results["a"].Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_is_partitioned_as_configured()
    {
        await using var lake = new TransformLake();
        using var folder = new ProjectFolder(
            ("models/sources.yml", Sources),
            ("models/silver/a.sql", "{{ config(materialized='table', partition_by='name') }} select * from {{ source('bronze', 'items') }}"));
        await lake.AppendAsync("bronze.items", Items("(1, 'a', 5), (2, 'b', 5)"));

        SampleModelsTests.AssertSucceeded(await lake.RunAsync(folder.Load()));

        Assert.Equal(["name"], (await lake.Table("silver.a").SnapshotAsync(null, TestContext.Current.CancellationToken)).PartitionColumns);
    }

    [Fact]
    public async Task Two_runs_at_once_build_what_one_run_builds()
    {
        await using var lake = new TransformLake();
        var business = new BronzeBusiness(lake, seed: 8);
        var project = DbtProject.Load(SampleModelsTests.Models);
        await business.NextRoundAsync();
        await lake.RunAsync(project);
        await business.NextRoundAsync();
        await using var other = Lake.Open(lake.Folder);

        await using (var first = new ModelRunner(lake.Lake, project))
        await using (var second = new ModelRunner(other, project))
        {
            var runs = await Task.WhenAll(first.RunAsync(TestContext.Current.CancellationToken), second.RunAsync(TestContext.Current.CancellationToken));
            // Where both wrote the same model, one of them is told so; none has written half or twice.
            Assert.All(runs.SelectMany(r => r.Results).Where(r => r.IsFailure), r => Assert.Contains("another run", r.Message, StringComparison.Ordinal));
        }

        await IncrementalEqualsFull.CheckAsync(lake, project);
    }

    private sealed class FailingObserver : IRunObserver
    {
        public void NodeFinished(NodeResult result) => throw new InvalidOperationException("the observer fails");
    }

    internal static string Items(string values) => $"SELECT id::BIGINT AS id, name::VARCHAR AS name, price::BIGINT AS price FROM (VALUES {values}) v(id, name, price)";
}
