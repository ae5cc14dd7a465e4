using Lakehouse.Delta;
using Lakehouse.Engine.Scan;
using Lakehouse.Engine.Sql;

namespace Lakehouse.Engine.Merge;

/// <summary>Between which values the keys of a merge's source lie.</summary>
/// <param name="Key">The source's column.</param>
/// <param name="Min">Its least value as DuckDB writes it; null when it has none.</param>
/// <param name="Max">Its greatest.</param>
/// <param name="HasNulls">Whether it is null somewhere.</param>
internal sealed record KeyBounds(string Key, string? Min, string? Max, bool HasNulls)
{
    /// <summary>What files must hold to have rows whose columns equal such keys; null when nothing is excluded.</summary>
    /// <param name="keys">Columns of the table, and the bounds of what they must equal. Null equals null.</param>
    /// <param name="schema">The table's columns.</param>
    public static FilePredicate? Files(IEnumerable<(string Column, KeyBounds Bounds)> keys, StructType schema)
    {
        var parts = new List<FilePredicate>();
        foreach (var (column, bounds) in keys)
        {
            if (bounds.HasNulls || bounds.Min is null || bounds.Max is null || schema.Find(column) is not { } field) continue;
            if (SqlConstant.Parse(Zoneless(bounds.Min), field.Type) is not { } min || SqlConstant.Parse(Zoneless(bounds.Max), field.Type) is not { } max) continue;
            parts.Add(new FilePredicate.Test(field.Name, Comparison.GreaterOrEqual, min));
            parts.Add(new FilePredicate.Test(field.Name, Comparison.LessOrEqual, max));
        }
        return parts.Count == 0 ? null : new FilePredicate.And(parts);
    }

    /// <summary>DuckDB writes instants with <c>+00</c>, the session's zone being UTC.</summary>
    private static string Zoneless(string text) =>
        text.Length >= 22 && text.EndsWith("+00", StringComparison.Ordinal) && SqlConstant.ParseTimestamp(text[..^3]) is not null ? text[..^3] : text;
}
