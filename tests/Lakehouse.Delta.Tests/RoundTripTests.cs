namespace Lakehouse.Delta.Tests;

public sealed class RoundTripTests
{
    [Fact]
    public async Task A_created_table_loads_with_its_schema_and_our_protocol()
    {
        using TestTable table = new();
        await table.CreateAsync(partitionBy: ["name"], properties: new Dictionary<string, string> { ["owner"] = "sales" });

        Snapshot loaded = await table.Log.LoadAsync(null, TestTable.Token);

        Assert.Equal(0, loaded.Version);
        Assert.Equal(TestTable.Columns, loaded.Schema);
        Assert.Equal(["name"], loaded.PartitionColumns);
        Assert.Equal("sales", loaded.Configuration["owner"]);
        Assert.Equal("true", loaded.Configuration["delta.enableDeletionVectors"]);
        Assert.Equal((3, 7), (loaded.Protocol.MinReaderVersion, loaded.Protocol.MinWriterVersion));
        Assert.Equal(["deletionVectors"], loaded.Protocol.ReaderFeatures);
        Assert.Equal(["appendOnly", "invariants", "deletionVectors"], loaded.Protocol.WriterFeatures);
    }

    [Fact]
    public async Task Appended_and_removed_files_load_as_committed()
    {
        using TestTable table = new();
        Snapshot snapshot = await table.CreateAsync();
        snapshot = await table.AppendAsync(snapshot, "a.parquet", "b.parquet");
        snapshot = await table.AppendAsync(snapshot, "c.parquet");
        snapshot = await table.RemoveAsync(snapshot, "b.parquet");

        Snapshot loaded = await table.Log.LoadAsync(null, TestTable.Token);

        Assert.Equal(["a.parquet", "c.parquet"], loaded.Paths());
        Assert.Equal(["a.parquet", "c.parquet"], snapshot.Paths());
        Assert.Equal(3, loaded.Version);
        Assert.Equal(snapshot.Timestamp, loaded.Timestamp);
    }

    [Fact]
    public async Task There_is_no_table_before_the_first_commit()
    {
        using TestTable table = new();

        Assert.Null(await table.Log.TryLoadAsync(null, TestTable.Token));
        await Assert.ThrowsAsync<TableNotFoundException>(() => table.Log.LoadAsync(null, TestTable.Token));
    }

    [Fact]
    public async Task Creating_a_table_that_exists_is_refused()
    {
        using TestTable table = new();
        await table.CreateAsync();

        await Assert.ThrowsAsync<TableExistsException>(() => table.CreateAsync());
    }
}
