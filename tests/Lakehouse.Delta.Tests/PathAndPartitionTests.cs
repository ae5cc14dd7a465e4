namespace Lakehouse.Delta.Tests;

public sealed class PathAndPartitionTests
{
    [Theory]
    [InlineData("part-0.parquet", "part-0.parquet")]
    [InlineData("name=a b/part.parquet", "name=a%20b/part.parquet")]
    [InlineData("letter=%2F%2520%25f/x", "letter=%252F%252520%2525f/x")]
    [InlineData("a:b", "a%3Ab")]
    [InlineData("data=😈/é", "data=%F0%9F%98%88/%C3%A9")]
    [InlineData("a#b?c[d]", "a%23b%3Fc%5Bd%5D")]
    public void Paths_are_encoded_for_the_log_and_come_back(string onDisk, string inLog)
    {
        Assert.Equal(inLog, DataPath.Encode(onDisk));
        Assert.Equal(onDisk, DataPath.Decode(inLog));
        Assert.Equal($"t/{onDisk}", DataPath.Resolve("t", inLog).Key);
        Assert.Equal(onDisk, DataPath.Resolve("", inLog).Key);
    }

    [Theory]
    [InlineData("s3://bucket/table/part.parquet")]
    [InlineData("file:/tmp/part.parquet")]
    [InlineData("/tmp/part.parquet")]
    public void Absolute_paths_are_told_as_such(string path)
    {
        Assert.Equal(new DataLocation(null, path), DataPath.Resolve("t", path));
    }

    public static TheoryData<object, string, string> Values() => new()
    {
        { "text", "string", "text" },
        { long.MinValue, "long", "-9223372036854775808" },
        { 7, "integer", "7" },
        { (short)-7, "short", "-7" },
        { (sbyte)5, "byte", "5" },
        { 0.1f, "float", "0.1" },
        { 1e300, "double", "1E+300" },
        { double.PositiveInfinity, "double", "Infinity" },
        { double.NaN, "double", "NaN" },
        { true, "boolean", "true" },
        { false, "boolean", "false" },
        { new DateOnly(1970, 1, 1), "date", "1970-01-01" },
        { new DateTime(1970, 1, 1, 0, 0, 0, DateTimeKind.Utc), "timestamp", "1970-01-01T00:00:00Z" },
        { new DateTime(1970, 1, 1, 0, 0, 0, DateTimeKind.Utc).AddMicroseconds(123456), "timestamp", "1970-01-01T00:00:00.123456Z" },
        { new DateTime(1970, 1, 1).AddMicroseconds(123456), "timestamp_ntz", "1970-01-01 00:00:00.123456" },
        { new byte[] { 1, 2, 3 }, "binary", "\u0001\u0002\u0003" },
    };

    [Theory]
    [MemberData(nameof(Values))]
    public void Partition_values_are_written_as_the_protocol_says_and_come_back(object value, string type, string text)
    {
        PrimitiveType deltaType = PrimitiveType.Find(type)!;

        Assert.Equal(text, PartitionValue.Serialize(value, deltaType));
        Assert.Equal(value, PartitionValue.Parse(text, deltaType));
    }

    [Fact]
    public void Decimals_keep_their_scale()
    {
        DecimalType type = new(12, 2);

        Assert.Equal("10.50", PartitionValue.Serialize(10.5m, type));
        Assert.Equal(10.50m, PartitionValue.Parse("10.50", type));
        Assert.Equal("12345678901234567890123456789012345.678", PartitionValue.Parse("12345678901234567890123456789012345.678", new DecimalType(38, 3)));
    }

    [Fact]
    public void Timestamps_of_older_writers_are_read()
    {
        Assert.Equal(new DateTime(2024, 5, 6, 7, 8, 9, DateTimeKind.Utc), PartitionValue.Parse("2024-05-06 07:08:09", PrimitiveType.Timestamp));
        Assert.Equal(new DateTime(2024, 5, 6, 7, 8, 9, DateTimeKind.Utc).AddMilliseconds(5), PartitionValue.Parse("2024-05-06 07:08:09.005", PrimitiveType.Timestamp));
    }

    [Fact]
    public void Null_and_the_empty_text_are_the_same_null()
    {
        Assert.Null(PartitionValue.Serialize(null, PrimitiveType.String));
        Assert.Null(PartitionValue.Serialize("", PrimitiveType.String));
        Assert.Null(PartitionValue.Parse("", PrimitiveType.Long));
        Assert.Null(PartitionValue.Parse(null, PrimitiveType.Long));
    }

    [Theory]
    [InlineData("x", "long")]
    [InlineData("300", "byte")]
    [InlineData("2024-13-01", "date")]
    [InlineData("yes", "boolean")]
    [InlineData("x", "decimal")]
    public void Texts_that_are_no_value_are_refused(string text, string type)
    {
        DeltaType deltaType = PrimitiveType.Find(type) ?? (DeltaType)new DecimalType(10, 2);

        Assert.Contains(text, Assert.Throws<FormatException>(() => PartitionValue.Parse(text, deltaType)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Values_of_another_type_are_refused()
    {
        Assert.Throws<ArgumentException>(() => PartitionValue.Serialize("1", PrimitiveType.Long));
        Assert.Throws<ArgumentException>(() => PartitionValue.Serialize(200, PrimitiveType.Byte));
        Assert.Throws<ArgumentException>(() => PartitionValue.Serialize(new byte[] { 0xFF }, PrimitiveType.Binary));
    }

    [Theory]
    [InlineData("d", "2024-01-02", "d=2024-01-02")]
    [InlineData("d", null, "d=__HIVE_DEFAULT_PARTITION__")]
    [InlineData("letter", "/%20%f", "letter=%2F%2520%25f")]
    [InlineData("a=b", "c:d{e]", "a%3Db=c%3Ad%7Be%5D")]
    public void Partition_folders_are_escaped_as_hive_does(string column, string? value, string folder)
    {
        Assert.Equal(folder, PartitionValue.Folder(column, value));
    }

    [Fact]
    public async Task An_add_meets_its_remove_whoever_encoded_the_path()
    {
        using TestTable table = new();
        Snapshot snapshot = await table.CreateAsync();
        await table.AppendAsync(snapshot, "name=a%20b/x.parquet");
        table.WriteFile($"_delta_log/{2:D20}.json", "{\"remove\":{\"path\":\"name=a b/x.parquet\",\"dataChange\":true}}\n");

        Assert.Empty((await table.Log.LoadAsync(null, TestTable.Token)).Files);
    }
}
