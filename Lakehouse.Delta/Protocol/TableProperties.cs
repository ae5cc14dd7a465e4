using System.Globalization;

namespace Lakehouse.Delta;

/// <summary>The table properties that this implementation heeds, and how their values read.</summary>
public static class TableProperties
{
    /// <summary>Whether writers may delete rows by deletion vectors.</summary>
    public const string EnableDeletionVectors = "delta.enableDeletionVectors";

    /// <summary>Whether rows may only be added.</summary>
    public const string AppendOnly = "delta.appendOnly";

    /// <summary>Commits between checkpoints.</summary>
    public const string CheckpointInterval = "delta.checkpointInterval";

    /// <summary>How long a tombstone is kept, as an interval.</summary>
    public const string DeletedFileRetention = "delta.deletedFileRetentionDuration";

    /// <summary>How columns find their data: none, id, name.</summary>
    public const string ColumnMappingMode = "delta.columnMapping.mode";

    /// <summary>Whether commits carry their own time.</summary>
    public const string EnableInCommitTimestamps = "delta.enableInCommitTimestamps";

    /// <summary>The version that enabled in-commit timestamps, where earlier ones lack them.</summary>
    public const string InCommitTimestampEnablementVersion = "delta.inCommitTimestampEnablementVersion";

    /// <summary>The in-commit timestamp of that version.</summary>
    public const string InCommitTimestampEnablementTimestamp = "delta.inCommitTimestampEnablementTimestamp";

    /// <summary>Whether writers record what changed.</summary>
    public const string EnableChangeDataFeed = "delta.enableChangeDataFeed";

    /// <summary>What concurrent commits may not do to each other: Serializable or WriteSerializable.</summary>
    public const string IsolationLevel = "delta.isolationLevel";

    /// <summary>Whether columns may be widened with the feature <c>typeWidening</c>.</summary>
    public const string EnableTypeWidening = "delta.enableTypeWidening";

    /// <summary>How long commits are kept, as an interval.</summary>
    public const string LogRetention = "delta.logRetentionDuration";

    /// <summary>Whether commits that are older are deleted with checkpoints.</summary>
    public const string EnableExpiredLogCleanup = "delta.enableExpiredLogCleanup";

    /// <summary>The version before which the log goes at once or stays, with the feature <c>checkpointProtection</c>.</summary>
    public const string RequireCheckpointProtectionBeforeVersion = "delta.requireCheckpointProtectionBeforeVersion";

    /// <summary>How old history must be before dropping a feature may delete it, as an interval.</summary>
    public const string DropFeatureRetention = "delta.dropFeatureTruncateHistory.retentionDuration";

    /// <summary>Which spec checkpoints follow: classic, or v2 with the feature <c>v2Checkpoint</c>.</summary>
    public const string CheckpointPolicy = "delta.checkpointPolicy";

    /// <summary>How many leaf columns of new files get statistics, from the first on; -1 = all.</summary>
    public const string IndexedColumns = "delta.dataSkippingNumIndexedCols";

    /// <summary>Whether small files are compacted after commits: true or auto.</summary>
    public const string AutoCompact = "delta.autoOptimize.autoCompact";

    /// <summary>How many small files of one partition bring an automatic compaction about. Spark's setting of a session; a table may have it too.</summary>
    public const string AutoCompactMinFiles = "spark.databricks.delta.autoCompact.minNumFiles";

    /// <summary>The size in bytes that automatic compaction makes files of. Spark's setting of a session; a table may have it too.</summary>
    public const string AutoCompactMaxFileSize = "spark.databricks.delta.autoCompact.maxFileSize";

    /// <summary>Whether rows keep ids for life, with the feature <c>rowTracking</c>.</summary>
    public const string EnableRowTracking = "delta.enableRowTracking";

    /// <summary>The column of data files that holds the ids of copied rows.</summary>
    public const string MaterializedRowIdColumn = "delta.rowTracking.materializedRowIdColumnName";

    /// <summary>The column of data files that holds the versions of copied rows.</summary>
    public const string MaterializedRowCommitVersionColumn = "delta.rowTracking.materializedRowCommitVersionColumnName";

    /// <summary>Begins the names of CHECK constraints.</summary>
    public const string ConstraintPrefix = "delta.constraints.";

    /// <summary>Formats besides Delta that the table is to be readable in, separated by commas: <c>iceberg</c> is known.</summary>
    public const string UniversalFormats = "delta.universalFormat.enabledFormats";

    /// <summary>The table's folder as Iceberg clients know it, where that is another address than ours.</summary>
    public const string IcebergLocation = "lakehouse.iceberg.location";

    private static readonly TimeSpan DefaultDropFeatureRetention = TimeSpan.FromDays(1);
    private const double LongestIntervalDays = 500_000;

    private static readonly TimeSpan DefaultDeletedFileRetention = TimeSpan.FromDays(7);
    private static readonly TimeSpan DefaultLogRetention = TimeSpan.FromDays(30);

    /// <summary>Whether a property says <c>true</c>.</summary>
    public static bool IsTrue(this Metadata metadata, string property) =>
        string.Equals(metadata.Configuration.GetValueOrDefault(property), "true", StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether the table is to be readable as an Iceberg table.</summary>
    public static bool AsksForIceberg(this Metadata metadata) =>
        metadata.Configuration.TryGetValue(UniversalFormats, out string? formats) && formats.Split(',').Any(format => format.Trim().Equals("iceberg", StringComparison.OrdinalIgnoreCase));

    /// <summary>Commits between checkpoints: 10 unless the table says otherwise.</summary>
    public static long CheckpointIntervalOf(this Metadata metadata) =>
        long.TryParse(metadata.Configuration.GetValueOrDefault(CheckpointInterval), NumberStyles.None, CultureInfo.InvariantCulture, out long interval) && interval > 0
            ? interval
            : 10;

    /// <summary>Whether small files are compacted after commits.</summary>
    public static bool HasAutoCompact(this Metadata metadata) =>
        metadata.IsTrue(AutoCompact) || string.Equals(metadata.Configuration.GetValueOrDefault(AutoCompact), "auto", StringComparison.OrdinalIgnoreCase);

    /// <summary>How many small files of one partition bring an automatic compaction about; null where the table does not say.</summary>
    public static int? AutoCompactMinFilesOf(this Metadata metadata) =>
        int.TryParse(metadata.Configuration.GetValueOrDefault(AutoCompactMinFiles), NumberStyles.None, CultureInfo.InvariantCulture, out int files) && files > 1 ? files : null;

    /// <summary>The size in bytes that automatic compaction makes files of; null where the table does not say.</summary>
    public static long? AutoCompactMaxFileSizeOf(this Metadata metadata) =>
        long.TryParse(metadata.Configuration.GetValueOrDefault(AutoCompactMaxFileSize), NumberStyles.None, CultureInfo.InvariantCulture, out long bytes) && bytes > 0 ? bytes : null;

    /// <summary>How long commits are kept: 30 days unless the table says otherwise.</summary>
    public static TimeSpan LogRetentionOf(this Metadata metadata) =>
        TryParseInterval(metadata.Configuration.GetValueOrDefault(LogRetention)) ?? DefaultLogRetention;

    /// <summary>How old history must be before dropping a feature may delete it: a day unless the table says otherwise.</summary>
    public static TimeSpan DropFeatureRetentionOf(this Metadata metadata) =>
        TryParseInterval(metadata.Configuration.GetValueOrDefault(DropFeatureRetention)) ?? DefaultDropFeatureRetention;

    /// <summary>The version before which the log goes at once or stays; 0 where nothing is protected.</summary>
    public static long ProtectedBeforeVersionOf(this Metadata metadata) =>
        long.TryParse(metadata.Configuration.GetValueOrDefault(RequireCheckpointProtectionBeforeVersion), NumberStyles.None, CultureInfo.InvariantCulture, out long version) ? version : 0;

    /// <summary>Whether checkpoints are to follow the v2 spec.</summary>
    public static bool HasV2CheckpointPolicy(this Metadata metadata) =>
        string.Equals(metadata.Configuration.GetValueOrDefault(CheckpointPolicy), "v2", StringComparison.OrdinalIgnoreCase);

    /// <summary>How long tombstones are kept: a week unless the table says otherwise.</summary>
    public static TimeSpan DeletedFileRetentionOf(this Metadata metadata) =>
        TryParseInterval(metadata.Configuration.GetValueOrDefault(DeletedFileRetention)) ?? DefaultDeletedFileRetention;

    /// <summary>Reads Spark's calendar intervals of fixed length: <c>interval 1 week 2 days</c>. Null when the text is none.</summary>
    internal static TimeSpan? TryParseInterval(string? text)
    {
        if (text is null) return null;
        string[] words = text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        int first = words.Length > 0 && string.Equals(words[0], "interval", StringComparison.OrdinalIgnoreCase) ? 1 : 0;
        if (words.Length == first || (words.Length - first) % 2 != 0) return null;
        double days = 0;
        for (int i = first; i < words.Length; i += 2)
        {
            if (!double.TryParse(words[i], NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double count)) return null;
            TimeSpan? unit = words[i + 1].ToLowerInvariant().TrimEnd('s') switch
            {
                "week" => TimeSpan.FromDays(7),
                "day" => TimeSpan.FromDays(1),
                "hour" => TimeSpan.FromHours(1),
                "minute" => TimeSpan.FromMinutes(1),
                "second" => TimeSpan.FromSeconds(1),
                "millisecond" => TimeSpan.FromMilliseconds(1),
                _ => null,
            };
            if (unit is null) return null;
            days += unit.Value.TotalDays * count;
        }

        // What is longer than any table is old means for ever, and must still leave a date when it is taken from today's.
        return days is >= 0 and <= double.MaxValue ? TimeSpan.FromDays(Math.Min(days, LongestIntervalDays)) : null;
    }
}
