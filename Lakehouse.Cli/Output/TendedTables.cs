namespace Lakehouse.Cli.Output;

/// <summary>A table that was outside its bounds: how it was found, what it needed, and what was done about it.</summary>
public sealed record TendedTableEntry(
    string Table, long Version, int Files, int SmallFiles, long Rows, long DeletedRows, long CommitsSinceCheckpoint, IReadOnlyList<string> Due,
    int FilesRemoved, int FilesAdded, long RowsPurged, long? Checkpoint, string? Failure);
