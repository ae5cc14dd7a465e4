using System.Text;
using System.Text.Json;
using Lakehouse.Delta;

namespace Lakehouse.Engine.Scan;

/// <summary>Asks a file's statistics whether it may hold wanted rows: of those with a known shape no more than the values that the
/// predicate is about, of others one pass over their JSON. What is not known, or not understood, may match.</summary>
internal sealed class StatisticsFilter : IStatisticsFilter
{
    private readonly StatisticsPredicate _predicate;
    private readonly List<byte[]> _columns = [];

    // Most tables have files of one shape.
    private volatile ShapedFilter? _shaped;

    private StatisticsFilter(FilePredicate predicate, StructType schema, bool mapped)
    {
        var indexes = new Dictionary<string, int>(StringComparer.Ordinal);
        _predicate = new StatisticsPredicate(predicate, test =>
        {
            if (schema.Find(test.Column) is not { } field) return null;
            var name = mapped ? field.PhysicalName : field.Name;
            if (!indexes.TryGetValue(name, out var index))
            {
                indexes[name] = index = _columns.Count;
                _columns.Add(Encoding.UTF8.GetBytes(name));
            }
            return new BoundTest(test, index, field.Type);
        });
    }

    /// <summary>A filter for a predicate that names columns of the schema.</summary>
    /// <param name="predicate">What is wanted.</param>
    /// <param name="schema">The table's columns.</param>
    /// <param name="mapped">Whether statistics name columns by their physical names.</param>
    public static StatisticsFilter Of(FilePredicate predicate, StructType schema, bool mapped) => new(predicate, schema, mapped);

    /// <inheritdoc/>
    public IShapedStatisticsFilter Of(StatisticsShape shape)
    {
        if (_shaped is { } known && known.Shape == shape) return known;
        return _shaped = new ShapedFilter(_predicate, shape, _columns);
    }

    /// <inheritdoc/>
    public bool MayMatch(ReadOnlySpan<byte> json)
    {
        if (json.IsEmpty) return true;
        Span<ColumnBounds> columns = _columns.Count <= 16 ? stackalloc ColumnBounds[_columns.Count] : new ColumnBounds[_columns.Count];
        columns.Fill(ColumnBounds.Unknown);
        long? rows = null;
        try
        {
            var reader = new Utf8JsonReader(json);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return true;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.ValueTextEquals("numRecords"u8)) rows = ReadCount(ref reader);
                else if (reader.ValueTextEquals("minValues"u8)) ReadColumns(ref reader, columns, Part.Min);
                else if (reader.ValueTextEquals("maxValues"u8)) ReadColumns(ref reader, columns, Part.Max);
                else if (reader.ValueTextEquals("nullCount"u8)) ReadColumns(ref reader, columns, Part.Nulls);
                else SkipValue(ref reader);
            }
            // Statistics that end before they should, or go on after, throw here.
            reader.Read();
        }
        catch (JsonException)
        {
            return true;
        }
        return _predicate.MayMatch(new ParsedBounds(json, columns, rows ?? -1));
    }

    private void ReadColumns(ref Utf8JsonReader reader, scoped Span<ColumnBounds> columns, Part part)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return;
        }
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var index = Find(ref reader);
            if (index < 0)
            {
                SkipValue(ref reader);
                continue;
            }
            ref var column = ref columns[index];
            if (part == Part.Nulls)
            {
                if (ReadCount(ref reader) is { } nulls) column.Nulls = nulls;
                continue;
            }
            reader.Read();
            if (reader.TokenType != JsonTokenType.Null) (part == Part.Min ? ref column.Min : ref column.Max) = JsonValue.At(ref reader);
            reader.Skip();
        }
    }

    private int Find(ref Utf8JsonReader reader)
    {
        for (var i = 0; i < _columns.Count; i++)
            if (reader.ValueTextEquals(_columns[i])) return i;
        return -1;
    }

    private static long? ReadCount(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var count)) return count >= 0 ? count : null;
        reader.Skip();
        return null;
    }

    private static void SkipValue(ref Utf8JsonReader reader)
    {
        reader.Read();
        reader.Skip();
    }

    private enum Part { Min, Max, Nulls }
}
