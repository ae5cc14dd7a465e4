using Lakehouse.Delta;

namespace Lakehouse.Engine.Results;

/// <summary>One table at one version, in a line.</summary>
/// <param name="Name">As <c>schema.table</c>.</param>
/// <param name="Version">The Delta version.</param>
/// <param name="Timestamp">When that version was committed.</param>
/// <param name="Files">Data files of the version.</param>
/// <param name="Rows">Live rows, deleted ones not counted; null when a file's statistics do not tell.</param>
/// <param name="Bytes">Size of the data files.</param>
/// <param name="PartitionColumns">The columns that the table is partitioned by.</param>
public sealed record TableSummary(string Name, long Version, DateTimeOffset Timestamp, int Files, long? Rows, long Bytes, IReadOnlyList<string> PartitionColumns)
{
    /// <summary>What the snapshot knows without opening a data file.</summary>
    public static TableSummary Of(TableName name, Snapshot snapshot)
    {
        long? rows = 0;
        long bytes = 0;
        foreach (AddFile file in snapshot.Files)
        {
            rows += file.LiveRows;
            bytes += file.Size;
        }
        return new TableSummary(name.ToString(), snapshot.Version, snapshot.Timestamp, snapshot.Files.Count, rows, bytes, snapshot.PartitionColumns);
    }
}
