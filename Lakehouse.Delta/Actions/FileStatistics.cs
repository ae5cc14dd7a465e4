using System.Collections.ObjectModel;
using System.Text.Json;

namespace Lakehouse.Delta;

/// <summary>
/// What a data file's statistics say (PROTOCOL.md, "Per-file Statistics"). Keys are the physical names of top-level columns;
/// statistics of nested columns are objects below them. Whatever is absent is unknown.
/// </summary>
public sealed class FileStatistics
{
    /// <summary>Nothing is known.</summary>
    public static readonly FileStatistics None = new();

    private FileStatistics()
    {
    }

    /// <summary>Rows in the data file, deleted ones included.</summary>
    public long? NumRecords { get; private init; }

    /// <summary>Whether the least and greatest values are those of live rows, rather than bounds that deleted rows may have set.</summary>
    public bool TightBounds { get; private init; } = true;

    /// <summary>A value that no live row is below. Strings may be cut off; timestamps are cut to milliseconds.</summary>
    public IReadOnlyDictionary<string, JsonElement> MinValues { get; private init; } = ReadOnlyDictionary<string, JsonElement>.Empty;

    /// <summary>
    /// A value that no live row is above, where the writer kept to the protocol: timestamps are cut to milliseconds, so the true
    /// greatest value may lie up to a millisecond above.
    /// </summary>
    public IReadOnlyDictionary<string, JsonElement> MaxValues { get; private init; } = ReadOnlyDictionary<string, JsonElement>.Empty;

    /// <summary>
    /// Nulls in a column. When <see cref="TightBounds"/> is false only 0 and <see cref="NumRecords"/> mean something.
    /// </summary>
    public IReadOnlyDictionary<string, long> NullCount { get; private init; } = ReadOnlyDictionary<string, long>.Empty;

    /// <summary>Reads statistics. Text that is absent or malformed gives <see cref="None"/>: statistics only ever save work.</summary>
    public static FileStatistics Parse(string? json)
    {
        if (string.IsNullOrEmpty(json)) return None;
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            JsonElement root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object) return None;
            return new FileStatistics
            {
                NumRecords = root.TryGetProperty("numRecords", out JsonElement rows) && rows.ValueKind == JsonValueKind.Number && rows.TryGetInt64(out long count) && count >= 0 ? count : null,
                TightBounds = !(root.TryGetProperty("tightBounds", out JsonElement tight) && tight.ValueKind == JsonValueKind.False),
                MinValues = ReadValues(root, "minValues"),
                MaxValues = ReadValues(root, "maxValues"),
                NullCount = ReadCounts(root),
            };
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return None;
        }
    }

    private static IReadOnlyDictionary<string, JsonElement> ReadValues(JsonElement root, string name)
    {
        if (!root.TryGetProperty(name, out JsonElement values) || values.ValueKind != JsonValueKind.Object) return ReadOnlyDictionary<string, JsonElement>.Empty;
        Dictionary<string, JsonElement> result = new(StringComparer.Ordinal);
        foreach (JsonProperty property in values.Clone().EnumerateObject())
        {
            if (property.Value.ValueKind != JsonValueKind.Null) result[property.Name] = property.Value;
        }

        return result;
    }

    private static IReadOnlyDictionary<string, long> ReadCounts(JsonElement root)
    {
        if (!root.TryGetProperty("nullCount", out JsonElement counts) || counts.ValueKind != JsonValueKind.Object) return ReadOnlyDictionary<string, long>.Empty;
        Dictionary<string, long> result = new(StringComparer.Ordinal);
        foreach (JsonProperty property in counts.EnumerateObject())
        {
            if (property.Value.ValueKind == JsonValueKind.Number && property.Value.TryGetInt64(out long count)) result[property.Name] = count;
        }

        return result;
    }
}
