using System.Globalization;
using System.Text.Json;
using Lakehouse.Delta;

namespace Lakehouse.Engine.Sql;

/// <summary>Reads a constant of DuckDB's syntax tree as a value of the column that it is compared with.</summary>
/// <remarks>Null wherever DuckDB would compare otherwise than by the column's own order, or where the outcome hangs on a setting:
/// an instant compared with a timestamp without zone depends on the session's time zone.</remarks>
internal static class SqlConstantReader
{
    public static SqlConstant? Read(JsonElement expression, DeltaType column)
    {
        var kind = Text(expression, "class");
        if (kind == "CONSTANT") return ReadLiteral(expression, column);
        if (kind != "CAST" || !expression.TryGetProperty("child", out var child) || Text(child, "class") != "CONSTANT") return null;
        if (!expression.TryGetProperty("cast_type", out var castType) || Type(child) != "VARCHAR" || Value(child).ValueKind != JsonValueKind.String) return null;
        var text = Value(child).GetString()!;
        return Text(castType, "id") switch
        {
            "DATE" when column == PrimitiveType.Date => SqlConstant.Parse(text, column),
            "DATE" when column == PrimitiveType.TimestampNtz => SqlConstant.ParseDate(text) is { } day ? new SqlConstant.Exact(day * 86_400_000_000L) : null,
            "TIMESTAMP" when column == PrimitiveType.TimestampNtz => FromTimestampText(text),
            "TIMESTAMP WITH TIME ZONE" when column == PrimitiveType.Timestamp => FromInstantText(text),
            "VARCHAR" when column == PrimitiveType.String => new SqlConstant.Text(text),
            _ => null,
        };
    }

    private static SqlConstant? ReadLiteral(JsonElement expression, DeltaType column)
    {
        var value = Value(expression);
        switch (Type(expression))
        {
            case "TINYINT" or "SMALLINT" or "INTEGER" or "BIGINT" when value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var whole):
                return IsNumeric(column) ? new SqlConstant.Exact(whole) : null;
            case "DECIMAL" when value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var unscaled) && Scale(expression) is { } scale:
                return IsNumeric(column) ? new SqlConstant.Exact(unscaled, scale) : null;
            case "DOUBLE" when value.ValueKind == JsonValueKind.Number && column == PrimitiveType.Double:
                return double.IsFinite(value.GetDouble()) ? new SqlConstant.Floating(value.GetDouble()) : null;
            case "BOOLEAN" when column == PrimitiveType.Boolean && value.ValueKind is JsonValueKind.True or JsonValueKind.False:
                return new SqlConstant.Truth(value.GetBoolean());
            case "VARCHAR" when value.ValueKind == JsonValueKind.String:
                return FromText(value.GetString()!, column);
            default:
                return null;
        }
    }

    /// <summary>A bare string takes the type of what it is compared with.</summary>
    private static SqlConstant? FromText(string text, DeltaType column)
    {
        if (column == PrimitiveType.String) return new SqlConstant.Text(text);
        if (column == PrimitiveType.Date) return SqlConstant.Parse(text, column);
        if (column == PrimitiveType.TimestampNtz) return FromTimestampText(text);
        if (column == PrimitiveType.Timestamp) return FromInstantText(text);
        return SqlConstant.IsInteger(column) && long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? new SqlConstant.Exact(number) : null;
    }

    private static SqlConstant.Exact? FromTimestampText(string text)
    {
        if (SqlConstant.ParseDate(text) is { } day) return new SqlConstant.Exact(day * 86_400_000_000L);
        return HasZone(text) || SqlConstant.ParseTimestamp(text) is not { } micros ? null : new SqlConstant.Exact(micros);
    }

    private static SqlConstant.Exact? FromInstantText(string text) =>
        HasZone(text) && SqlConstant.ParseTimestamp(text) is { } micros ? new SqlConstant.Exact(micros) : null;

    private static bool HasZone(string text) => text.EndsWith('Z') || (text.Length > 19 && text.AsSpan(19).IndexOfAny('+', '-') >= 0);

    private static bool IsNumeric(DeltaType column) =>
        column is DecimalType || SqlConstant.IsInteger(column) || column == PrimitiveType.Double; // not FLOAT: its rounding would have to be matched

    private static JsonElement Value(JsonElement constant) =>
        constant.TryGetProperty("value", out var outer) && outer.ValueKind == JsonValueKind.Object && outer.TryGetProperty("value", out var value) ? value : default;

    private static string? Type(JsonElement constant) =>
        constant.TryGetProperty("value", out var outer) && outer.ValueKind == JsonValueKind.Object && outer.TryGetProperty("type", out var type) ? Text(type, "id") : null;

    private static int? Scale(JsonElement constant) =>
        constant.GetProperty("value").GetProperty("type").TryGetProperty("type_info", out var info) && info.TryGetProperty("scale", out var scale) ? scale.GetInt32() : null;

    private static string? Text(JsonElement element, string property) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(property, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
