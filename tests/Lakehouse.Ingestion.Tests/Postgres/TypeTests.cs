using Lakehouse.Testing;

namespace Lakehouse.Ingestion.Tests.Postgres;

public sealed class TypeTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    /// <summary>PostgreSQL type, SQL value, bronze's type, the value as text (lists as JSON but for decimals, bytes in hex), what <c>_raw</c> keeps.</summary>
    private static readonly (string Type, string Value, string Bronze, string? Text, string? Raw)[] Cases =
    [
        ("boolean", "true", "BOOLEAN", "true", null),
        ("smallint", "-32768", "SMALLINT", "-32768", null),
        ("integer", "2147483647", "INTEGER", "2147483647", null),
        ("bigint", "-9223372036854775808", "BIGINT", "-9223372036854775808", null),
        ("oid", "4294967295", "BIGINT", "4294967295", null),
        ("real", "1.5", "FLOAT", "1.5", null),
        ("real", "'NaN'", "FLOAT", "nan", null),
        ("double precision", "0.1", "DOUBLE", "0.1", null),
        ("double precision", "'-Infinity'", "DOUBLE", "-inf", null),
        ("double precision", "1e300", "DOUBLE", "1e+300", null),
        ("numeric(4,2)", "-12.34", "DECIMAL(4,2)", "-12.34", null),
        ("numeric(9,3)", "123456.789", "DECIMAL(9,3)", "123456.789", null),
        ("numeric(18,0)", "123456789012345678", "DECIMAL(18,0)", "123456789012345678", null),
        ("numeric(38,10)", "-1234567890123456789012345678.0123456789", "DECIMAL(38,10)", "-1234567890123456789012345678.0123456789", null),
        ("numeric(12,2)", "'NaN'", "DECIMAL(12,2)", null, "NaN"),
        ("numeric(5,-2)", "12345", "DECIMAL(7,0)", "12300", null),
        ("numeric(3,5)", "0.00123", "DECIMAL(5,5)", ".00123", null),
        ("numeric", "0.00000000000000000000000000000000000000000000000001", "VARCHAR", "0.00000000000000000000000000000000000000000000000001", null),
        ("numeric", "'Infinity'", "VARCHAR", "Infinity", null),
        ("numeric(50,2)", "1", "VARCHAR", "1.00", null),
        ("text", "E'tab\\t newline\\n back\\\\slash \u00fc\U0001f642'", "VARCHAR", "tab\t newline\n back\\slash \u00fc\U0001f642", null),
        ("text", "''", "VARCHAR", "", null),
        ("text", "'\\N'", "VARCHAR", "\\N", null),
        ("varchar(10)", "'abc'", "VARCHAR", "abc", null),
        ("char(5)", "'ab'", "VARCHAR", "ab   ", null),
        ("name", "'n'", "VARCHAR", "n", null),
        ("bytea", "'\\x00ff10'", "BLOB", "00FF10", null),
        ("bytea", "''", "BLOB", "", null),
        ("date", "'2024-02-29'", "DATE", "2024-02-29", null),
        ("date", "'infinity'", "DATE", "9999-12-31", "infinity"),
        ("date", "'0044-03-15 BC'", "DATE", "0001-01-01", "0044-03-15 BC"),
        ("date", "'20000-01-01'", "DATE", "9999-12-31", "20000-01-01"),
        ("timestamp", "'1969-12-31 23:59:59.999999'", "TIMESTAMP", "1969-12-31 23:59:59.999999", null),
        ("timestamp", "'-infinity'", "TIMESTAMP", "0001-01-01 00:00:00", "-infinity"),
        ("timestamptz", "'2024-02-29 12:34:56.7+05:30'", "TIMESTAMP WITH TIME ZONE", "2024-02-29 07:04:56.7+00", null),
        ("timestamptz", "'infinity'", "TIMESTAMP WITH TIME ZONE", "9999-12-31 23:59:59.999999+00", "infinity"),
        ("time", "'12:34:56.7'", "VARCHAR", "12:34:56.7", null),
        ("timetz", "'12:34:56+02'", "VARCHAR", "12:34:56+02", null),
        ("interval", "'1 year 2 days 03:04:05.6'", "VARCHAR", "P1Y2DT3H4M5.6S", null),
        ("uuid", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'", "VARCHAR", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", null),
        ("json", "'{\"a\":  1}'", "VARCHAR", "{\"a\":  1}", null),
        ("jsonb", "'{\"a\":  1}'", "VARCHAR", "{\"a\": 1}", null),
        ("inet", "'10.0.0.1/8'", "VARCHAR", "10.0.0.1/8", null),
        ("macaddr", "'08:00:2b:01:02:03'", "VARCHAR", "08:00:2b:01:02:03", null),
        ("bit(3)", "B'101'", "VARCHAR", "101", null),
        ("point", "'(1,2)'", "VARCHAR", "(1,2)", null),
        ("int4range", "'[1,5)'", "VARCHAR", "[1,5)", null),
        ("tsvector", "'a b'", "VARCHAR", "'a' 'b'", null),
        ("mood", "'happy'", "VARCHAR", "happy", null),
        ("price", "12.5", "DECIMAL(6,2)", "12.50", null),
        ("pair", "ROW(1, 'x y')", "VARCHAR", "(1,\"x y\")", null),
        ("integer[]", "'{1,NULL,3}'", "INTEGER[]", "[1,null,3]", null),
        ("integer[]", "'{}'", "INTEGER[]", "[]", null),
        ("integer[]", "'{{1,2},{3,4}}'", "INTEGER[]", "[1,2,3,4]", "{{1,2},{3,4}}"),
        ("integer[]", "'[0:1]={5,6}'", "INTEGER[]", "[5,6]", "[0:1]={5,6}"),
        ("text[]", "ARRAY['a b', 'c\"d\\e', NULL, 'NULL', '', '{x,y}']", "VARCHAR[]", "[\"a b\",\"c\\\"d\\\\e\",null,\"NULL\",\"\",\"{x,y}\"]", null),
        ("boolean[]", "'{t,f}'", "BOOLEAN[]", "[true,false]", null),
        ("numeric(6,2)[]", "'{1.5,-2}'", "DECIMAL(6,2)[]", "[1.50, -2.00]", null),
        ("date[]", "'{2024-01-01,infinity}'", "DATE[]", "[\"2024-01-01\",\"9999-12-31\"]", "{2024-01-01,infinity}"),
        ("timestamptz[]", "'{\"2024-01-01 00:00:00+00\"}'", "TIMESTAMP WITH TIME ZONE[]", "[\"2024-01-01 00:00:00+00\"]", null),
        ("mood[]", "'{happy,sad}'", "VARCHAR[]", "[\"happy\",\"sad\"]", null),
        ("price[]", "'{1.25}'", "DECIMAL(6,2)[]", "[1.25]", null),
        ("box[]", "'{(1,1),(0,0);(3,3),(2,2)}'", "VARCHAR[]", "[\"(1,1),(0,0)\",\"(3,3),(2,2)\"]", null),
        ("jsonb[]", "ARRAY['{\"a\": [1, 2]}'::jsonb]", "VARCHAR[]", "[\"{\\\"a\\\": [1, 2]}\"]", null),
    ];

    [Fact]
    public async Task Every_type_arrives_the_same_by_snapshot_and_by_stream()
    {
        await using var ingestion = new Ingestion(await postgres.CreateDatabaseAsync());
        await ingestion.ExecuteAsync("CREATE TYPE mood AS ENUM ('happy', 'sad'); CREATE DOMAIN price AS numeric(6,2); CREATE TYPE pair AS (a int, b text)");
        var columns = string.Join(", ", Cases.Select((c, i) => $"c{i} {c.Type}"));
        var values = string.Join(", ", Cases.Select(c => $"{c.Value}"));
        await ingestion.ExecuteAsync($"CREATE TABLE t (id int PRIMARY KEY, {columns}); INSERT INTO t VALUES (1, {values}); INSERT INTO t VALUES (2)");
        await ingestion.CatchUpAsync();
        await ingestion.ExecuteAsync($"INSERT INTO t VALUES (3, {values}); INSERT INTO t VALUES (4)");
        await ingestion.CatchUpAsync();

        var wrong = new List<string>();
        for (var i = 0; i < Cases.Length; i++)
        {
            var (type, value, bronze, text, raw) = Cases[i];
            var shown = bronze.StartsWith("DECIMAL", StringComparison.Ordinal) ? $"c{i}::VARCHAR" : bronze.EndsWith("[]", StringComparison.Ordinal) ? $"to_json(c{i})::VARCHAR" : bronze == "BLOB" ? $"hex(c{i})" : $"c{i}::VARCHAR";
            var rows = await ingestion.QueryAsync($"SELECT id, typeof(c{i}), {shown}, _raw['c{i}'] FROM bronze.public_t ORDER BY id");
            string[] expected = [$"1|{bronze}|{text ?? "∅"}|{raw ?? "∅"}", $"2|{bronze}|∅|∅", $"3|{bronze}|{text ?? "∅"}|{raw ?? "∅"}", $"4|{bronze}|∅|∅"];
            if (!rows.SequenceEqual(expected)) wrong.Add($"{type} {value}: {string.Join("  ", rows)} instead of {string.Join("  ", expected)}");
        }
        Assert.Empty(wrong);
    }

    [Fact]
    public async Task Odd_names_are_kept_apart_and_those_of_bronze_stay_free()
    {
        await using var ingestion = new Ingestion(await postgres.CreateDatabaseAsync());
        await ingestion.ExecuteAsync("CREATE TABLE \"Order Lines\" (\"Id\" int PRIMARY KEY, id int, _op text, \"a b\" int); INSERT INTO \"Order Lines\" VALUES (1, 2, 'mine', 3)");
        await ingestion.CatchUpAsync();

        Assert.Equal(["1|2|mine|3|r"], await ingestion.QueryAsync("SELECT \"Id\", id_, _op_, a_b, _op FROM bronze.public_Order_Lines"));
    }
}
