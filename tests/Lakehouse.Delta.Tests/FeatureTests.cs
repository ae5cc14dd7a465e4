namespace Lakehouse.Delta.Tests;

public sealed class FeatureTests
{
    private const string Field = """{\"name\":\"a\",\"type\":\"long\",\"nullable\":true,\"metadata\":{META}}""";

    [Theory]
    [InlineData("futureFeature")]
    [InlineData("geospatial")]
    [InlineData("catalogManaged")]
    [InlineData("catalogOwned-preview")]
    public async Task An_unknown_reader_feature_refuses_the_table_by_name(string feature)
    {
        using TestTable table = new();
        Write(table, Listing(3, "deletionVectors", feature));

        UnsupportedFeatureException exception = await Assert.ThrowsAsync<UnsupportedFeatureException>(() => table.Log.LoadAsync(null, TestTable.Token));

        Assert.Equal([feature], exception.Features);
        Assert.Contains("silver/orders", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("integer", "string")]
    [InlineData("double", "float")]
    [InlineData("integer", "geometry")]
    public async Task A_type_change_that_cannot_be_read_over_refuses_the_table_by_its_column(string from, string to)
    {
        using TestTable table = new();
        Write(table, Listing(3, "typeWidening"), "", $"'delta.typeChanges':[{{'fromType':'{from}','toType':'{to}'}}]");

        UnsupportedFeatureException exception = await Assert.ThrowsAsync<UnsupportedFeatureException>(() => table.Log.LoadAsync(null, TestTable.Token));

        Assert.Equal([$"typeWidening of a: {from} -> {to}"], exception.Features);
    }

    [Theory]
    [InlineData(4, 7)]
    [InlineData(99, 99)]
    public async Task A_newer_reader_version_refuses_the_table(int reader, int writer)
    {
        using TestTable table = new();
        Write(table, Legacy(reader, writer));

        await Assert.ThrowsAsync<UnsupportedFeatureException>(() => table.Log.LoadAsync(null, TestTable.Token));
    }

    [Theory]
    [InlineData("futureWriterFeature")]
    [InlineData("icebergWriterCompatV1")]
    public async Task An_unknown_writer_feature_makes_the_table_read_only(string feature)
    {
        using TestTable table = new();
        Write(table, Listing(1, "appendOnly", feature));
        Snapshot snapshot = await table.Log.LoadAsync(null, TestTable.Token);

        UnsupportedFeatureException exception = Assert.Throws<UnsupportedFeatureException>(() => table.Log.Begin(snapshot));

        Assert.Equal([feature], exception.Features);
    }

    [Theory]
    [InlineData("icebergCompatV1", "\"delta.enableIcebergCompatV1\":\"true\"")]
    public async Task A_feature_that_cannot_be_written_refuses_writes_only_where_it_is_in_use(string feature, string configuration)
    {
        using TestTable used = new(), unused = new();
        Write(used, Listing(1, feature), configuration);
        Write(unused, Listing(1, feature));
        Snapshot snapshot = await used.Log.LoadAsync(null, TestTable.Token);

        Assert.Equal([feature], Assert.Throws<UnsupportedFeatureException>(() => used.Log.Begin(snapshot)).Features);
        Assert.Equal(1, (await unused.AppendAsync(await unused.Log.LoadAsync(null, TestTable.Token), "x")).Version);
    }

    [Fact]
    public async Task A_mapped_table_reads_with_its_physical_names()
    {
        using TestTable table = new();
        Write(
            table,
            Legacy(2, 5),
            "\"delta.columnMapping.mode\":\"name\"",
            "'delta.columnMapping.id':7,'delta.columnMapping.physicalName':'col-1f'");

        Snapshot snapshot = await table.Log.LoadAsync(null, TestTable.Token);

        Assert.Equal(("name", "col-1f", 7L), (snapshot.Metadata.ColumnMappingMode, snapshot.Schema.Fields[0].PhysicalName, snapshot.Schema.Fields[0].ColumnId!.Value));
    }

    [Fact]
    public async Task An_append_only_table_takes_appends_and_refuses_deletes()
    {
        using TestTable table = new();
        Snapshot snapshot = await table.CreateAsync(properties: new Dictionary<string, string> { ["delta.appendOnly"] = "true" });
        snapshot = await table.AppendAsync(snapshot, "a");

        UnsupportedFeatureException exception = await Assert.ThrowsAsync<UnsupportedFeatureException>(() => table.RemoveAsync(snapshot, "a"));
        Assert.Equal(["appendOnly"], exception.Features);

        DeltaTransaction compaction = table.Log.Begin(snapshot);
        compaction.Remove(snapshot.Files.Single(), dataChange: false);
        compaction.Add(TestTable.File("b") with { DataChange = false });
        Assert.Equal(2, (await compaction.CommitAsync(TestTable.Info("OPTIMIZE"), TestTable.Token)).Version);
    }

    [Fact]
    public async Task Deletion_vectors_need_their_property()
    {
        using TestTable table = new();
        Snapshot snapshot = await table.AppendAsync(await table.CreateAsync(properties: new Dictionary<string, string> { ["delta.enableDeletionVectors"] = "false" }), "a");
        DeltaTransaction transaction = table.Log.Begin(snapshot);
        transaction.Remove(snapshot.Files.Single());
        transaction.Add(snapshot.Files.Single() with { DeletionVector = DeletionVectorStore.Inline(new([0])) });

        Assert.Equal(["deletionVectors"], (await Assert.ThrowsAsync<UnsupportedFeatureException>(() => transaction.CommitAsync(TestTable.Info(), TestTable.Token))).Features);
    }

    [Fact]
    public async Task New_metadata_brings_the_features_it_needs()
    {
        using TestTable table = new();
        Write(table, Legacy(1, 2));
        Snapshot snapshot = await table.Log.LoadAsync(null, TestTable.Token);
        DeltaTransaction transaction = table.Log.Begin(snapshot);
        transaction.SetMetadata(snapshot.Metadata
            .WithSchema(new StructType([.. snapshot.Schema.Fields, new StructField("at", PrimitiveType.TimestampNtz)]))
            .WithProperty("delta.enableDeletionVectors", "true"));

        await transaction.CommitAsync(TestTable.Info("ALTER TABLE"), TestTable.Token);

        Protocol protocol = (await table.Log.LoadAsync(null, TestTable.Token)).Protocol;
        Assert.Equal((3, 7), (protocol.MinReaderVersion, protocol.MinWriterVersion));
        Assert.Equal(["deletionVectors", "timestampNtz"], protocol.ReaderFeatures.Order());
        Assert.Equal(["appendOnly", "deletionVectors", "invariants", "timestampNtz"], protocol.WriterFeatures.Order());
    }

    [Fact]
    public async Task A_column_mapped_legacy_table_lists_its_mapping_when_it_becomes_a_feature_table()
    {
        await Task.CompletedTask;
        Protocol legacy = new() { MinReaderVersion = 2, MinWriterVersion = 5 };

        Protocol upgraded = legacy.With([TableFeatures.DeletionVectors]);

        Assert.Equal(["columnMapping", "deletionVectors"], upgraded.ReaderFeatures.Order());
        Assert.Equal(["appendOnly", "changeDataFeed", "checkConstraints", "columnMapping", "deletionVectors", "generatedColumns", "invariants"], upgraded.WriterFeatures.Order());
        Assert.Same(upgraded, upgraded.With([TableFeatures.ColumnMapping]));
    }

    [Fact]
    public void A_plain_tables_protocol_stays_as_it_is()
    {
        Protocol legacy = new() { MinReaderVersion = 1, MinWriterVersion = 2 };

        Assert.Same(legacy, legacy.With([TableFeatures.AppendOnly]));
    }

    private static string Legacy(int reader, int writer) => $$$"""{"protocol":{"minReaderVersion":{{{reader}}},"minWriterVersion":{{{writer}}} }}""";

    private static string Listing(int reader, params string[] features)
    {
        string list = string.Join(",", features.Select(feature => $"\"{feature}\""));
        string readers = reader < 3 ? "" : $"\"readerFeatures\":[{list}],";
        return $$$"""{"protocol":{"minReaderVersion":{{{reader}}},"minWriterVersion":7,{{{readers}}}"writerFeatures":[{{{list}}}]}}""";
    }

    private static void Write(TestTable table, string protocol, string configuration = "", string fieldMetadata = "")
    {
        string schema = """{\"type\":\"struct\",\"fields\":[FIELD]}""".Replace("FIELD", Field.Replace("META", fieldMetadata.Replace("'", "\\\"", StringComparison.Ordinal), StringComparison.Ordinal), StringComparison.Ordinal);
        string metadata = """{"metaData":{"id":"5fba94ed-9794-4965-ba6e-6ee3c0d22af9","format":{"provider":"parquet","options":{}},"schemaString":"SCHEMA","partitionColumns":[],"configuration":{CONF}}}"""
            .Replace("SCHEMA", schema, StringComparison.Ordinal)
            .Replace("CONF", configuration, StringComparison.Ordinal);
        table.WriteFile($"_delta_log/{0:D20}.json", $"{protocol}\n{metadata}\n");
    }
}
