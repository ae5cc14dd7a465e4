using System.Text.Json;

namespace Lakehouse.Engine.Scan;

/// <summary>Where a value lies in statistics; a kind of <see cref="JsonTokenType.None"/> means that there is none.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Start">Where its text begins; of a string, after the quote.</param>
/// <param name="Length">The bytes of its text.</param>
/// <param name="IsEscaped">Whether the text holds escapes.</param>
internal readonly record struct JsonValue(JsonTokenType Kind, int Start, int Length, bool IsEscaped = false)
{
    /// <summary>The value that a reader is at.</summary>
    public static JsonValue At(ref Utf8JsonReader reader) =>
        new(reader.TokenType, (int)reader.TokenStartIndex + (reader.TokenType == JsonTokenType.String ? 1 : 0), reader.ValueSpan.Length, reader.ValueIsEscaped);

    /// <summary>The value in the statistics that it is of.</summary>
    public Bound In(ReadOnlySpan<byte> json) => Kind == JsonTokenType.None ? default : new Bound(Kind, json.Slice(Start, Length), IsEscaped);
}

/// <summary>What statistics say of a column; -1 nulls means that they do not say.</summary>
internal struct ColumnBounds
{
    public static ColumnBounds Unknown => new() { Nulls = -1 };

    public JsonValue Min;
    public JsonValue Max;
    public long Nulls;
}

/// <summary>What statistics in JSON say, after they were parsed.</summary>
/// <param name="json">The statistics.</param>
/// <param name="columns">Where they say it of each column.</param>
/// <param name="rows">The file's rows; -1 where they do not say.</param>
internal readonly ref struct ParsedBounds(ReadOnlySpan<byte> json, ReadOnlySpan<ColumnBounds> columns, long rows) : IColumnBounds
{
    private readonly ReadOnlySpan<byte> _json = json;
    private readonly ReadOnlySpan<ColumnBounds> _columns = columns;

    public long Rows { get; } = rows;

    public Bound Min(int column) => _columns[column].Min.In(_json);

    public Bound Max(int column) => _columns[column].Max.In(_json);

    public long Nulls(int column) => _columns[column].Nulls;
}
