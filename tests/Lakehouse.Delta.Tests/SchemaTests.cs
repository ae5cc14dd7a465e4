namespace Lakehouse.Delta.Tests;

public sealed class SchemaTests
{
    private const SchemaChanges All = SchemaChanges.AddColumns | SchemaChanges.WidenTypes;

    [Fact]
    public void Every_type_survives_its_json()
    {
        StructType schema = new(
            new StructField("s", PrimitiveType.String, nullable: false),
            new StructField("l", PrimitiveType.Long), new StructField("i", PrimitiveType.Integer), new StructField("sh", PrimitiveType.Short),
            new StructField("b", PrimitiveType.Byte), new StructField("f", PrimitiveType.Float), new StructField("d", PrimitiveType.Double),
            new StructField("bo", PrimitiveType.Boolean), new StructField("bi", PrimitiveType.Binary), new StructField("da", PrimitiveType.Date),
            new StructField("t", PrimitiveType.Timestamp), new StructField("tn", PrimitiveType.TimestampNtz), new StructField("v", PrimitiveType.Void),
            new StructField("de", new DecimalType(38, 18)),
            new StructField("a", new ArrayType(new StructType(new StructField("x", new ArrayType(PrimitiveType.Long, containsNull: false))), containsNull: false)),
            new StructField("m", new MapType(PrimitiveType.String, new MapType(PrimitiveType.Integer, PrimitiveType.Date, valueContainsNull: false))));

        Assert.Equal(schema, SchemaJson.Parse(SchemaJson.Write(schema)));
    }

    [Fact]
    public void The_protocols_example_parses()
    {
        StructType schema = SchemaJson.Parse(
            """
            {"type":"struct","fields":[
              {"name":"a","type":"integer","nullable":false,"metadata":{}},
              {"name":"b","type":{"type":"struct","fields":[{"name":"d","type":"integer","nullable":false,"metadata":{}}]},"nullable":true,"metadata":{}},
              {"name":"c","type":{"type":"array","elementType":"integer","containsNull":false},"nullable":true,"metadata":{}},
              {"name":"e","type":{"type":"array","elementType":{"type":"struct","fields":[{"name":"d","type":"integer","nullable":false,"metadata":{}}]},"containsNull":true},"nullable":true,"metadata":{"comment":"x","delta.columnMapping.id":4}},
              {"name":"f","type":{"type":"map","keyType":"string","valueType":"string","valueContainsNull":true},"nullable":true,"metadata":{}}]}
            """);

        Assert.Equal("struct<a:integer,b:struct<d:integer>,c:array<integer>,e:array<struct<d:integer>>,f:map<string,string>>", schema.ToString());
        Assert.False(schema.Fields[0].Nullable);
        Assert.Equal(4, schema.Fields[3].ColumnId);
        Assert.Equal(schema, SchemaJson.Parse(SchemaJson.Write(schema)));
    }

    [Theory]
    [InlineData("{\"type\":\"struct\"}", "fields")]
    [InlineData("\"long\"", "struct")]
    [InlineData("{\"type\":\"struct\",\"fields\":[{\"name\":\"a\",\"type\":\"decimal(39,1)\"}]}", "'a'")]
    [InlineData("{\"type\":\"struct\",\"fields\":[{\"name\":\"a\",\"type\":{\"type\":\"struct\",\"fields\":[{\"name\":\"b\",\"type\":\"uuid\"}]}}]}", "'a.b'")]
    [InlineData("{\"type\":\"struct\",\"fields\":[{\"name\":\"a\",\"type\":\"long\"},{\"name\":\"A\",\"type\":\"long\"}]}", "twice")]
    [InlineData("{\"type\":\"struct\",\"fields\":[{\"name\":\"a\",\"type\":7}]}", "'a'")]
    [InlineData("nope", "JSON")]
    public void What_is_no_schema_is_refused_with_the_place(string json, string message)
    {
        Assert.Contains(message, Assert.Throws<FormatException>(() => SchemaJson.Parse(json)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Data_that_fits_leaves_the_schema_as_it_is()
    {
        StructType table = new(new StructField("id", PrimitiveType.Long), new StructField("amount", new DecimalType(12, 2)), new StructField("note", PrimitiveType.String));
        StructType data = new(new StructField("AMOUNT", new DecimalType(10, 2)), new StructField("id", PrimitiveType.Integer));

        Assert.Same(table, SchemaEvolution.Merge("t", table, data, SchemaChanges.None));
    }

    [Fact]
    public void New_columns_come_last_and_may_be_null_nested_ones_too()
    {
        StructType table = new(new StructField("id", PrimitiveType.Long), new StructField("address", new StructType(new StructField("city", PrimitiveType.String))));
        StructType data = new(
            new StructField("new", new StructType(new StructField("x", PrimitiveType.Long, nullable: false)), nullable: false),
            new StructField("id", PrimitiveType.Long),
            new StructField("address", new StructType(new StructField("zip", PrimitiveType.String, nullable: false), new StructField("City", PrimitiveType.String))));

        StructType merged = SchemaEvolution.Merge("t", table, data, All);

        Assert.Equal("struct<id:long,address:struct<city:string,zip:string>,new:struct<x:long>>", merged.ToString());
        Assert.False(merged.AnyField(field => !field.Nullable));
    }

    [Theory]
    [InlineData("byte", "short", true)]
    [InlineData("short", "integer", true)]
    [InlineData("integer", "long", true)]
    [InlineData("byte", "long", true)]
    [InlineData("integer", "double", true)]
    [InlineData("long", "double", false)]
    [InlineData("float", "double", true)]
    [InlineData("double", "float", false)]
    [InlineData("long", "integer", false)]
    [InlineData("date", "timestamp_ntz", true)]
    [InlineData("date", "timestamp", false)]
    [InlineData("string", "binary", false)]
    [InlineData("long", "string", false)]
    [InlineData("integer", "decimal(10,0)", true)]
    [InlineData("integer", "decimal(11,2)", false)]
    [InlineData("integer", "decimal(12,2)", true)]
    [InlineData("long", "decimal(19,0)", false)]
    [InlineData("long", "decimal(20,0)", true)]
    [InlineData("decimal(10,2)", "decimal(12,2)", true)]
    [InlineData("decimal(10,2)", "decimal(12,4)", true)]
    [InlineData("decimal(10,2)", "decimal(12,5)", false)]
    [InlineData("decimal(10,2)", "decimal(10,1)", false)]
    [InlineData("void", "string", true)]
    public void Types_widen_as_the_protocol_allows(string from, string to, bool allowed)
    {
        Assert.Equal(allowed, SchemaEvolution.CanWiden(TypeOf(from), TypeOf(to)));
    }

    [Fact]
    public void A_widened_column_keeps_what_it_was()
    {
        StructType table = new(new StructField("n", PrimitiveType.Short));

        StructType integer = SchemaEvolution.Merge("t", table, new StructType(new StructField("n", PrimitiveType.Integer)), All);
        StructType @long = SchemaEvolution.Merge("t", integer, new StructType(new StructField("n", PrimitiveType.Long)), All);

        Assert.Equal(PrimitiveType.Long, @long.Fields[0].Type);
        Assert.Equal(
            """[{"fromType":"short","toType":"integer"},{"fromType":"integer","toType":"long"}]""",
            @long.Fields[0].Metadata[SchemaEvolution.TypeChangesKey].GetRawText());
    }

    [Fact]
    public void A_widened_element_is_recorded_at_the_nearest_field_with_its_path()
    {
        StructType table = new(new StructField("e", new ArrayType(new MapType(PrimitiveType.String, new DecimalType(6, 2)))));
        StructType data = new(new StructField("e", new ArrayType(new MapType(PrimitiveType.String, new DecimalType(10, 4)))));

        StructType merged = SchemaEvolution.Merge("t", table, data, All);

        Assert.Equal(
            """[{"fromType":"decimal(6,2)","toType":"decimal(10,4)","fieldPath":"element.value"}]""",
            merged.Fields[0].Metadata[SchemaEvolution.TypeChangesKey].GetRawText());
    }

    [Fact]
    public void A_mismatch_names_the_column_and_both_types()
    {
        StructType table = new(new StructField("a", new StructType(new StructField("b", PrimitiveType.Long))));
        StructType text = new(new StructField("a", new StructType(new StructField("b", PrimitiveType.String))));
        StructType extra = new(new StructField("a", table.Fields[0].Type), new StructField("c", PrimitiveType.Date));

        SchemaMismatchException mismatch = Assert.Throws<SchemaMismatchException>(() => SchemaEvolution.Merge("t", table, text, All));
        Assert.Equal("a.b", mismatch.Column);
        Assert.Contains("long", mismatch.Message, StringComparison.Ordinal);
        Assert.Contains("string", mismatch.Message, StringComparison.Ordinal);
        Assert.Equal("c", Assert.Throws<SchemaMismatchException>(() => SchemaEvolution.Merge("t", table, extra, SchemaChanges.WidenTypes)).Column);

        StructType narrow = new(new StructField("n", PrimitiveType.Integer));
        StructType wide = new(new StructField("n", PrimitiveType.Long));
        Assert.Contains("wider types", Assert.Throws<SchemaMismatchException>(() => SchemaEvolution.Merge("t", narrow, wide, SchemaChanges.AddColumns)).Message, StringComparison.Ordinal);

        StructType strict = new(new StructField("must", PrimitiveType.Long, nullable: false));
        Assert.Equal("must", Assert.Throws<SchemaMismatchException>(() => SchemaEvolution.Merge("t", strict, narrow, All)).Column);
    }

    [Fact]
    public async Task A_widened_table_has_the_feature()
    {
        using TestTable table = new();
        Snapshot snapshot = await table.CreateAsync(new StructType(new StructField("n", PrimitiveType.Short)));
        DeltaTransaction transaction = table.Log.Begin(snapshot);
        transaction.SetMetadata(snapshot.Metadata.WithSchema(SchemaEvolution.Merge("t", snapshot.Schema, new StructType(new StructField("n", PrimitiveType.Integer)), All)));

        await transaction.CommitAsync(TestTable.Info("ALTER TABLE"), TestTable.Token);

        Snapshot loaded = await table.Log.LoadAsync(null, TestTable.Token);
        Assert.Contains("typeWidening", loaded.Protocol.ReaderFeatures);
        Assert.Equal(PrimitiveType.Integer, loaded.Schema.Fields[0].Type);
    }

    [Fact]
    public void A_copy_of_metadata_or_a_file_with_other_text_is_parsed_anew()
    {
        Metadata metadata = Metadata.Create(TestTable.Columns);
        AddFile file = TestTable.File("a", 5);
        Assert.Equal((2, 5L), (metadata.Schema.Fields.Count, file.Statistics.NumRecords));

        Assert.Single((metadata with { SchemaString = """{"type":"struct","fields":[{"name":"x","type":"long","nullable":true,"metadata":{}}]}""" }).Schema.Fields);
        Assert.Equal(6, (file with { Stats = """{"numRecords":6}""" }).Statistics.NumRecords);
    }

    [Fact]
    public void Statistics_are_read_and_what_is_odd_in_them_is_unknown()
    {
        FileStatistics statistics = FileStatistics.Parse("""{"numRecords":4,"minValues":{"id":1,"name":"a","n":null,"s":{"x":1}},"maxValues":{"id":9},"nullCount":{"id":0,"s":{"x":1}},"tightBounds":false}""");

        Assert.Equal((4L, false, 1L), (statistics.NumRecords, statistics.TightBounds, statistics.MinValues["id"].GetInt64()));
        Assert.Equal(["id", "name", "s"], statistics.MinValues.Keys.Order());
        Assert.Equal(["id"], statistics.NullCount.Keys);
        foreach (string? odd in new[] { null, "", "x", "[]", "{\"numRecords\":-1}", "{\"numRecords\":\"4\",\"minValues\":7}" })
        {
            Assert.Null(FileStatistics.Parse(odd).NumRecords);
            Assert.Empty(FileStatistics.Parse(odd).MinValues);
        }
    }

    private static DeltaType TypeOf(string name) => SchemaJson.Parse($$$"""{"type":"struct","fields":[{"name":"x","type":"{{{name}}}","nullable":true,"metadata":{}}]}""").Fields[0].Type;
}
