using Lakehouse.Delta;

namespace Lakehouse.EndToEnd.Tests.Iceberg;

/// <summary>A row as text, in SQL that gives the same in DuckDB and in Trino: instants as microseconds, bytes in hexadecimal, lists and maps
/// by their size and first entry.</summary>
public sealed class IcebergRowText(bool trino)
{
    /// <summary>One expression for the whole row.</summary>
    public string Of(StructType schema) => $"concat_ws('|', {Fields(schema, "")})";

    private static string Cast(string value) => $"CAST({value} AS VARCHAR)";

    private string Fields(StructType type, string before) =>
        string.Join(", ", type.Fields.Where(field => field.Type != PrimitiveType.Void).Select(field => Value($"{before}\"{field.Name}\"", field.Type)));

    private string Value(string value, DeltaType type) => $"coalesce({Text(value, type)}, 'null')";

    private string Text(string value, DeltaType type) => type switch
    {
        StructType nested => $"CASE WHEN {value} IS NULL THEN NULL ELSE concat_ws(',', {Fields(nested, value + ".")}) END",
        ArrayType array => $"({Cast(trino ? $"cardinality({value})" : $"len({value})")} || ':' || {Value(First(value), array.ElementType)})",
        MapType map => $"({Cast($"cardinality({value})")} || ':' || {Value(First($"map_values({value})"), map.ValueType)})",
        _ when type == PrimitiveType.Timestamp || type == PrimitiveType.TimestampNtz => Cast(trino ? $"CAST(round(to_unixtime({value}) * 1000000) AS BIGINT)" : $"epoch_us({value})"),
        _ when type == PrimitiveType.Binary => trino ? $"to_hex({value})" : $"hex({value})",
        _ when type == PrimitiveType.Float || type == PrimitiveType.Double => Cast($"CAST({value} AS DECIMAL(30, 4))"),
        _ => Cast(value),
    };

    private string First(string list) => trino ? $"element_at({list}, 1)" : $"{list}[1]";
}
