using System.Globalization;

namespace Lakehouse.Delta;

/// <summary>
/// What values table properties take. A value that means nothing is refused as it is set: here it would count as absent, and Spark refuses to
/// read the table from then on.
/// </summary>
public static class PropertyValues
{
    private const string Truth = "true or false";
    private const string Interval = "an interval of fixed length, such as 'interval 7 days'";

    private static readonly Dictionary<string, (string Expected, Func<string, bool> Fits)> Known = new(StringComparer.Ordinal)
    {
        [TableProperties.EnableDeletionVectors] = (Truth, IsTruth),
        [TableProperties.AppendOnly] = (Truth, IsTruth),
        [TableProperties.EnableInCommitTimestamps] = (Truth, IsTruth),
        [TableProperties.EnableChangeDataFeed] = (Truth, IsTruth),
        [TableProperties.EnableTypeWidening] = (Truth, IsTruth),
        [TableProperties.EnableExpiredLogCleanup] = (Truth, IsTruth),
        [TableProperties.EnableRowTracking] = (Truth, IsTruth),
        [TableProperties.AutoCompact] = ("true, false or auto", value => IsTruth(value) || Is(value, "auto")),
        [TableProperties.DeletedFileRetention] = (Interval, IsInterval),
        [TableProperties.LogRetention] = (Interval, IsInterval),
        [TableProperties.DropFeatureRetention] = (Interval, IsInterval),
        [TableProperties.CheckpointInterval] = ("a whole number from 1", value => IsNumber(value, 1)),
        [TableProperties.AutoCompactMinFiles] = ("a whole number from 2", value => IsNumber(value, 2)),
        [TableProperties.AutoCompactMaxFileSize] = ("a number of bytes", value => IsNumber(value, 1)),
        [TableProperties.IndexedColumns] = ("a whole number, or -1 for all columns", value => IsNumber(value, -1)),
        [TableProperties.IsolationLevel] = ("WriteSerializable or Serializable", value => Is(value, ConflictCheck.WriteSerializable) || Is(value, ConflictCheck.Serializable)),
        [TableProperties.CheckpointPolicy] = ("classic or v2", value => Is(value, "classic") || Is(value, "v2")),
        [TableProperties.ColumnMappingMode] = ("none, name or id", value => value is "none" or "name" or "id"),
    };

    /// <summary>Throws where a value is none that its property takes. Properties that are not known take any; null takes one away.</summary>
    /// <param name="table">What the message calls the table.</param>
    /// <param name="properties">What is to be set.</param>
    /// <exception cref="PropertyValueException">A value is none.</exception>
    public static void Check(string table, IEnumerable<KeyValuePair<string, string?>> properties)
    {
        ArgumentNullException.ThrowIfNull(properties);
        foreach ((string property, string? value) in properties)
        {
            if (value is not null && Known.TryGetValue(property, out var known) && !known.Fits(value)) throw new PropertyValueException(table, property, value, known.Expected);
        }
    }

    private static bool Is(string value, string word) => value.Equals(word, StringComparison.OrdinalIgnoreCase);

    private static bool IsTruth(string value) => Is(value, "true") || Is(value, "false");

    private static bool IsInterval(string value) => TableProperties.TryParseInterval(value) is not null;

    private static bool IsNumber(string value, long least) => long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) && number >= least;
}
