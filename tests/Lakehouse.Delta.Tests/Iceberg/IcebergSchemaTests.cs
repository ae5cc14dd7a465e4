using System.Text.Json;
using Lakehouse.Delta.Iceberg;
using Lakehouse.Delta.Iceberg.Manifests;
using Lakehouse.Delta.Iceberg.Schemas;

namespace Lakehouse.Delta.Tests.Iceberg;

/// <summary>Columns, ids, partitions and bounds.</summary>
public sealed class IcebergSchemaTests
{
    [Fact]
    public async Task Ids_stay_when_columns_come()
    {
        using IcebergTestTable table = new();
        Snapshot snapshot = await table.CreateAsync(new StructType(new StructField("a", new ArrayType(PrimitiveType.Short)), new StructField("b", PrimitiveType.Integer)));
        StructType wider = new(new StructField("new", PrimitiveType.String), new StructField("a", new ArrayType(PrimitiveType.Short)), new StructField("b", PrimitiveType.Long));
        await table.CommitAsync(snapshot, transaction => transaction.SetMetadata(snapshot.Metadata.WithSchema(wider)));
        TableMetadata metadata = await table.MetadataAsync(1);
        Assert.Equal([("new", 4), ("a", 1), ("b", 3)], metadata.Schemas[^1].Columns.Fields.Select(field => (field.Name, field.Id)));
        Assert.Equal(IcebergPrimitive.Long, metadata.Schemas[^1].Columns.Fields[2].Type);
        Assert.Equal(2, metadata.Schemas.Count);
        Assert.Equal(2, metadata.Snapshots.Count);
    }

    [Fact]
    public async Task A_schema_that_comes_back_is_the_same_schema()
    {
        using IcebergTestTable table = new();
        Snapshot first = await table.CreateAsync();
        Snapshot second = await table.CommitAsync(first, transaction => transaction.SetMetadata(first.Metadata.WithSchema(new StructType([.. TestTable.Columns.Fields, new StructField("x", PrimitiveType.Date)]))));
        await table.CommitAsync(second, transaction => transaction.SetMetadata(second.Metadata.WithSchema(TestTable.Columns)));
        TableMetadata metadata = await table.MetadataAsync(2);
        Assert.Equal([0, 1, 0], metadata.Snapshots.Select(snapshot => snapshot.SchemaId));
        Assert.Equal(3, metadata.LastColumnId);
    }

    [Fact]
    public async Task A_name_that_means_another_column_begins_a_new_history()
    {
        using IcebergTestTable table = new();
        Snapshot snapshot = await table.CreateAsync();
        await table.CommitAsync(snapshot, transaction => transaction.SetMetadata(snapshot.Metadata.WithSchema(new StructType(new StructField("id", PrimitiveType.String)))));
        Assert.Equal([2L], (await table.MetadataAsync(1)).Snapshots.Select(one => one.Id));
    }

    [Fact]
    public void Elements_keys_and_values_get_ids_where_Iceberg_clients_read_mapped_columns()
    {
        StructType inner = new(new StructField("x", new ArrayType(PrimitiveType.Long)));
        Metadata metadata = Metadata.Create(
            new StructType(new StructField("l", new ArrayType(inner)), new StructField("m", new MapType(PrimitiveType.String, new ArrayType(inner))), new StructField("k", PrimitiveType.String)),
            null,
            new Dictionary<string, string> { [TableProperties.ColumnMappingMode] = "name", [TableProperties.UniversalFormats] = "iceberg" });

        Metadata assigned = ColumnMapping.Assign(metadata, null);

        string list = assigned.Schema.Fields[0].PhysicalName, map = assigned.Schema.Fields[1].PhysicalName;
        Assert.Equal([list + ".element"], assigned.Schema.Fields[0].NestedIds.Keys);
        Assert.Equal([map + ".key", map + ".value", map + ".value.element"], assigned.Schema.Fields[1].NestedIds.Keys);
        int[] ids = [.. new IcebergSchema(0, SchemaMapping.Of("t", 0, assigned, KnownIds.None).Columns).Ids().Select(one => one.Id).Order()];
        Assert.Equal(Enumerable.Range(1, 11), ids);
        Assert.Equal("11", assigned.Configuration[ColumnMapping.MaxColumnIdKey]);
        Assert.Same(assigned, ColumnMapping.Assign(assigned, assigned));
        Metadata more = ColumnMapping.Assign(assigned.WithSchema(new StructType([.. assigned.Schema.Fields, new StructField("more", new ArrayType(PrimitiveType.Date))])), assigned);
        Assert.Equal((12L, 13L), (more.Schema.Fields[3].ColumnId, Assert.Single(more.Schema.Fields[3].NestedIds).Value));
    }

    [Fact]
    public void Mapped_columns_keep_their_ids_and_lists_get_ids_of_their_own()
    {
        Metadata metadata = ColumnMapping.Assign(
            Metadata.Create(
                new StructType(new StructField("l", new ArrayType(new StructType(new StructField("x", PrimitiveType.Long)))), new StructField("k", PrimitiveType.String)),
                ["k"],
                new Dictionary<string, string> { [TableProperties.ColumnMappingMode] = "name" }),
            null);
        SchemaMapping mapping = SchemaMapping.Of("t", 0, metadata, KnownIds.None);
        IcebergList list = Assert.IsType<IcebergList>(mapping.Columns.Fields[0].Type);
        Assert.Equal(metadata.Schema.Fields.Select(field => field.ColumnId), mapping.Columns.Fields.Select(field => (long?)field.Id));
        Assert.True(list.ElementId > 1_000_000_000);
        Assert.Equal(2, Assert.IsType<IcebergStruct>(list.Element).Fields[0].Id);
        SchemaMapping again = SchemaMapping.Of("t", 1, metadata, new KnownIds(mapping.Names, new IcebergSchema(0, mapping.Columns).Ids().ToDictionary(one => one.Id, one => one.Type), mapping.LastColumnId));
        Assert.Equal(SchemaText.Of(mapping.Columns), SchemaText.Of(again.Columns));
        Assert.False(again.Restarts);
    }

    [Fact]
    public async Task A_column_widened_to_what_Iceberg_cannot_read_is_told_and_the_commit_stands()
    {
        using IcebergTestTable table = new();
        JsonElement changes = JsonSerializer.SerializeToElement(new[] { new { fromType = "integer", toType = "double" } });
        StructField field = new("x", PrimitiveType.Double, metadata: new Dictionary<string, JsonElement> { [SchemaEvolution.TypeChangesKey] = changes });
        Snapshot snapshot = await table.CreateAsync(new StructType(field));
        Assert.Contains("'x' was widened from integer to double", Assert.IsType<IcebergMappingException>(Assert.Single(table.Failures).Exception).Message, StringComparison.Ordinal);
        Assert.Equal(0, snapshot.Version);
    }

    [Fact]
    public void Void_columns_are_left_out()
    {
        StructType schema = new(
            new StructField("id", PrimitiveType.Long), new StructField("v", PrimitiveType.Void), new StructField("s", new StructType(new StructField("v", PrimitiveType.Void))));
        Assert.Equal(["id"], SchemaMapping.Of("t", 0, Metadata.Create(schema), KnownIds.None).Columns.Fields.Select(field => field.Name));
        Assert.Throws<IcebergMappingException>(() => SchemaMapping.Of("t", 0, Metadata.Create(new StructType(schema.Fields[1])), KnownIds.None));
    }

    [Fact]
    public void Statistics_become_bounds_and_counts()
    {
        StructType schema = new(
            new StructField("i", PrimitiveType.Integer), new StructField("s", PrimitiveType.String), new StructField("t", PrimitiveType.Timestamp), new StructField("d", new DecimalType(9, 2)),
            new StructField("day", PrimitiveType.Date), new StructField("f", PrimitiveType.Double), new StructField("n", new StructType(new StructField("x", PrimitiveType.Long))));
        SchemaMapping mapping = SchemaMapping.Of("t", 0, Metadata.Create(schema), KnownIds.None);
        AddFile file = TestTable.File("a") with
        {
            Stats = """
                {"numRecords":5,"minValues":{"i":-2,"s":"a","t":"1969-12-31T23:59:59.999Z","d":-1.5,"day":"1970-01-02","f":0.0,"n":{"x":3}},
                 "maxValues":{"i":7,"s":"zü","t":"1970-01-01T00:00:00.001Z","d":300,"day":"9999-12-31","f":"NaN","n":{"x":4}},"nullCount":{"i":0,"s":5,"d":1}}
                """,
        };
        DataFile data = DataFile.Of(file, "x", 5, mapping);
        Assert.Equal([(1, "FEFFFFFF"), (2, "61"), (3, "18FCFFFFFFFFFFFF"), (4, "FF6A"), (5, "01000000"), (6, "0000000000000080"), (8, "0300000000000000")], Hex(data.LowerBounds));
        Assert.Equal([(1, "07000000"), (2, "7AC3BC"), (3, "CF07000000000000"), (4, "7530"), (5, "A0C02C00"), (8, "0400000000000000")], Hex(data.UpperBounds));
        Assert.Equal([(1, 0L), (2, 5L), (4, 1L)], data.NullCounts);
        Assert.Equal([1, 2, 3, 4, 5, 6], data.ValueCounts.Select(count => count.Id));

        static IEnumerable<(int, string)> Hex(IReadOnlyList<(int Id, byte[] Value)> bounds) => bounds.Select(bound => (bound.Id, Convert.ToHexString(bound.Value)));
    }

    [Theory]
    [InlineData("a b/ü", "a_x20b_x2F_xFC")]
    [InlineData("1st", "_1st")]
    [InlineData("_ok9", "_ok9")]
    public void Partition_names_become_what_Avro_allows(string name, string avro) => Assert.Equal(avro, PartitionSpec.AvroName(name));

    [Fact]
    public async Task Partition_values_are_kept_typed_and_summed_up()
    {
        using IcebergTestTable table = new();
        Snapshot snapshot = await table.CreateAsync(new StructType(new StructField("id", PrimitiveType.Long), new StructField("day of", PrimitiveType.Date), new StructField("n", new DecimalType(20, 3))), ["day of", "n"]);
        await table.CommitAsync(snapshot, transaction =>
        {
            transaction.Add(TestTable.File("a", partition: new Dictionary<string, string?> { ["day of"] = "1970-01-03", ["n"] = "-1.5" }));
            transaction.Add(TestTable.File("b", partition: new Dictionary<string, string?> { ["day of"] = null, ["n"] = "12345678901234.567" }));
        });
        Assert.Empty(table.Failures);
        ManifestFile manifest = Assert.Single(await table.ManifestsAsync(1));
        Assert.Equal((true, "02000000", "02000000"), (manifest.Partitions[0].ContainsNull, Convert.ToHexString(manifest.Partitions[0].Lower!), Convert.ToHexString(manifest.Partitions[0].Upper!)));
        Assert.Equal((false, "FA24"), (manifest.Partitions[1].ContainsNull, Convert.ToHexString(manifest.Partitions[1].Lower!)));
        Assert.Equal([(2, 1000, "day of"), (3, 1001, "n")], (await table.MetadataAsync(1)).Specs[^1].Fields.Select(field => (field.SourceId, field.FieldId, field.Name)));
        Assert.Equal(["a", "b"], await table.FilesAsync(1));
    }
}
