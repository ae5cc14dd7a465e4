using Lakehouse.Delta;
using Lakehouse.Engine;
using Lakehouse.Engine.Results;

namespace Lakehouse.Catalog.Tables;

/// <summary>A table as the catalog knows it.</summary>
/// <param name="Name">As <c>schema.table</c>.</param>
/// <param name="TableId">The Delta log's id of the table: made anew, it has another.</param>
/// <param name="Version">The newest known Delta version.</param>
/// <param name="CommittedAt">When that version was committed.</param>
/// <param name="Columns">The columns with their Delta types.</param>
/// <param name="PartitionColumns">The columns that the table is partitioned by.</param>
/// <param name="Properties">The table's properties.</param>
/// <param name="Files">Data files.</param>
/// <param name="Rows">Live rows; null where a file's statistics do not tell.</param>
/// <param name="Bytes">Size of the data files.</param>
/// <param name="Location">The table's folder below the lake.</param>
internal sealed record TableEntry(
    string Name, string TableId, long Version, DateTimeOffset CommittedAt, IReadOnlyList<TableColumn> Columns, IReadOnlyList<string> PartitionColumns,
    IReadOnlyDictionary<string, string> Properties, long Files, long? Rows, long Bytes, string Location)
{
    /// <summary>What a snapshot says.</summary>
    public static TableEntry Of(TableName name, Snapshot snapshot)
    {
        TableSummary summary = TableSummary.Of(name, snapshot);
        return new TableEntry(
            name.ToString().ToLowerInvariant(), snapshot.Metadata.Id, snapshot.Version, snapshot.Timestamp,
            [.. snapshot.Schema.Fields.Select(field => new TableColumn(field.Name, field.Type.ToString()!, field.Nullable))],
            [.. snapshot.PartitionColumns], snapshot.Configuration, summary.Files, summary.Rows, summary.Bytes, name.Path);
    }
}

/// <summary>A column.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its Delta type, such as <c>decimal(12,2)</c>.</param>
/// <param name="Nullable">Whether it may hold nulls.</param>
internal sealed record TableColumn(string Name, string Type, bool Nullable);

/// <summary>A writer's word that a table has a new version.</summary>
/// <param name="Table">As <c>schema.table</c>.</param>
/// <param name="Version">The version that it committed.</param>
internal sealed record TableAnnouncement(string Table, long Version);
