using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using Lakehouse.Delta;
using Lakehouse.Engine.Sql;

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

    /// <summary>The value's text: of a string, what stands between its quotes.</summary>
    public ReadOnlySpan<byte> Text(ReadOnlySpan<byte> json) => json.Slice(Start, Length);

    /// <summary>The value as it is compared; null where it is none of the type, or no value at all.</summary>
    public SqlConstant? Read(ReadOnlySpan<byte> json, DeltaType type)
    {
        switch (Kind)
        {
            case JsonTokenType.String:
                try
                {
                    var reader = new Utf8JsonReader(json.Slice(Start - 1, Length + 2));
                    reader.Read();
                    return SqlConstant.Parse(reader.GetString()!, type);
                }
                catch (Exception exception) when (exception is JsonException or InvalidOperationException)
                {
                    // Found by looking for it, and no JSON after all; or half of a pair of surrogates, which is JSON but no text.
                    return null;
                }
            case JsonTokenType.Number when type != PrimitiveType.String:
                return SqlConstant.Parse(Encoding.UTF8.GetString(Text(json)), type);
            case JsonTokenType.True or JsonTokenType.False:
                return new SqlConstant.Truth(Kind == JsonTokenType.True);
            default:
                return null;
        }
    }
}

/// <summary>What statistics say of a column; -1 nulls means that they do not say.</summary>
internal struct ColumnBounds
{
    public static ColumnBounds Unknown => new() { Nulls = -1 };

    public JsonValue Min;
    public JsonValue Max;
    public long Nulls;
}

/// <summary>A test of a column against its statistics. Numbers, dates, instants and plain text are compared as they lie.</summary>
internal sealed class BoundTest
{
    private readonly FilePredicate.Test _test;
    private readonly DeltaType _type;
    private readonly long? _number;
    private readonly byte[]? _text;
    private readonly byte[]? _key;

    /// <summary>A test of a column of a number, a name in statistics and a type.</summary>
    public BoundTest(FilePredicate.Test test, int column, string name, DeltaType type)
    {
        // A name that JSON may spell in several ways is looked for by a parser.
        if (test.Value is not null && !name.AsSpan().ContainsAnyExceptInRange(' ', '~') && !name.AsSpan().ContainsAny('"', '\\')) _key = Encoding.UTF8.GetBytes($"\"{name}\":");
        Column = column;
        _test = test;
        _type = type;
        if (test.Value is SqlConstant.Exact { Scale: 0 } exact && exact.Unscaled >= long.MinValue && exact.Unscaled <= long.MaxValue && type is not DecimalType) _number = (long)exact.Unscaled;
        if (test.Value is SqlConstant.Text text && type == PrimitiveType.String) _text = Encoding.UTF8.GetBytes(text.Value);
    }

    /// <summary>The number of the column among those of the filter.</summary>
    public int Column { get; }

    /// <summary>Whether a file may hold rows that pass.</summary>
    /// <param name="json">Its statistics.</param>
    /// <param name="column">What they say of the column.</param>
    /// <param name="rows">Its rows, where known.</param>
    public bool MayMatch(ReadOnlySpan<byte> json, in ColumnBounds column, long? rows)
    {
        // With a deletion vector null counts are only bounds: none is still none, but all may be all but the deleted.
        if (_test.Comparison == Comparison.IsNull) return column.Nulls != 0;
        if (column.Nulls >= 0 && column.Nulls == rows) return false;
        return _test.Comparison == Comparison.IsNotNull || _test.MayHold(Compare(json, column.Min, isMax: false), Compare(json, column.Max, isMax: true));
    }

    /// <summary>The same of statistics that have no escapes, by looking for the bounds instead of parsing what stands before them: a name
    /// between quotes and before a colon is the name of a property then. Null where that does not tell.</summary>
    public bool? TryMatch(ReadOnlySpan<byte> json)
    {
        if (_key is null) return null;
        int? fromMin = null, fromMax = null;
        if (_test.Comparison is Comparison.Equal or Comparison.Less or Comparison.LessOrEqual)
        {
            if (!TryFind(json, "\"minValues\":{"u8, out var min)) return null;
            fromMin = Compare(json, min, isMax: false);
        }
        if (_test.Comparison is Comparison.Equal or Comparison.Greater or Comparison.GreaterOrEqual)
        {
            if (!TryFind(json, "\"maxValues\":{"u8, out var max)) return null;
            fromMax = Compare(json, max, isMax: true);
        }
        // A column with bounds is not all null: null counts have nothing to add.
        return _test.MayHold(fromMin, fromMax);
    }

    private bool TryFind(ReadOnlySpan<byte> json, ReadOnlySpan<byte> section, out JsonValue value)
    {
        value = default;
        var start = json.IndexOf(section);
        if (start < 0) return false;
        start += section.Length;
        var key = json[start..].IndexOf(_key);
        // A brace before it may begin a nested object or end the section.
        if (key < 0 || json.Slice(start, key).IndexOfAny((byte)'{', (byte)'}') >= 0) return false;
        start += key + _key!.Length;
        if (start >= json.Length) return false;
        var isText = json[start] == '"';
        if (isText) start++;
        else if (json[start] != '-' && !char.IsAsciiDigit((char)json[start])) return false;
        var length = isText ? json[start..].IndexOf((byte)'"') : json[start..].IndexOfAny((byte)',', (byte)'}');
        value = new JsonValue(isText ? JsonTokenType.String : JsonTokenType.Number, start, length);
        return length >= 0;
    }

    /// <summary>The sign of the test's value minus a bound; null where that is not known.</summary>
    private int? Compare(ReadOnlySpan<byte> json, JsonValue bound, bool isMax)
    {
        if (bound.Kind == JsonTokenType.None) return null;
        // NaN is above every number and may hide in a file whose writer left it out of the greatest value.
        if (isMax && (_type == PrimitiveType.Float || _type == PrimitiveType.Double)) return null;
        var text = bound.Text(json);
        if (_text is not null && bound is { Kind: JsonTokenType.String, IsEscaped: false }) return Math.Sign(_text.AsSpan().SequenceCompareTo(text));
        var isInstant = _type == PrimitiveType.Timestamp || _type == PrimitiveType.TimestampNtz;
        // Writers cut timestamps to milliseconds: the true greatest value may lie up to one above.
        var cut = isMax && isInstant ? 999 : 0;
        if (_number is { } number && TryRead(text, bound.Kind, out var known)) return number.CompareTo(known + cut);
        if (bound.Read(json, _type) is not { } value) return null;
        return SqlConstant.Compare(_test.Value!, value is SqlConstant.Exact instant && cut > 0 ? new SqlConstant.Exact(instant.Unscaled + cut) : value);
    }

    /// <summary>A whole number, a date's days or an instant's microseconds in their usual spelling.</summary>
    private bool TryRead(ReadOnlySpan<byte> text, JsonTokenType kind, out long value)
    {
        if (SqlConstant.IsInteger(_type)) return kind == JsonTokenType.Number && Utf8Parser.TryParse(text, out value, out var used) && used == text.Length || Fail(out value);
        if (kind != JsonTokenType.String) return Fail(out value);
        if (_type == PrimitiveType.Date) return text.Length == 10 && TryReadDay(text, out value) || Fail(out value);
        return (_type == PrimitiveType.Timestamp || _type == PrimitiveType.TimestampNtz) && TryReadInstant(text, out value) || Fail(out value);
    }

    /// <summary><c>yyyy-MM-ddTHH:mm:ss.fff</c>, with or without <c>Z</c>.</summary>
    private static bool TryReadInstant(ReadOnlySpan<byte> text, out long micros)
    {
        if (text.Length is not (23 or 24) || text[10] != 'T' || text[13] != ':' || text[16] != ':' || text[19] != '.' || (text.Length == 24 && text[23] != 'Z')) return Fail(out micros);
        if (!TryReadDay(text[..10], out var day) || !TryReadDigits(text.Slice(11, 2), out var hour) || !TryReadDigits(text.Slice(14, 2), out var minute)
            || !TryReadDigits(text.Slice(17, 2), out var second) || !TryReadDigits(text.Slice(20, 3), out var milli) || hour > 23 || minute > 59 || second > 59) return Fail(out micros);
        micros = ((((day * 24 + hour) * 60 + minute) * 60 + second) * 1000 + milli) * 1000;
        return true;
    }

    private static bool TryReadDay(ReadOnlySpan<byte> text, out long day)
    {
        if (text[4] != '-' || text[7] != '-' || !TryReadDigits(text[..4], out var year) || !TryReadDigits(text.Slice(5, 2), out var month) || !TryReadDigits(text.Slice(8, 2), out var date)
            || year == 0 || month is 0 or > 12 || date == 0 || date > DateTime.DaysInMonth(year, month)) return Fail(out day);
        day = new DateOnly(year, month, date).DayNumber - new DateOnly(1970, 1, 1).DayNumber;
        return true;
    }

    private static bool TryReadDigits(ReadOnlySpan<byte> text, out int number)
    {
        number = 0;
        foreach (var digit in text)
        {
            if (!char.IsAsciiDigit((char)digit)) return false;
            number = number * 10 + digit - '0';
        }
        return true;
    }

    private static bool Fail(out long value)
    {
        value = 0;
        return false;
    }
}
