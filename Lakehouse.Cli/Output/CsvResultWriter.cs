using System.Buffers;
using Lakehouse.DuckDb;
using Lakehouse.Engine.Results;

namespace Lakehouse.Cli.Output;

/// <summary>RFC 4180 with a header; NULL is an empty field, an empty text is <c>""</c>. Lines end in a line feed.</summary>
public sealed class CsvResultWriter(TextWriter output) : ResultWriter
{
    private static readonly SearchValues<char> Special = SearchValues.Create(",\"\r\n");

    public override long Write(DuckDbResult result, CancellationToken cancellationToken)
    {
        int columns = result.Columns.Count;
        for (int column = 0; column < columns; column++)
            WriteField(result.Columns[column].Name, column);
        output.Write('\n');
        long rows = 0;
        while (result.NextChunk(cancellationToken))
        {
            for (int row = 0; row < result.RowCount; row++, rows++)
            {
                for (int column = 0; column < columns; column++)
                    WriteField(ResultText.Read(result.Column(column), row), column);
                output.Write('\n');
            }
        }
        return rows;
    }

    private void WriteField(string? text, int column)
    {
        if (column > 0)
            output.Write(',');
        if (text is null)
            return;
        bool quoted = text.Length == 0 || text.AsSpan().IndexOfAny(Special) >= 0 || text[0] == ' ' || text[^1] == ' ';
        if (quoted)
            text = $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
        output.Write(text);
    }
}
