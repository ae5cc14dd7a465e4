using Lakehouse.Delta;
using Lakehouse.Engine;

namespace Lakehouse.Transform.Tests;

/// <summary>A bronze table that the control table does not cover is not read beside those that it does.</summary>
public sealed class UnfinishedSnapshotTests : IAsyncDisposable
{
    private readonly TransformLake _lake = new();
    private readonly ProjectFolder _folder = new(
        ("models/sources.yml", "version: 2\nsources: [{name: bronze, tables: [{name: a}, {name: b}]}]\n"),
        ("models/silver/from_a.sql", "{{ config(materialized='table') }} select id from {{ source('bronze', 'a') }}"),
        ("models/silver/from_b.sql", "{{ config(materialized='table') }} select id from {{ source('bronze', 'b') }}"));

    [Fact]
    public async Task A_table_whose_snapshot_is_not_in_the_control_table_is_refused_and_others_are_built()
    {
        var a = await WriteAsync("a", 1, 100);
        await CommitAsync(100, ("a", a));
        await WriteAsync("b", 1, 150);

        var results = await _lake.RunAsync(_folder.Load());

        Assert.Equal(NodeStatus.Success, results["from_a"].Status);
        Assert.Equal(NodeStatus.Error, results["from_b"].Status);
        Assert.Contains("the snapshot of the source table bronze.b is not finished", results["from_b"].Message);

        await CommitAsync(150, ("a", a), ("b", 0));
        SampleModelsTests.AssertSucceeded(await _lake.RunAsync(_folder.Load()));
        Assert.Equal("1", await _lake.CellAsync("SELECT count(*) FROM silver.from_b"));
    }

    [Fact]
    public async Task A_table_that_was_moved_aside_is_refused_until_its_new_snapshot_is_in_the_control_table()
    {
        var a = await WriteAsync("a", 1, 100);
        await WriteAsync("b", 1, 100);
        await CommitAsync(100, ("a", a), ("b", 0));
        SampleModelsTests.AssertSucceeded(await _lake.RunAsync(_folder.Load()));
        Directory.Move(Path.Combine(_lake.Folder, "bronze", "b"), Path.Combine(_lake.Folder, "bronze", "b_before"));
        await WriteAsync("b", 2, 150);

        var results = await _lake.RunAsync(_folder.Load());

        Assert.Equal(NodeStatus.Error, results["from_b"].Status);
        Assert.Equal("1", await _lake.CellAsync("SELECT id FROM silver.from_b"));
    }

    [Fact]
    public async Task A_table_that_its_source_went_on_without_is_read_as_it_stayed()
    {
        var a = await WriteAsync("a", 1, 100);
        await WriteAsync("b", 1, 100);
        await CommitAsync(100, ("a", a), ("b", 0));
        await CommitAsync(200, ("a", a));

        SampleModelsTests.AssertSucceeded(await _lake.RunAsync(_folder.Load()));
        Assert.Equal("1", await _lake.CellAsync("SELECT count(*) FROM silver.from_b"));
    }

    [Fact]
    public async Task A_table_that_is_made_for_a_snapshot_and_has_no_rows_yet_is_refused()
    {
        await CommitAsync(100, ("a", await WriteAsync("a", 1, 100)));
        await _lake.Table("bronze.b").CreateAsync(
            new StructType([new StructField("id", PrimitiveType.Long)]), null, new Dictionary<string, string> { ["lakehouse.cdc.snapshotLsn"] = "150" }, null, TestContext.Current.CancellationToken);

        Assert.Equal(NodeStatus.Error, (await _lake.RunAsync(_folder.Load()))["from_b"].Status);
    }

    public async ValueTask DisposeAsync()
    {
        _folder.Dispose();
        await _lake.DisposeAsync();
    }

    private async Task<long> WriteAsync(string table, int id, long position) =>
        (await _lake.Table("bronze." + table).AppendAsync(_lake.Session.Connection, $"SELECT {id}::BIGINT AS id", new WriteOptions { Transaction = ("cdc:shop", position) }, TestContext.Current.CancellationToken)).Version;

    private Task<long> CommitAsync(long position, params (string Table, long Version)[] tables) => _lake.AppendAsync("bronze._commits", FormattableString.Invariant($$"""
        SELECT {{position}}::BIGINT AS batch, 'shop' AS source, 0::BIGINT AS from_lsn, {{position}}::BIGINT AS to_lsn, 0::BIGINT AS rows,
            now() AS first_committed_at, now() AS last_committed_at, now() AS ingested_at, MAP([{{string.Join(", ", tables.Select(t => $"'{t.Table}'"))}}], [{{string.Join(", ", tables.Select(t => $"{t.Version}::BIGINT"))}}]) AS tables
        """));
}
