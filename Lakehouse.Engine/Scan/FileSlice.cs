using Lakehouse.Delta;

namespace Lakehouse.Engine.Scan;

/// <summary>A data file to read, and which of its rows (null = all).</summary>
/// <param name="Path">As the log names it.</param>
/// <param name="PartitionValues">By physical column name.</param>
/// <param name="Rows">The rows to show.</param>
/// <param name="Extras">Values of the scan's extra columns for all rows of this file, as SQL literals.</param>
/// <param name="Records">Rows in the file, shown or not; null when the log does not tell.</param>
internal sealed record FileSlice(string Path, IReadOnlyDictionary<string, string?> PartitionValues, RowSelection? Rows, IReadOnlyList<string> Extras, long? Records)
{
    /// <summary>Row tracking: the id of the file's first row.</summary>
    public long? BaseRowId { get; init; }

    /// <summary>Row tracking: the version that added the file.</summary>
    public long? RowVersion { get; init; }

    /// <summary>Rows that the slice shows; null when the log does not tell.</summary>
    public long? RowsShown => Rows is null ? Records : Rows.CountShown(Records);
}

/// <summary>A column that a scan adds to the table's own: the same value for all rows of a file.</summary>
internal sealed record ExtraColumn(string Name, string Type);
