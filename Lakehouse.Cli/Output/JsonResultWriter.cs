using System.Buffers;
using System.Text.Json;
using Lakehouse.DuckDb;
using Lakehouse.Engine.Results;

namespace Lakehouse.Cli.Output;

/// <summary>A JSON array per result, one object a line; values as <see cref="ResultJson"/> says.</summary>
public sealed class JsonResultWriter(Stream output) : ResultWriter
{
    private const int FlushBytes = 1 << 16;

    public override long Write(DuckDbResult result, CancellationToken cancellationToken)
    {
        JsonEncodedText[] names = PropertyNames(result.Columns);
        ArrayBufferWriter<byte> buffer = new(2 * FlushBytes);
        using Utf8JsonWriter writer = new(buffer, ResultJson.WriterOptions);
        long rows = 0;
        buffer.Write("["u8);
        try
        {
            while (result.NextChunk(cancellationToken))
            {
                for (int row = 0; row < result.RowCount; row++, rows++)
                {
                    buffer.Write(rows == 0 ? "\n"u8 : ",\n"u8);
                    WriteRow(writer, result, row, names);
                    if (buffer.WrittenCount > FlushBytes)
                        Flush(buffer);
                }
            }
            buffer.Write(rows == 0 ? "]\n"u8 : "\n]\n"u8);
        }
        finally
        {
            Flush(buffer);
        }
        return rows;
    }

    private void Flush(ArrayBufferWriter<byte> buffer)
    {
        output.Write(buffer.WrittenSpan);
        buffer.ResetWrittenCount();
    }

    private static void WriteRow(Utf8JsonWriter writer, DuckDbResult result, int row, JsonEncodedText[] names)
    {
        writer.WriteStartObject();
        for (int column = 0; column < names.Length; column++)
        {
            writer.WritePropertyName(names[column]);
            ResultJson.Write(writer, result.Column(column), row);
        }
        writer.WriteEndObject();
        writer.Flush();
        writer.Reset();
    }

    /// <summary>Column names made unique as DuckDB does it (<c>id</c>, <c>id_1</c>), as an object holds each key once.</summary>
    private static JsonEncodedText[] PropertyNames(IReadOnlyList<DuckDbColumn> columns)
    {
        HashSet<string> taken = new(columns.Count);
        return [.. columns.Select(column => JsonEncodedText.Encode(Unique(column.Name), ResultJson.WriterOptions.Encoder))];

        string Unique(string name)
        {
            string unique = name;
            for (int i = 1; !taken.Add(unique); i++)
                unique = $"{name}_{i}";
            return unique;
        }
    }
}
