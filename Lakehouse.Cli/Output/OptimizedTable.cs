namespace Lakehouse.Cli.Output;

/// <summary>What compaction did to one table: the files and bytes that were rewritten, not those that were in order.</summary>
public sealed record OptimizedTable(string Table, long Version, int FilesRemoved, int FilesAdded, long BytesRemoved, long BytesAdded, long RowsPurged);
