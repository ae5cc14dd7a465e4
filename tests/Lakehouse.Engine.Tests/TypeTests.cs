using Lakehouse.Delta;
using Lakehouse.DuckDb;

namespace Lakehouse.Engine.Tests;

public sealed class TypeTests
{
    public static TheoryData<string, string, string> Values => new()
    {
        { "true", "BOOLEAN", "boolean" },
        { "(-7)::TINYINT", "TINYINT", "byte" },
        { "7::SMALLINT", "SMALLINT", "short" },
        { "7::INTEGER", "INTEGER", "integer" },
        { "7::BIGINT", "BIGINT", "long" },
        { "200::UTINYINT", "SMALLINT", "short" },
        { "60000::USMALLINT", "INTEGER", "integer" },
        { "4000000000::UINTEGER", "BIGINT", "long" },
        { "18000000000000000000::UBIGINT", "DECIMAL(20,0)", "decimal(20,0)" },
        { "12345678901234567890123456789::HUGEINT", "DECIMAL(38,0)", "decimal(38,0)" },
        { "1.5::FLOAT", "FLOAT", "float" },
        { "'nan'::DOUBLE", "DOUBLE", "double" },
        { "-1.50::DECIMAL(12,2)", "DECIMAL(12,2)", "decimal(12,2)" },
        { "'ünïcode'", "VARCHAR", "string" },
        { "'\\x00\\xFF'::BLOB", "BLOB", "binary" },
        { "DATE '1600-02-29'", "DATE", "date" },
        { "TIMESTAMP '2026-01-02 03:04:05.678901'", "TIMESTAMP", "timestamp_ntz" },
        { "TIMESTAMPTZ '1960-01-02 03:04:05.678901+02'", "TIMESTAMP WITH TIME ZONE", "timestamp" },
        { "TIME '01:02:03'", "VARCHAR", "string" },
        { "INTERVAL 3 MONTH", "VARCHAR", "string" },
        { "'6f9619ff-8b86-d011-b42d-00c04fc964ff'::UUID", "VARCHAR", "string" },
        { "'b'::ENUM('a', 'b')", "VARCHAR", "string" },
        { "[1, NULL, 3]", "INTEGER[]", "array<integer>" },
        { "{'a': 1, 'b': {'c': ['x', NULL]}}", "STRUCT(a INTEGER, b STRUCT(c VARCHAR[]))", "struct<a:integer,b:struct<c:array<string>>>" },
        { "MAP {'k': 1.5::DECIMAL(3,1)}", "MAP(VARCHAR, DECIMAL(3,1))", "map<string,decimal(3,1)>" },
        { "[{'at': TIMESTAMPTZ '2026-01-02 03:04:05+00'}]", "STRUCT(\"at\" TIMESTAMP WITH TIME ZONE)[]", "array<struct<at:timestamp>>" },
    };

    [Theory]
    [MemberData(nameof(Values))]
    public async Task A_value_comes_back_as_it_went_in(string expression, string duckDbType, string deltaType)
    {
        await using var lake = new TestLake();
        var result = await lake.Table("t.v").AppendAsync(lake.Connection, $"SELECT 1 AS id, {expression} AS v UNION ALL SELECT 2, NULL");

        Assert.Equal(deltaType, result.Snapshot.Schema.Find("v")!.Type.ToString());
        await lake.Session.BindAsync("FROM t.v");
        Assert.Equal(duckDbType, (await lake.RowsAsync("SELECT column_type FROM (DESCRIBE SELECT v FROM t.v)"))[0].Replace("\"at\"", duckDbType.Contains("\"at\"", StringComparison.Ordinal) ? "\"at\"" : "at", StringComparison.Ordinal));
        Assert.Equal(["true|true"], await lake.RowsAsync($"SELECT (SELECT v FROM t.v WHERE id = 1)::VARCHAR = ({expression})::{duckDbType}::VARCHAR, (SELECT v FROM t.v WHERE id = 2) IS NULL"));
    }

    [Fact]
    public void A_union_has_no_place_and_says_what_to_do()
    {
        var exception = Assert.Throws<UnsupportedTypeException>(() => DeltaTypes.SchemaOf([new DuckDbColumn("u", DuckDbType.Union([new DuckDbField("a", DuckDbType.Integer)]))], "t.v"));
        Assert.Contains("'u'", exception.Message, StringComparison.Ordinal);
        Assert.Contains("VARCHAR", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_table_without_columns_is_refused() =>
        Assert.Throws<SchemaNotAcceptedException>(() => DeltaTypes.SchemaOf([], "t.v"));

    [Theory]
    [InlineData("DATE '2026-01-02'", "2026-01-02")]
    [InlineData("TIMESTAMPTZ '2026-01-02 03:04:05.5+00'", "2026-01-02T03:04:05.500000Z")]
    [InlineData("TIMESTAMP '2026-01-02 03:04:05'", "2026-01-02 03:04:05")]
    [InlineData("1.50::DECIMAL(5,2)", "1.50")]
    [InlineData("true", "true")]
    [InlineData("-3", "-3")]
    public async Task A_partition_value_is_kept_as_the_protocol_writes_it(string expression, string text)
    {
        await using var lake = new TestLake();
        var result = await lake.Table("t.p").AppendAsync(lake.Connection, $"SELECT 1 AS id, {expression} AS p UNION ALL SELECT 2, NULL", new WriteOptions { PartitionBy = ["p"] });

        Assert.Equal([text, null], result.Snapshot.Files.Select(file => file.PartitionValues["p"]).OrderBy(value => value is null));
        Assert.Equal(["1"], await lake.RowsAsync($"SELECT id FROM t.p WHERE p = {expression}"));
    }
}
