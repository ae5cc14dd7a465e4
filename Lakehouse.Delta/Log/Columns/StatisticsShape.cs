using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Lakehouse.Delta;

/// <summary>
/// What the statistics of many files have in common: their JSON without its values. Whoever wrote a table's files repeats names,
/// quotes and braces with each of them; here they are kept once, and each file keeps its values alone. Between the shape and the
/// values not a byte of the JSON is lost. Immutable.
/// </summary>
public sealed class StatisticsShape
{
    /// <summary>Values that are longer are not taken apart: their length has one byte.</summary>
    private const int LongestValue = 255;

    /// <summary>What ends a text or makes it one that must be decoded.</summary>
    private static readonly SearchValues<byte> TextEnds = SearchValues.Create([.. Enumerable.Range(0, 0x20).Select(code => (byte)code), (byte)'"', (byte)'\\']);

    // What stands before each value and after the last, one after the other.
    private readonly byte[] _parts;
    private readonly int[] _partEnds;
    private readonly bool[] _areTexts;

    private StatisticsShape(byte[] parts, int[] partEnds, bool[] areTexts)
    {
        _parts = parts;
        _partEnds = partEnds;
        _areTexts = areTexts;
    }

    /// <summary>How many values there are: numbers, texts, truths and nulls at any depth, in the order in which they stand.</summary>
    public int ValueCount => _areTexts.Length;

    /// <summary>Whether a value is a text, and stands between quotes.</summary>
    public bool IsText(int value) => _areTexts[value];

    /// <summary>JSON of this shape, with an empty text for each text and 0 for each other value.</summary>
    public byte[] ToExample()
    {
        byte[] example = new byte[_parts.Length + _areTexts.Count(isText => !isText)];
        int at = 0;
        for (int i = 0; i <= ValueCount; i++)
        {
            ReadOnlySpan<byte> part = Part(i);
            part.CopyTo(example.AsSpan(at));
            at += part.Length;
            if (i < ValueCount && !_areTexts[i]) example[at++] = (byte)'0';
        }

        return example;
    }

    /// <summary>The shape of statistics; null of what is no object of JSON, or has texts with escapes.</summary>
    internal static StatisticsShape? Of(ReadOnlySpan<byte> json)
    {
        GrowingBytes parts = new();
        List<int> ends = [];
        List<bool> areTexts = [];
        int start = 0;
        try
        {
            Utf8JsonReader reader = new(json);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return null;
            while (reader.Read())
            {
                bool isText = reader.TokenType == JsonTokenType.String;
                if (!isText && reader.TokenType is not (JsonTokenType.Number or JsonTokenType.True or JsonTokenType.False or JsonTokenType.Null)) continue;
                if (isText && reader.ValueIsEscaped) return null;
                int value = (int)reader.TokenStartIndex + (isText ? 1 : 0);
                parts.Add(json[start..value]);
                ends.Add(parts.Length);
                areTexts.Add(isText);
                start = value + reader.ValueSpan.Length;
            }
        }
        catch (JsonException)
        {
            return null;
        }

        parts.Add(json[start..]);
        ends.Add(parts.Length);
        return new StatisticsShape(parts.Take(), [.. ends], [.. areTexts]);
    }

    /// <summary>Writes the values of statistics: the length of each, then all of them.</summary>
    /// <param name="json">The statistics.</param>
    /// <param name="to">Has room for <see cref="ValueCount"/> bytes and as many as the JSON has.</param>
    /// <returns>Bytes written; -1 where they have another shape.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal int TryWrite(ReadOnlySpan<byte> json, Span<byte> to)
    {
        int written = ValueCount;
        for (int i = 0; i < _areTexts.Length; i++)
        {
            ReadOnlySpan<byte> part = Part(i);
            if (!json.StartsWith(part)) return -1;
            json = json[part.Length..];
            int length = _areTexts[i] ? json.IndexOfAny(TextEnds) : PlainLength(json);
            if ((uint)length > LongestValue) return -1;
            to[i] = (byte)length;
            json[..length].CopyTo(to[written..]);
            written += length;
            json = json[length..];
        }

        return json.SequenceEqual(Part(_areTexts.Length)) ? written : -1;
    }

    /// <summary>Bytes of the JSON that these values are of.</summary>
    internal int LengthOf(ReadOnlySpan<byte> values) => _parts.Length + values.Length - ValueCount;

    /// <summary>Puts the JSON together again.</summary>
    internal void Read(ReadOnlySpan<byte> values, Span<byte> to)
    {
        int next = ValueCount;
        for (int i = 0; i <= ValueCount; i++)
        {
            ReadOnlySpan<byte> part = Part(i);
            part.CopyTo(to);
            to = to[part.Length..];
            if (i == ValueCount) return;
            values.Slice(next, values[i]).CopyTo(to);
            to = to[values[i]..];
            next += values[i];
        }
    }

    private ReadOnlySpan<byte> Part(int i)
    {
        int start = i == 0 ? 0 : _partEnds[i - 1];
        return _parts.AsSpan(start, _partEnds[i] - start);
    }

    /// <summary>The bytes of the number, truth or null that a text begins with; -1 where it begins with none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int PlainLength(ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty) return -1;
        switch (text[0])
        {
            case (byte)'t': return text.StartsWith("true"u8) ? 4 : -1;
            case (byte)'f': return text.StartsWith("false"u8) ? 5 : -1;
            case (byte)'n': return text.StartsWith("null"u8) ? 4 : -1;
        }

        int at = text[0] == '-' ? 1 : 0;
        int whole = Digits(text[at..]);
        if (whole == 0 || (whole > 1 && text[at] == '0')) return -1;
        at += whole;
        if (at < text.Length && text[at] == '.')
        {
            int fraction = Digits(text[(at + 1)..]);
            if (fraction == 0) return -1;
            at += 1 + fraction;
        }

        if (at >= text.Length || text[at] is not ((byte)'e' or (byte)'E')) return at;
        at++;
        if (at < text.Length && text[at] is (byte)'+' or (byte)'-') at++;
        int exponent = Digits(text[at..]);
        return exponent == 0 ? -1 : at + exponent;
    }

    private static int Digits(ReadOnlySpan<byte> text)
    {
        int count = 0;
        while (count < text.Length && (uint)(text[count] - '0') <= 9) count++;
        return count;
    }
}
