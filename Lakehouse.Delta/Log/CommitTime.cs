using System.Globalization;
using Lakehouse.Storage;

namespace Lakehouse.Delta;

/// <summary>When a version was committed (PROTOCOL.md, "In-Commit Timestamps").</summary>
internal static class CommitTime
{
    /// <summary>
    /// The in-commit timestamp where the table has them at that version; else the file's time, in milliseconds, and at least a
    /// millisecond after the version before: clocks and coarse file times must not turn history around.
    /// </summary>
    public static DateTimeOffset Of(CommitInfo? info, Metadata metadata, long version, ObjectInfo? file, DateTimeOffset? previous)
    {
        if (info?.InCommitTimestamp is { } time && HasInCommitTimestamp(metadata, version)) return DateTimeOffset.FromUnixTimeMilliseconds(time);
        DateTimeOffset written = file is { } found
            ? Milliseconds(found.LastModified)
            : DateTimeOffset.FromUnixTimeMilliseconds(info?.Timestamp ?? 0);
        return previous is { } earlier && written <= earlier ? earlier.AddMilliseconds(1) : written;
    }

    /// <summary>Whether a version of a table with this metadata carries its own time.</summary>
    public static bool HasInCommitTimestamp(Metadata metadata, long version) =>
        metadata.IsTrue(TableProperties.EnableInCommitTimestamps) && version >= EnablementVersion(metadata);

    /// <summary>The first version with an in-commit timestamp: 0 unless the table says otherwise.</summary>
    public static long EnablementVersion(Metadata metadata) =>
        long.TryParse(metadata.Configuration.GetValueOrDefault(TableProperties.InCommitTimestampEnablementVersion), NumberStyles.None, CultureInfo.InvariantCulture, out long version)
            ? version
            : 0;

    /// <summary>The times of successive commit files, made monotonic.</summary>
    public static IReadOnlyList<DateTimeOffset> OfFiles(IReadOnlyList<CommitFile> commits)
    {
        List<DateTimeOffset> times = new(commits.Count);
        foreach (CommitFile commit in commits)
        {
            DateTimeOffset time = Milliseconds(commit.Info.LastModified);
            times.Add(times.Count > 0 && time <= times[^1] ? times[^1].AddMilliseconds(1) : time);
        }

        return times;
    }

    public static DateTimeOffset Milliseconds(DateTimeOffset time) => DateTimeOffset.FromUnixTimeMilliseconds(time.ToUnixTimeMilliseconds());
}
