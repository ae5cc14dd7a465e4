using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Lakehouse.Delta;

namespace Lakehouse.Engine.Write;

/// <summary>One column's statistics as DuckDB's <c>COPY … RETURN_STATS</c> gives them: all values as text.</summary>
internal sealed record WrittenColumn(string? Min, string? Max, long? NullCount, bool HasNaN);

/// <summary>Writes a data file's statistics as the log keeps them (PROTOCOL.md, "Per-file Statistics").</summary>
internal static class StatisticsWriter
{
    /// <summary>As many characters of a string as Spark keeps.</summary>
    private const int PrefixLength = 32;

    /// <summary>Greater than every string that goes on after the prefix.</summary>
    private const string Infinite = "\U0010FFFF";

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The statistics of a file.</summary>
    /// <param name="rows">Rows in the file.</param>
    /// <param name="schema">Which columns get statistics.</param>
    /// <param name="columns">By the path of names to each leaf, quoted and joined by points as DuckDB writes it.</param>
    public static string Write(long rows, StatisticsColumns schema, IReadOnlyDictionary<string, WrittenColumn> columns)
    {
        var leaves = 0;
        var tree = Select(schema.Schema, "", "", schema, columns, ref leaves);
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            json.WriteNumber("numRecords", rows);
            WriteObject(json, "minValues", tree, static (writer, node) => WriteBound(writer, node.Name, node.Type, node.Column!.HasNaN ? null : node.Column.Min, upper: false));
            WriteObject(json, "maxValues", tree, static (writer, node) => WriteBound(writer, node.Name, node.Type, node.Column!.HasNaN ? null : node.Column.Max, upper: true));
            WriteObject(json, "nullCount", tree, static (writer, node) =>
            {
                if (node.Column!.NullCount is { } count) writer.WriteNumber(node.Name, count);
            });
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>
    /// The same statistics for a file of which rows are now deleted: bounds that hold, but need not be met, and the number of
    /// rows that a deletion vector demands. Whoever wrote them may have said <c>tightBounds: true</c>.
    /// </summary>
    /// <param name="statistics">As the log has them; anything that is not an object counts as none.</param>
    /// <param name="rows">Rows in the file, deleted ones too.</param>
    public static string Loosen(string? statistics, long rows)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            json.WriteNumber("numRecords", rows);
            if (Parse(statistics) is { } document)
            {
                using (document)
                {
                    foreach (var property in document.RootElement.EnumerateObject())
                        if (property.Name is not ("numRecords" or "tightBounds")) property.WriteTo(json);
                }
            }
            json.WriteBoolean("tightBounds", false);
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static JsonDocument? Parse(string? statistics)
    {
        if (string.IsNullOrEmpty(statistics)) return null;
        try
        {
            var document = JsonDocument.Parse(statistics);
            if (document.RootElement.ValueKind == JsonValueKind.Object) return document;
            document.Dispose();
        }
        catch (JsonException)
        {
            // Readers take statistics that cannot be read as missing; so do we.
        }
        return null;
    }

    private static List<Node> Select(StructType schema, string path, string name, StatisticsColumns wanted, IReadOnlyDictionary<string, WrittenColumn> columns, ref int leaves)
    {
        var nodes = new List<Node>();
        foreach (var field in schema.Fields)
        {
            var key = path + "\"" + field.Name.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";
            var full = name.Length == 0 ? field.Name : $"{name}.{field.Name}";
            if (field.Type is StructType nested)
            {
                var below = Select(nested, key + ".", full, wanted, columns, ref leaves);
                if (below.Count > 0) nodes.Add(new Node(field.Name, field.Type, null, below));
            }
            else if (columns.TryGetValue(key, out var column) && wanted.Wants(full, leaves))
            {
                leaves++;
                nodes.Add(new Node(field.Name, field.Type, column, null));
            }
        }
        return nodes;
    }

    private static void WriteObject(Utf8JsonWriter json, string name, List<Node> nodes, Action<Utf8JsonWriter, Node> writeLeaf)
    {
        json.WriteStartObject(name);
        foreach (var node in nodes)
        {
            if (node.Below is { } below) WriteObject(json, node.Name, below, writeLeaf);
            else writeLeaf(json, node);
        }
        json.WriteEndObject();
    }

    private static void WriteBound(Utf8JsonWriter json, string name, DeltaType type, string? value, bool upper)
    {
        if (value is null) return;
        if (type == PrimitiveType.String)
        {
            if (Prefix(value, upper) is { } text) json.WriteString(name, text);
        }
        else if (type is DecimalType || Sql.SqlConstant.IsInteger(type))
        {
            json.WritePropertyName(name);
            json.WriteRawValue(Number(value));
        }
        else if (type == PrimitiveType.Float || type == PrimitiveType.Double)
        {
            if (double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number))
            {
                json.WritePropertyName(name);
                json.WriteRawValue(number.ToString("R", CultureInfo.InvariantCulture));
            }
        }
        else if (type == PrimitiveType.Date)
        {
            if (Sql.SqlConstant.ParseDate(value) is not null) json.WriteString(name, value);
        }
        else if (type == PrimitiveType.Timestamp || type == PrimitiveType.TimestampNtz)
        {
            if (Timestamp(value, upper) is { } time) json.WriteString(name, type == PrimitiveType.Timestamp ? time + "Z" : time);
        }
        // Nothing for booleans and bytes, as Spark has it: they prune next to nothing.
    }

    /// <summary>DuckDB writes a decimal that has only places after the point without the zero before it; JSON wants it.</summary>
    private static string Number(string text) =>
        text.StartsWith('.') ? "0" + text : text.StartsWith("-.", StringComparison.Ordinal) ? "-0" + text[1..] : text;

    /// <summary>Milliseconds, rounded outwards. Null for infinities and years that have no four digits.</summary>
    private static string? Timestamp(string text, bool upper)
    {
        var zone = text.IndexOf('+', StringComparison.Ordinal);
        if (zone > 0 && text[zone..] is not ("+00" or "+00:00")) return null;
        if (Sql.SqlConstant.ParseTimestamp(zone > 0 ? text[..zone] : text) is not { } micros) return null;
        var millis = Math.DivRem(micros, 1000, out var rest) - (rest < 0 ? 1 : 0);
        if (upper && rest != 0) millis++;
        // The last millisecond that there is may have been rounded up.
        if (millis > DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()) return null;
        var time = DateTimeOffset.FromUnixTimeMilliseconds(millis);
        return time.Year > 9998 ? null : time.ToString("yyyy-MM-dd'T'HH:mm:ss.fff", CultureInfo.InvariantCulture);
    }

    private static string? Prefix(string text, bool upper)
    {
        var end = 0;
        var runes = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            if (runes++ == PrefixLength) return !upper ? text[..end] : rune.Value == 0x10FFFF ? null : text[..end] + Infinite;
            end += rune.Utf16SequenceLength;
        }
        return text;
    }

    private sealed record Node(string Name, DeltaType Type, WrittenColumn? Column, List<Node>? Below);
}
