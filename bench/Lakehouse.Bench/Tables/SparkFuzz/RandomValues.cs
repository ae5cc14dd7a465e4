using System.Globalization;
using Lakehouse.Delta;

namespace Lakehouse.Bench.Tables.SparkFuzz;

/// <summary>A value as both engines write it.</summary>
internal sealed record Literal(string Spark, string DuckDb)
{
    public string In(Dialect dialect) => dialect == Dialect.Spark ? Spark : DuckDb;
}

/// <summary>Random types and values, the edges of their ranges among them.</summary>
internal sealed class RandomValues(Random random)
{
    private static readonly string[] Texts =
    [
        "", "a", "b", "ab", "ä", "ü:\"x'y", "a b/c=d%25&e", "__HIVE_DEFAULT_PARTITION__", "null", " lead", "trail ", "C:\\x", "Z", "~", "\U0001F600",
        "more than thirty-two characters of text, so that it is cut", "thirty-one characters and one: \U0001F600\U0001F600 tail", "\uFFFD\uFFFD", "{a}", "x#y?z", "2026-01-01", "\uFF5E wide",
    ];

    private static readonly string[] Dates = ["0001-01-01", "1582-10-04", "1582-10-15", "1899-12-31", "1969-12-31", "1970-01-01", "2026-02-28", "2024-02-29", "9999-12-31"];

    private static readonly string[] Times = ["00:00:00", "23:59:59.999999", "12:34:56.123456", "03:04:05", "10:00:00.5", "00:00:00.000001", "07:08:09.999"];

    private static readonly DeltaType[] Primitives =
    [
        PrimitiveType.Byte, PrimitiveType.Short, PrimitiveType.Integer, PrimitiveType.Long, PrimitiveType.Float, PrimitiveType.Double, PrimitiveType.String, PrimitiveType.String,
        PrimitiveType.Binary, PrimitiveType.Boolean, PrimitiveType.Date, PrimitiveType.Timestamp, PrimitiveType.TimestampNtz, new DecimalType(5, 2), new DecimalType(18, 0), new DecimalType(38, 10), new DecimalType(9, 9),
    ];

    /// <summary>A type, nested at most <paramref name="depth"/> times.</summary>
    public DeltaType Type(int depth = 2, bool canPartition = false)
    {
        if (depth > 0 && !canPartition && random.Next(4) == 0)
        {
            return random.Next(5) switch
            {
                0 => new ArrayType(Type(depth - 1)),
                1 => new MapType(random.Next(2) == 0 ? PrimitiveType.String : PrimitiveType.Integer, Type(depth - 1)),
                _ => new StructType(Enumerable.Range(0, random.Next(1, 4)).Select(i => new StructField($"f{i}", Type(depth - 1)))),
            };
        }
        DeltaType type = Primitives[random.Next(Primitives.Length)];
        return canPartition && type == PrimitiveType.Binary ? PrimitiveType.Date : type;
    }

    /// <summary>A type that holds all values of another; null where none does.</summary>
    public DeltaType? Wider(DeltaType type)
    {
        DeltaType[] wider = type switch
        {
            DecimalType d when d.Precision < 34 => [new DecimalType(d.Precision + random.Next(1, 4), d.Scale), new DecimalType(d.Precision + 3, d.Scale + 1)],
            _ when type == PrimitiveType.Byte => [PrimitiveType.Short, PrimitiveType.Integer, PrimitiveType.Long, PrimitiveType.Double, new DecimalType(12, 2)],
            _ when type == PrimitiveType.Short => [PrimitiveType.Integer, PrimitiveType.Long, PrimitiveType.Double, new DecimalType(12, 2)],
            _ when type == PrimitiveType.Integer => [PrimitiveType.Long, PrimitiveType.Double, new DecimalType(12, 2)],
            _ when type == PrimitiveType.Long => [new DecimalType(22, 2)],
            _ when type == PrimitiveType.Float => [PrimitiveType.Double],
            _ when type == PrimitiveType.Date => [PrimitiveType.TimestampNtz],
            _ => [],
        };
        return wider.Length == 0 ? null : wider[random.Next(wider.Length)];
    }

    /// <summary>A value of a type, or null.</summary>
    public Literal Value(DeltaType type, int nullsOf = 5) => type == PrimitiveType.Void || random.Next(nullsOf) == 0 ? Cast("NULL", "NULL", type) : NotNull(type);

    /// <summary>A value of a type.</summary>
    public Literal NotNull(DeltaType type)
    {
        switch (type)
        {
            case StructType nested:
                List<(string Name, Literal Value)> fields = [.. nested.Fields.Select(field => (field.Name, field.Nullable ? Value(field.Type) : NotNull(field.Type)))];
                return Cast(Dialect.Spark.Struct(fields.Select(field => (field.Name, field.Value.Spark))), Dialect.DuckDb.Struct(fields.Select(field => (field.Name, field.Value.DuckDb))), type);
            case ArrayType array:
                List<Literal> values = [.. Enumerable.Range(0, random.Next(4)).Select(_ => Value(array.ElementType))];
                return Cast(Dialect.Spark.List(values.Select(value => value.Spark)), Dialect.DuckDb.List(values.Select(value => value.DuckDb)), type);
            case MapType map:
                List<(Literal Key, Literal Value)> entries = [.. Enumerable.Range(0, random.Next(3)).Select(i => (map.KeyType == PrimitiveType.String ? new Literal($"'k{i}'", $"'k{i}'") : new Literal($"{i}", $"{i}"), Value(map.ValueType)))];
                return Cast(Dialect.Spark.Map([.. entries.Select(entry => (entry.Key.Spark, entry.Value.Spark))]), Dialect.DuckDb.Map([.. entries.Select(entry => (entry.Key.DuckDb, entry.Value.DuckDb))]), type);
            case DecimalType number:
                string digits = random.Next(4) switch
                {
                    0 => new string('9', number.Precision),
                    1 => "0",
                    2 => string.Concat(Enumerable.Range(0, number.Precision).Select(i => (char)('1' + (i % 9)))),
                    _ => random.Next(1, 1000).ToString(CultureInfo.InvariantCulture),
                };
                digits = digits.PadLeft(number.Scale + 1, '0');
                string text = (random.Next(2) == 0 ? "-" : "") + digits[..^number.Scale] + (number.Scale > 0 ? "." + digits[^number.Scale..] : "");
                return Cast($"'{text}'", $"'{text}'", type);
        }
        if (type == PrimitiveType.String)
        {
            string text = Texts[random.Next(Texts.Length)];
            return new Literal(Dialect.Spark.Text(text), Dialect.DuckDb.Text(text));
        }
        if (type == PrimitiveType.Binary)
        {
            string hex = random.Next(3) switch { 0 => "", 1 => "00FF", _ => Convert.ToHexString(BitConverter.GetBytes(random.Next())) };
            return new Literal(Dialect.Spark.Bytes(hex), Dialect.DuckDb.Bytes(hex));
        }
        if (type == PrimitiveType.Boolean) return random.Next(2) == 0 ? new Literal("true", "true") : new Literal("false", "false");
        if (type == PrimitiveType.Date)
        {
            string date = Date();
            return new Literal($"date'{date}'", $"DATE '{date}'");
        }
        if (type == PrimitiveType.Timestamp || type == PrimitiveType.TimestampNtz)
        {
            string time = $"{Date()} {Times[random.Next(Times.Length)]}";
            return type == PrimitiveType.Timestamp ? new Literal(Dialect.Spark.Instant(time), Dialect.DuckDb.Instant(time)) : new Literal(Dialect.Spark.Local(time), Dialect.DuckDb.Local(time));
        }
        if (type == PrimitiveType.Float || type == PrimitiveType.Double)
        {
            string number = random.Next(9) switch { 0 => "NaN", 1 => "Infinity", 2 => "-Infinity", 3 => "-0.0", 4 => "0.0", 5 => "0.25", 6 => "-1234.5", _ => random.Next(-50, 50).ToString(CultureInfo.InvariantCulture) };
            return Cast($"'{number}'", $"'{number}'", type);
        }
        (long least, long most) = type.ToString() switch { "byte" => (sbyte.MinValue, (long)sbyte.MaxValue), "short" => (short.MinValue, short.MaxValue), "integer" => (int.MinValue, int.MaxValue), _ => (long.MinValue, long.MaxValue) };
        string value = (random.Next(8) switch { 0 => least, 1 => most, 2 => 0, _ => random.Next(-20, 100) }).ToString(CultureInfo.InvariantCulture);
        return Cast($"'{value}'", $"'{value}'", type);
    }

    private string Date() => random.Next(3) == 0 ? Dates[random.Next(Dates.Length)] : new DateOnly(2026, 1, 1).AddDays(random.Next(6)).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static Literal Cast(string spark, string duckDb, DeltaType type) => type == PrimitiveType.Void ? new Literal("NULL", "NULL") : new Literal($"CAST({spark} AS {Dialect.Spark.TypeOf(type)})", $"CAST({duckDb} AS {Dialect.DuckDb.TypeOf(type)})");
}
