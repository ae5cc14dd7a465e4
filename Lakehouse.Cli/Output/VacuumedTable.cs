namespace Lakehouse.Cli.Output;

/// <summary>What a vacuum deleted of one table, or would delete: paths below the table's folder.</summary>
public sealed record VacuumedTable(string Table, long Version, bool DryRun, IReadOnlyList<string> Files, long Bytes);

/// <summary>A table that was made what it was at an earlier version, by a version of its own.</summary>
public sealed record RestoredTable(string Table, long Version, long RestoredVersion);
