using Lakehouse.Delta;

namespace Lakehouse.EndToEnd.Tests.Compatibility;

/// <summary>A table's rows as text, in SQL that gives the same in Spark and in DuckDB: instants as microseconds, bytes in hexadecimal,
/// lists and maps by their size and first entry.</summary>
public sealed class RowText(bool spark)
{
    /// <summary>One expression for the whole row.</summary>
    public string Of(StructType schema) =>
        $"concat_ws('|', {string.Join(", ", schema.Fields.Where(field => field.Type != PrimitiveType.Void).Select(field => Value(Name(field.Name), field.Type)))})";

    private string Value(string value, DeltaType type) => $"coalesce({Text(value, type)}, 'null')";

    private string Text(string value, DeltaType type) => type switch
    {
        StructType nested => $"CASE WHEN {value} IS NULL THEN NULL ELSE concat_ws(',', {string.Join(", ", nested.Fields.Where(field => field.Type != PrimitiveType.Void).Select(field => Value($"{value}.{Name(field.Name)}", field.Type)))}) END",
        ArrayType array => $"({Cast(spark ? $"size({value})" : $"len({value})")} || ':' || {Value(spark ? $"get({value}, 0)" : $"{value}[1]", array.ElementType)})",
        MapType map => $"({Cast(spark ? $"size({value})" : $"cardinality({value})")} || ':' || {Value(spark ? $"get(map_values({value}), 0)" : $"map_values({value})[1]", map.ValueType)})",
        _ when type == PrimitiveType.Timestamp => Cast(spark ? $"unix_micros({value})" : $"epoch_us({value})"),
        _ when type == PrimitiveType.TimestampNtz => Cast(spark ? $"unix_micros(CAST({value} AS TIMESTAMP))" : $"epoch_us({value})"),
        _ when type == PrimitiveType.Binary => $"hex({value})",
        _ when type == PrimitiveType.Float || type == PrimitiveType.Double => Cast($"CAST({value} AS DECIMAL(30, 4))"),
        _ when type.ToString() == "variant" => spark ? $"to_json({value})" : value,
        _ => Cast(value),
    };

    private static string Cast(string value) => $"CAST({value} AS STRING)";

    private string Name(string name) => spark ? $"`{name}`" : $"\"{name}\"";
}
