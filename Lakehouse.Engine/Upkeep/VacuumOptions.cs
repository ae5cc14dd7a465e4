namespace Lakehouse.Engine;

/// <summary>Which files a vacuum deletes.</summary>
public sealed record VacuumOptions
{
    /// <summary>How long a file stays after it left the table: as long can older versions be read. Null = the table's <c>delta.deletedFileRetentionDuration</c>.</summary>
    public TimeSpan? Retention { get; init; }

    /// <summary>Tells what would be deleted, and deletes nothing.</summary>
    public bool DryRun { get; init; }

    /// <summary>Allows a retention shorter than the table's. Readers of older versions, and writers that have not committed yet, may then
    /// lose files that they need.</summary>
    public bool AllowShortRetention { get; init; }
}

/// <summary>What a vacuum did, or would do.</summary>
/// <param name="Files">The files' paths below the table, in order.</param>
/// <param name="Bytes">Their sizes together.</param>
/// <param name="Version">The version that was looked at.</param>
public sealed record VacuumResult(IReadOnlyList<string> Files, long Bytes, long Version);
