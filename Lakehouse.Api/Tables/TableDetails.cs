using Lakehouse.Delta;
using Lakehouse.Engine;
using Lakehouse.Engine.Results;

namespace Lakehouse.Api.Tables;

/// <summary>A table at its latest version.</summary>
/// <param name="Table">Version, files, rows and bytes.</param>
/// <param name="Columns">The columns with their Delta types.</param>
/// <param name="Properties">The table's properties (<c>delta.…</c> and others).</param>
public sealed record TableDetails(TableSummary Table, IReadOnlyList<TableColumn> Columns, IReadOnlyDictionary<string, string> Properties)
{
    public static TableDetails Of(TableName name, Snapshot snapshot) => new(
        TableSummary.Of(name, snapshot),
        [.. snapshot.Schema.Fields.Select(field => new TableColumn(field.Name, field.Type.ToString()!, field.Nullable))],
        snapshot.Configuration);
}

/// <summary>A column of a table.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its Delta type, such as <c>decimal(12,2)</c>.</param>
/// <param name="Nullable">Whether it may hold nulls.</param>
public sealed record TableColumn(string Name, string Type, bool Nullable);
