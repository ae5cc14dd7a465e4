using System.Text;
using System.Text.Json;
using Lakehouse.Delta;
using Lakehouse.Engine.Sql;

namespace Lakehouse.Engine.Scan;

/// <summary>Asks a file's statistics whether it may hold wanted rows: one pass over their JSON as it lies in the log, which finds the
/// columns that the predicate names and allocates nothing. What is not known, or not understood, may match.</summary>
internal sealed class StatisticsFilter : IStatisticsFilter
{
    private readonly FilePredicate _predicate;
    private readonly List<byte[]> _columns = [];
    private readonly Dictionary<FilePredicate.Test, BoundTest> _tests = new(ReferenceEqualityComparer.Instance);

    /// <summary>Whether the first mention of a section is the section: no column is called like one.</summary>
    private readonly bool _sectionsAreUnique;

    private StatisticsFilter(FilePredicate predicate, StructType schema)
    {
        _predicate = predicate;
        _sectionsAreUnique = !NamesSection(schema);
    }

    /// <summary>A filter for a predicate that names columns of the schema.</summary>
    /// <param name="predicate">What is wanted.</param>
    /// <param name="schema">The table's columns.</param>
    /// <param name="mapped">Whether statistics name columns by their physical names.</param>
    public static StatisticsFilter Of(FilePredicate predicate, StructType schema, bool mapped)
    {
        var filter = new StatisticsFilter(predicate, schema);
        var indexes = new Dictionary<string, int>(StringComparer.Ordinal);
        Visit(predicate);
        return filter;

        void Visit(FilePredicate part)
        {
            switch (part)
            {
                case FilePredicate.And and:
                    foreach (var one in and.Parts) Visit(one);
                    break;
                case FilePredicate.Or or:
                    foreach (var one in or.Parts) Visit(one);
                    break;
                case FilePredicate.Test test when schema.Find(test.Column) is { } field:
                    var name = mapped ? field.PhysicalName : field.Name;
                    if (!indexes.TryGetValue(name, out var index))
                    {
                        indexes[name] = index = filter._columns.Count;
                        filter._columns.Add(Encoding.UTF8.GetBytes(name));
                    }
                    filter._tests[test] = new BoundTest(test, index, name, field.Type);
                    break;
            }
        }
    }

    /// <inheritdoc/>
    public bool MayMatch(ReadOnlySpan<byte> json)
    {
        if (json.IsEmpty) return true;
        if (_sectionsAreUnique && IsPlain(json) && TryMatch(_predicate, json) is { } answer) return answer;
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
        return MayMatch(_predicate, json, columns, rows);
    }

    /// <summary>Whether this is likely whole, and quotes and braces mean what they seem to.</summary>
    private static bool IsPlain(ReadOnlySpan<byte> json) =>
        json[0] == '{' && json[^1] == '}' && !json.Contains((byte)'\\') && json.Count((byte)'{') == json.Count((byte)'}');

    /// <summary>What can be told without parsing; null where that is nothing.</summary>
    private bool? TryMatch(FilePredicate predicate, ReadOnlySpan<byte> json)
    {
        bool? answer;
        switch (predicate)
        {
            case FilePredicate.And and:
                answer = true;
                foreach (var part in and.Parts)
                {
                    var one = TryMatch(part, json);
                    if (one == false) return false;
                    if (one is null) answer = null;
                }
                return answer;
            case FilePredicate.Or or:
                answer = false;
                foreach (var part in or.Parts)
                {
                    var one = TryMatch(part, json);
                    if (one == true) return true;
                    if (one is null) answer = null;
                }
                return answer;
            default:
                return _tests.TryGetValue((FilePredicate.Test)predicate, out var test) ? test.TryMatch(json) : true;
        }
    }

    private static bool NamesSection(DeltaType type) => type switch
    {
        StructType fields => fields.Fields.Any(field => field.Name is "minValues" or "maxValues" || field.PhysicalName is "minValues" or "maxValues" || NamesSection(field.Type)),
        ArrayType array => NamesSection(array.ElementType),
        MapType map => NamesSection(map.KeyType) || NamesSection(map.ValueType),
        _ => false,
    };

    private bool MayMatch(FilePredicate predicate, ReadOnlySpan<byte> json, ReadOnlySpan<ColumnBounds> columns, long? rows)
    {
        switch (predicate)
        {
            case FilePredicate.And and:
                foreach (var part in and.Parts)
                    if (!MayMatch(part, json, columns, rows)) return false;
                return true;
            case FilePredicate.Or or:
                foreach (var part in or.Parts)
                    if (MayMatch(part, json, columns, rows)) return true;
                return false;
            default:
                return !_tests.TryGetValue((FilePredicate.Test)predicate, out var test) || test.MayMatch(json, columns[test.Column], rows);
        }
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
