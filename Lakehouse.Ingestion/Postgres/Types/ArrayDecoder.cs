using System.Text;
using Lakehouse.DuckDb;

namespace Lakehouse.Ingestion.Postgres.Types;

/// <summary>
/// An array's text, such as <c>{1,NULL,"a \"b\""}</c>, as a list. PostgreSQL does not fix a column's dimensions: more than
/// one are flattened in row-major order, and lower bounds other than 1 are dropped; both count as not exact, so that the
/// text is kept.
/// </summary>
/// <remarks>PostgreSQL documentation, "Array Input and Output Syntax".</remarks>
internal sealed class ArrayDecoder(ColumnDecoder element, byte delimiter) : ColumnDecoder
{
    private byte[] _unescaped = new byte[256];

    public override bool Decode(ReadOnlySpan<byte> text, ref DuckDbVectorWriter column, int row)
    {
        var exact = true;
        if (text.Length > 0 && text[0] == (byte)'[')   // [0:2]={…}
        {
            exact = false;
            var equals = text.IndexOf((byte)'=');
            text = equals < 0 ? [] : text[(equals + 1)..];
        }
        if (text.Length < 2 || text[0] != (byte)'{' || text[^1] != (byte)'}')
        {
            column.SetNull(row);
            return false;
        }

        var offset = column.ChildCount;
        var room = Count(text);
        column.ReserveChild(offset + room);
        var child = column.Child;
        var count = 0;
        var at = 0;
        while (at < text.Length)
        {
            var b = text[at];
            if (b == (byte)'{')
            {
                exact &= at == 0;
                at++;
            }
            else if (b == (byte)'}' || b == delimiter)
            {
                at++;
            }
            else
            {
                exact &= DecodeElement(text, ref at, ref child, (int)(offset + count));
                count++;
            }
        }
        column.ChildCount = offset + count;
        column.SetList(row, offset, count);
        return exact;
    }

    private bool DecodeElement(ReadOnlySpan<byte> text, ref int at, ref DuckDbVectorWriter child, int row)
    {
        if (text[at] == (byte)'"')
        {
            var quoted = ReadQuoted(text, ref at);
            return element.Decode(quoted, ref child, row);
        }
        var begin = at;
        while (text[at] != (byte)'}' && text[at] != delimiter) at++;
        var value = text[begin..at];
        if (value.Length == 4 && Ascii.EqualsIgnoreCase(value, "NULL"u8))
        {
            child.SetNull(row);
            return true;
        }
        return element.Decode(value, ref child, row);
    }

    private ReadOnlySpan<byte> ReadQuoted(ReadOnlySpan<byte> text, ref int at)
    {
        var begin = ++at;
        while (text[at] is not ((byte)'"' or (byte)'\\')) at++;
        if (text[at] == (byte)'"') return text[begin..at++];

        if (_unescaped.Length < text.Length) _unescaped = new byte[text.Length];
        text[begin..at].CopyTo(_unescaped);
        var length = at - begin;
        while (text[at] != (byte)'"')
        {
            if (text[at] == (byte)'\\') at++;
            _unescaped[length++] = text[at++];
        }
        at++;
        return _unescaped.AsSpan(0, length);
    }

    /// <summary>At least the number of elements: one more than the delimiters, quoted ones included.</summary>
    private long Count(ReadOnlySpan<byte> text) => text.Count(delimiter) + 1L;
}
