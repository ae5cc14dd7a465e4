using Lakehouse.Engine;

namespace Lakehouse.Api.Tables;

/// <summary>A table that a query reads.</summary>
/// <param name="View">The name that the SQL to run has for it.</param>
/// <param name="Table">The table.</param>
/// <param name="Version">The version.</param>
public sealed record TableRead(TableName View, TableName Table, long Version)
{
    /// <summary>How answers name it: <c>schema.table</c>, with <c>@v3</c> where the SQL itself says the version.</summary>
    public string Shown => View == Table ? Table.ToString() : $"{Table}@v{Version}";
}
