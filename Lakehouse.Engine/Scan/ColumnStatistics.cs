using System.Text.Json;
using Lakehouse.Delta;
using Lakehouse.Engine.Sql;

namespace Lakehouse.Engine.Scan;

/// <summary>A top-level column's bounds out of a file's statistics; null where nothing certain is known.</summary>
internal static class ColumnStatistics
{
    public static long? NullCount(FileStatistics statistics, string column) =>
        statistics.NullCount.TryGetValue(column, out var count) ? count : null;

    /// <summary>A value that no row is below.</summary>
    public static SqlConstant? Min(FileStatistics statistics, string column, DeltaType type) =>
        statistics.MinValues.TryGetValue(column, out var value) ? Read(value, type) : null;

    /// <summary>A value that no row is above.</summary>
    public static SqlConstant? Max(FileStatistics statistics, string column, DeltaType type)
    {
        if (!statistics.MaxValues.TryGetValue(column, out var value) || Read(value, type) is not { } max) return null;
        // Writers cut timestamps to milliseconds: the true greatest value may lie up to one above.
        if (type == PrimitiveType.Timestamp || type == PrimitiveType.TimestampNtz) return new SqlConstant.Exact(((SqlConstant.Exact)max).Unscaled + 999);
        // NaN is above every number and may hide in a file whose writer left it out of the greatest value.
        return type == PrimitiveType.Float || type == PrimitiveType.Double ? null : max;
    }

    private static SqlConstant? Read(JsonElement value, DeltaType type) => value.ValueKind switch
    {
        JsonValueKind.String => SqlConstant.Parse(value.GetString()!, type),
        JsonValueKind.Number => SqlConstant.Parse(value.GetRawText(), type),
        JsonValueKind.True or JsonValueKind.False => new SqlConstant.Truth(value.GetBoolean()),
        _ => null,
    };
}
