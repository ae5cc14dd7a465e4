namespace Lakehouse.Cli.Output;

/// <summary>What Iceberg clients see of a table.</summary>
public sealed record IcebergTable(string Table, long Version, long SnapshotId, string MetadataLocation, int Snapshots);
