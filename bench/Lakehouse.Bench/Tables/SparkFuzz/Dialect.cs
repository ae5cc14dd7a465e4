using Lakehouse.Delta;
using Lakehouse.Engine;

namespace Lakehouse.Bench.Tables.SparkFuzz;

/// <summary>The SQL of one of the two engines, as far as random statements and the comparison of rows need it.</summary>
internal abstract class Dialect
{
    /// <summary>Spark's SQL.</summary>
    public static Dialect Spark { get; } = new SparkDialect();

    /// <summary>DuckDB's SQL.</summary>
    public static Dialect DuckDb { get; } = new DuckDbDialect();

    /// <summary>A column's or field's name.</summary>
    public abstract string Name(string name);

    /// <summary>A text literal.</summary>
    public abstract string Text(string value);

    /// <summary>Bytes given in hexadecimal.</summary>
    public abstract string Bytes(string hex);

    /// <summary>An instant given in UTC.</summary>
    public abstract string Instant(string value);

    /// <summary>A time without zone.</summary>
    public abstract string Local(string value);

    /// <summary>A struct's value.</summary>
    public abstract string Struct(IEnumerable<(string Name, string Value)> fields);

    /// <summary>A list's value.</summary>
    public abstract string List(IEnumerable<string> values);

    /// <summary>A map's value.</summary>
    public abstract string Map(IReadOnlyList<(string Key, string Value)> entries);

    /// <summary>A type's name.</summary>
    public abstract string TypeOf(DeltaType type);

    /// <summary>One expression for a whole row: the same text in both engines where the values are the same.</summary>
    public string RowText(StructType schema) => $"concat_ws('|', {string.Join(", ", Shown(schema).Select(field => Shown(Name(field.Name), field.Type, 0)))})";

    /// <summary>One expression for a value: the same text in both engines where the values are the same.</summary>
    public string Shown(string value, DeltaType type, int depth) => $"coalesce({NullOrText(value, type, depth)}, 'null')";

    protected abstract string Joined(string list);

    protected abstract string Transformed(string list, string name, string expression);

    protected abstract string Keys(string map);

    protected abstract string ValuesOf(string map);

    protected abstract string Microseconds(string value, bool local);

    protected abstract string Hex(string value);

    protected abstract string Plain(string value);

    private static IEnumerable<StructField> Shown(StructType type) => type.Fields.Where(field => field.Type != PrimitiveType.Void);

    private string NullOrText(string value, DeltaType type, int depth)
    {
        string element = $"e{depth}";
        switch (type)
        {
            case StructType nested:
                return $"CASE WHEN {value} IS NULL THEN NULL ELSE concat('{{', concat_ws(',', {string.Join(", ", Shown(nested).Select(field => Shown($"{value}.{Name(field.Name)}", field.Type, depth)))}), '}}') END";
            case ArrayType array:
                return $"CASE WHEN {value} IS NULL THEN NULL ELSE concat('[', {Joined(Transformed(value, element, Shown(element, array.ElementType, depth + 1)))}, ']') END";
            case MapType map:
                return $"CASE WHEN {value} IS NULL THEN NULL ELSE concat('<', {Joined(Transformed(Keys(value), element, Shown(element, map.KeyType, depth + 1)))}, '=', {Joined(Transformed(ValuesOf(value), element, Shown(element, map.ValueType, depth + 1)))}, '>') END";
        }
        if (type == PrimitiveType.Timestamp || type == PrimitiveType.TimestampNtz) return Plain(Microseconds(value, type == PrimitiveType.TimestampNtz));
        if (type == PrimitiveType.Binary) return Hex(value);
        if (type == PrimitiveType.Float || type == PrimitiveType.Double)
            return $"CASE WHEN isnan({value}) THEN 'NaN' WHEN abs({value}) > 1e20 THEN CASE WHEN {value} > 0 THEN 'big' ELSE '-big' END ELSE {Plain($"CAST(CAST({value} AS DOUBLE) AS DECIMAL(38, 6))")} END";
        // DuckDB writes .5 where there is no room for a digit before the point.
        return type is DecimalType number && number.Precision == number.Scale ? Plain($"CAST({value} AS {TypeOf(new DecimalType(38, number.Scale))})") : Plain(value);
    }

    private sealed class SparkDialect : Dialect
    {
        public override string Name(string name) => $"`{name.Replace("`", "``", StringComparison.Ordinal)}`";

        public override string Text(string value) => $"'{value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal)}'";

        public override string Bytes(string hex) => $"X'{hex}'";

        public override string Instant(string value) => $"timestamp'{value} UTC'";

        public override string Local(string value) => $"timestamp_ntz'{value}'";

        public override string Struct(IEnumerable<(string Name, string Value)> fields) => $"named_struct({string.Join(", ", fields.Select(field => $"{Text(field.Name)}, {field.Value}"))})";

        public override string List(IEnumerable<string> values) => $"array({string.Join(", ", values)})";

        public override string Map(IReadOnlyList<(string Key, string Value)> entries) => $"map({string.Join(", ", entries.Select(entry => $"{entry.Key}, {entry.Value}"))})";

        public override string TypeOf(DeltaType type) => type switch
        {
            StructType nested => $"STRUCT<{string.Join(", ", nested.Fields.Select(field => $"{Name(field.Name)}: {TypeOf(field.Type)}"))}>",
            ArrayType array => $"ARRAY<{TypeOf(array.ElementType)}>",
            MapType map => $"MAP<{TypeOf(map.KeyType)}, {TypeOf(map.ValueType)}>",
            DecimalType => type.ToString().ToUpperInvariant(),
            _ => type.ToString() switch { "long" => "BIGINT", "integer" => "INT", "short" => "SMALLINT", "byte" => "TINYINT", var name => name.ToUpperInvariant() },
        };

        protected override string Joined(string list) => $"array_join({list}, ',')";

        protected override string Transformed(string list, string name, string expression) => $"transform({list}, {name} -> {expression})";

        protected override string Keys(string map) => $"map_keys({map})";

        protected override string ValuesOf(string map) => $"map_values({map})";

        protected override string Microseconds(string value, bool local) => local ? $"unix_micros(CAST({value} AS TIMESTAMP))" : $"unix_micros({value})";

        protected override string Hex(string value) => $"hex({value})";

        protected override string Plain(string value) => $"CAST({value} AS STRING)";
    }

    private sealed class DuckDbDialect : Dialect
    {
        public override string Name(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

        public override string Text(string value) => $"'{value.Replace("'", "''", StringComparison.Ordinal)}'";

        public override string Bytes(string hex) => $"from_hex('{hex}')";

        public override string Instant(string value) => $"TIMESTAMPTZ '{value}+00'";

        public override string Local(string value) => $"TIMESTAMP '{value}'";

        public override string Struct(IEnumerable<(string Name, string Value)> fields) => $"{{{string.Join(", ", fields.Select(field => $"{Text(field.Name)}: {field.Value}"))}}}";

        public override string List(IEnumerable<string> values) => $"[{string.Join(", ", values)}]";

        public override string Map(IReadOnlyList<(string Key, string Value)> entries) => $"MAP {{{string.Join(", ", entries.Select(entry => $"{entry.Key}: {entry.Value}"))}}}";

        public override string TypeOf(DeltaType type) => DeltaTypes.ToDuckDb(type).ToString();

        protected override string Joined(string list) => $"array_to_string({list}, ',')";

        protected override string Transformed(string list, string name, string expression) => $"list_transform({list}, lambda {name}: {expression})";

        protected override string Keys(string map) => $"map_keys({map})";

        protected override string ValuesOf(string map) => $"map_values({map})";

        protected override string Microseconds(string value, bool local) => $"epoch_us({value})";

        protected override string Hex(string value) => $"hex({value})";

        protected override string Plain(string value) => $"CAST({value} AS VARCHAR)";
    }
}
