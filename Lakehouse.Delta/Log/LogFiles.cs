using System.Globalization;

namespace Lakehouse.Delta;

/// <summary>What a file in <c>_delta_log</c> is.</summary>
internal enum LogFileKind
{
    /// <summary>Nothing this implementation reads: files of others.</summary>
    Other,

    /// <summary><c>%020d.json</c></summary>
    Commit,

    /// <summary><c>%020d.checkpoint.parquet</c></summary>
    ClassicCheckpoint,

    /// <summary><c>%020d.checkpoint.UUID.json</c> or <c>.parquet</c></summary>
    V2Checkpoint,

    /// <summary><c>%020d.checkpoint.%010d.%010d.parquet</c></summary>
    MultiPartCheckpoint,

    /// <summary><c>%020d.%020d.compacted.json</c></summary>
    Compaction,

    /// <summary><c>%020d.crc</c></summary>
    Checksum,
}

/// <summary>A log file's name, taken apart. Part and Parts count from 1 and are 1 for single files; To is a compaction's last version.</summary>
internal readonly record struct LogFileName(LogFileKind Kind, long Version, int Part = 1, int Parts = 1, long To = 0);

/// <summary>The names of files in a table's log (PROTOCOL.md, "File Types").</summary>
public static class LogFiles
{
    private const string Folder = "_delta_log/";

    /// <summary>The key of a commit.</summary>
    public static string Commit(string tablePath, long version) => LogKey(tablePath, Version(version) + ".json");

    /// <summary>The key of a single-part checkpoint.</summary>
    public static string Checkpoint(string tablePath, long version) => LogKey(tablePath, Version(version) + ".checkpoint.parquet");

    /// <summary>The key of the pointer to the last checkpoint.</summary>
    public static string LastCheckpoint(string tablePath) => LogKey(tablePath, "_last_checkpoint");

    /// <summary>The key of something below the table.</summary>
    public static string KeyOf(string tablePath, string relativePath) => tablePath.Length == 0 ? relativePath : $"{tablePath}/{relativePath}";

    /// <summary>The key of a new checkpoint of the v2 spec.</summary>
    internal static string V2Checkpoint(string tablePath, long version, Guid id) => LogKey(tablePath, $"{Version(version)}.checkpoint.{id}.parquet");

    /// <summary>The folder of sidecars, with the slash.</summary>
    internal static string Sidecars(string tablePath) => LogKey(tablePath, "_sidecars/");

    /// <summary>The key of a compaction of the commits of these versions.</summary>
    internal static string Compaction(string tablePath, long from, long to) => LogKey(tablePath, $"{Version(from)}.{Version(to)}.compacted.json");

    /// <summary>The key of a version's checksum.</summary>
    internal static string Checksum(string tablePath, long version) => LogKey(tablePath, Version(version) + ".crc");

    /// <summary>What the keys of all log files begin with.</summary>
    internal static string Prefix(string tablePath) => LogKey(tablePath, "");

    /// <summary>A key that comes before every log file of this version and after those of earlier ones.</summary>
    internal static string Before(string tablePath, long version) => LogKey(tablePath, Version(version));

    internal static LogFileName Parse(ReadOnlySpan<char> name)
    {
        if (name.Length < 21 || name[20] != '.' || !TryParse(name[..20], out long version)) return default;
        ReadOnlySpan<char> rest = name[21..];
        if (rest is "json") return new LogFileName(LogFileKind.Commit, version);
        if (rest is "crc") return new LogFileName(LogFileKind.Checksum, version);
        if (rest is "checkpoint.parquet") return new LogFileName(LogFileKind.ClassicCheckpoint, version);
        if (rest.Length == 35 && rest.EndsWith(".compacted.json", StringComparison.Ordinal))
            return TryParse(rest[..20], out long to) && to > version ? new LogFileName(LogFileKind.Compaction, version, To: to) : default;
        if (!rest.StartsWith("checkpoint.", StringComparison.Ordinal)) return default;
        rest = rest[11..];
        if (rest.Length == 29 && rest[10] == '.' && rest.EndsWith(".parquet", StringComparison.Ordinal)
            && TryParse(rest[..10], out long part) && TryParse(rest[11..21], out long parts) && part >= 1 && part <= parts && parts <= int.MaxValue)
        {
            return new LogFileName(LogFileKind.MultiPartCheckpoint, version, (int)part, (int)parts);
        }

        return rest.EndsWith(".json", StringComparison.Ordinal) || rest.EndsWith(".parquet", StringComparison.Ordinal)
            ? new LogFileName(LogFileKind.V2Checkpoint, version)
            : default;
    }

    private static string LogKey(string tablePath, string name) => KeyOf(tablePath, Folder + name);

    private static string Version(long version) => version.ToString("D20", CultureInfo.InvariantCulture);

    private static bool TryParse(ReadOnlySpan<char> digits, out long value) => long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out value);
}
