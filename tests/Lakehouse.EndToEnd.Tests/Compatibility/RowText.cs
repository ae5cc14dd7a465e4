using Lakehouse.Delta;

namespace Lakehouse.EndToEnd.Tests.Compatibility;

/// <summary>A table's rows as text, in SQL that gives the same in every engine: instants as numbers, bytes in hexadecimal, lists and
/// maps by their size and first entry.</summary>
public abstract class RowText
{
    /// <summary>In DuckDB's SQL.</summary>
    public static RowText DuckDb { get; } = new DuckDbText(microseconds: true);

    /// <summary>In DuckDB's SQL, with instants cut to the milliseconds that Trino's delta connector has.</summary>
    public static RowText DuckDbForTrino { get; } = new DuckDbText(microseconds: false);

    /// <summary>In Spark's SQL.</summary>
    public static RowText Spark { get; } = new SparkText();

    /// <summary>In Trino's SQL, with the milliseconds of its delta connector.</summary>
    public static RowText Trino { get; } = new TrinoText(microseconds: false);

    /// <summary>In Trino's SQL, with the microseconds of its iceberg connector.</summary>
    public static RowText TrinoForIceberg { get; } = new TrinoText(microseconds: true);

    /// <summary>The engine's name for text.</summary>
    protected virtual string TextType => "VARCHAR";

    /// <summary>One expression for the whole row.</summary>
    public string Of(StructType schema) => $"concat_ws('|', {string.Join(", ", Shown(schema).Select(field => Value(Name(field.Name), field.Type)))})";

    /// <summary>A column's or field's name.</summary>
    protected virtual string Name(string name) => $"\"{name}\"";

    /// <summary>How many elements a list has.</summary>
    protected abstract string Length(string list);

    /// <summary>How many entries a map has.</summary>
    protected abstract string Entries(string map);

    /// <summary>A list's first element, null when there is none.</summary>
    protected abstract string First(string list);

    /// <summary>An instant as a number.</summary>
    protected abstract string Instant(string value);

    /// <summary>A time without zone as microseconds.</summary>
    protected abstract string Local(string value);

    /// <summary>Bytes in capital hexadecimal.</summary>
    protected virtual string Hex(string value) => $"hex({value})";

    /// <summary>A variant as JSON.</summary>
    protected virtual string Json(string value) => value;

    private static IEnumerable<StructField> Shown(StructType type) => type.Fields.Where(field => field.Type != PrimitiveType.Void);

    private string Value(string value, DeltaType type) => $"coalesce({Text(value, type)}, 'null')";

    private string Text(string value, DeltaType type) => type switch
    {
        StructType nested => $"CASE WHEN {value} IS NULL THEN NULL ELSE concat_ws(',', {string.Join(", ", Shown(nested).Select(field => Value($"{value}.{Name(field.Name)}", field.Type)))}) END",
        ArrayType array => $"({Cast(Length(value))} || ':' || {Value(First(value), array.ElementType)})",
        MapType map => $"({Cast(Entries(value))} || ':' || {Value(First($"map_values({value})"), map.ValueType)})",
        _ when type == PrimitiveType.Timestamp => Cast(Instant(value)),
        _ when type == PrimitiveType.TimestampNtz => Cast(Local(value)),
        _ when type == PrimitiveType.Binary => Hex(value),
        _ when type == PrimitiveType.Float || type == PrimitiveType.Double => Cast($"CAST({value} AS DECIMAL(30, 4))"),
        _ when type.ToString() == "variant" => Json(value),
        _ => Cast(value),
    };

    private string Cast(string value) => $"CAST({value} AS {TextType})";

    private sealed class DuckDbText(bool microseconds) : RowText
    {
        protected override string Length(string list) => $"len({list})";

        protected override string Entries(string map) => $"cardinality({map})";

        protected override string First(string list) => $"{list}[1]";

        protected override string Instant(string value) => microseconds ? $"epoch_us({value})" : $"floor(epoch_us({value}) / 1000)::BIGINT";

        protected override string Local(string value) => $"epoch_us({value})";
    }

    private sealed class SparkText : RowText
    {
        protected override string TextType => "STRING";

        protected override string Name(string name) => $"`{name}`";

        protected override string Length(string list) => $"size({list})";

        protected override string Entries(string map) => $"size({map})";

        protected override string First(string list) => $"get({list}, 0)";

        protected override string Instant(string value) => $"unix_micros({value})";

        protected override string Local(string value) => $"unix_micros(CAST({value} AS TIMESTAMP))";

        protected override string Json(string value) => $"to_json({value})";
    }

    private sealed class TrinoText(bool microseconds) : RowText
    {
        protected override string Length(string list) => $"cardinality({list})";

        protected override string Entries(string map) => $"cardinality({map})";

        protected override string First(string list) => $"element_at({list}, 1)";

        protected override string Instant(string value) => microseconds ? Local(value) : $"CAST(round(to_unixtime({value}) * 1000) AS BIGINT)";

        protected override string Local(string value) => $"CAST(round(to_unixtime({value}) * 1000000) AS BIGINT)";

        protected override string Hex(string value) => $"to_hex({value})";

        protected override string Json(string value) => $"json_format(CAST({value} AS JSON))";
    }
}
