using System.Buffers.Text;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Lakehouse.Delta;

namespace Lakehouse.Engine.Scan;

/// <summary>Asks the values of statistics of one shape whether a file may hold wanted rows: which of them tell was found out once.</summary>
internal sealed class ShapedFilter : IShapedStatisticsFilter
{
    private readonly StatisticsPredicate _predicate;
    private readonly ColumnValues[] _columns;
    private readonly int _rows = -1;

    /// <summary>A filter for a predicate about columns of these names.</summary>
    public ShapedFilter(StatisticsPredicate predicate, StatisticsShape shape, IReadOnlyList<byte[]> columns)
    {
        _predicate = predicate;
        Shape = shape;
        _columns = new ColumnValues[columns.Count];
        Array.Fill(_columns, new ColumnValues(-1, -1, -1));
        var value = 0;
        var reader = new Utf8JsonReader(shape.ToExample());
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isRows = reader.ValueTextEquals("numRecords"u8);
            var part = reader.ValueTextEquals("minValues"u8) ? Part.Min : reader.ValueTextEquals("maxValues"u8) ? Part.Max : reader.ValueTextEquals("nullCount"u8) ? Part.Nulls : Part.None;
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject || part == Part.None)
            {
                if (isRows) _rows = reader.TokenType == JsonTokenType.Number ? value : -1;
                value += CountValues(ref reader);
                continue;
            }
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var column = Find(ref reader, columns);
                reader.Read();
                var here = reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray ? -1 : value;
                if (column >= 0) _columns[column] = _columns[column].With(part, here);
                value += CountValues(ref reader);
            }
        }
    }

    /// <summary>Whose values it understands.</summary>
    public StatisticsShape Shape { get; }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool MayMatch(ShapedStatistics statistics) => _predicate.MayMatch(new Bounds(this, statistics));

    /// <summary>The values in what a reader is at, to whose end it goes.</summary>
    private static int CountValues(ref Utf8JsonReader reader)
    {
        if (reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.StartArray)) return 1;
        var (count, depth) = (0, reader.CurrentDepth);
        while (reader.Read() && reader.CurrentDepth > depth)
            if (reader.TokenType is JsonTokenType.String or JsonTokenType.Number) count++;
        return count;
    }

    private static int Find(ref Utf8JsonReader reader, IReadOnlyList<byte[]> columns)
    {
        for (var i = 0; i < columns.Count; i++)
            if (reader.ValueTextEquals(columns[i])) return i;
        return -1;
    }

    private enum Part { None, Min, Max, Nulls }

    /// <summary>Which values tell of a column; -1 where none does.</summary>
    private readonly record struct ColumnValues(int Min, int Max, int Nulls)
    {
        public ColumnValues With(Part part, int value) => part switch
        {
            Part.Min => this with { Min = value },
            Part.Max => this with { Max = value },
            _ => this with { Nulls = value },
        };
    }

    private readonly ref struct Bounds(ShapedFilter filter, ShapedStatistics values) : IColumnBounds
    {
        private readonly ShapedStatistics _values = values;

        public long Rows => Count(filter._rows);

        public Bound Min(int column) => At(filter._columns[column].Min);

        public Bound Max(int column) => At(filter._columns[column].Max);

        public long Nulls(int column) => Count(filter._columns[column].Nulls);

        private Bound At(int value)
        {
            if (value < 0) return default;
            var text = _values[value];
            if (filter.Shape.IsText(value)) return new Bound(JsonTokenType.String, text, isEscaped: false);
            return text[0] switch
            {
                (byte)'n' => default,
                (byte)'t' => new Bound(JsonTokenType.True, text, isEscaped: false),
                (byte)'f' => new Bound(JsonTokenType.False, text, isEscaped: false),
                _ => new Bound(JsonTokenType.Number, text, isEscaped: false),
            };
        }

        private long Count(int value)
        {
            if (value < 0 || filter.Shape.IsText(value)) return -1;
            var text = _values[value];
            return Utf8Parser.TryParse(text, out long count, out var used) && used == text.Length && count >= 0 ? count : -1;
        }
    }
}
