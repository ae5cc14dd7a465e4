namespace Lakehouse.Ingestion.Postgres.Wire;

/// <summary>
/// Reads rows in COPY's text format: fields split by tabs, rows ended by newlines, <c>\N</c> for null, backslash escapes.
/// A row's bytes stay valid until the next row is read; buffers are reused.
/// </summary>
/// <remarks>PostgreSQL documentation, COPY, "Text Format".</remarks>
internal sealed class CopyTextReader(Stream stream, int bufferSize = 1 << 18)
{
    private byte[] _buffer = new byte[bufferSize];
    private int _start;
    private int _end;

    /// <summary>The current row's bytes, unescaped in place; fields point into it.</summary>
    public ReadOnlySpan<byte> Row => _buffer.AsSpan(_rowStart, _rowLength);

    private int _rowStart;
    private int _rowLength;

    /// <summary>Bytes read from the stream.</summary>
    public long BytesRead { get; private set; }

    /// <summary>Reads the next row into <paramref name="fields"/>, whose places are relative to <see cref="Row"/>.</summary>
    /// <param name="fields">Filled with exactly <paramref name="columns"/> fields.</param>
    /// <param name="columns">The number of columns the COPY was asked for.</param>
    /// <returns>False at the end.</returns>
    /// <exception cref="ReplicationProtocolException">A row has another number of fields, or the stream ends within a row.</exception>
    public bool ReadRow(TupleFields fields, int columns)
    {
        if (!FindRow()) return false;
        Split(fields, columns);
        return true;
    }

    private bool FindRow()
    {
        var searched = 0;
        while (true)
        {
            // A newline within a value is written as \n, so that a raw one always ends a row.
            var newline = _buffer.AsSpan(_start + searched, _end - _start - searched).IndexOf((byte)'\n');
            if (newline >= 0)
            {
                _rowStart = _start;
                _rowLength = searched + newline;
                _start += _rowLength + 1;
                if (_rowLength == 2 && Row.SequenceEqual("\\."u8)) continue;   // old servers' end marker
                return true;
            }
            searched = _end - _start;
            if (!Fill())
            {
                if (_end > _start) throw new ReplicationProtocolException("COPY ended within a row.");
                return false;
            }
        }
    }

    private bool Fill()
    {
        if (_start > 0 && (_start == _end || _end == _buffer.Length))
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _end -= _start;
            _start = 0;
        }
        if (_end == _buffer.Length) Array.Resize(ref _buffer, checked(_buffer.Length * 2));
        // A read ends with a CopyData message, which is a row or, where the connection's buffer ended, a part of one.
        var before = _end;
        while (_end < _buffer.Length)
        {
            var count = stream.Read(_buffer, _end, _buffer.Length - _end);
            if (count == 0) break;
            _end += count;
            BytesRead += count;
            if (_buffer[_end - 1] == (byte)'\n') break;
        }
        return _end > before;
    }

    private void Split(TupleFields fields, int columns)
    {
        fields.Clear(columns);
        var row = _buffer.AsSpan(_rowStart, _rowLength);
        if (columns == 0) return;
        var field = 0;
        var begin = 0;
        while (true)
        {
            if (field == columns) throw WrongCount(columns, "more");
            var rest = row[begin..];
            var stop = rest.IndexOfAny((byte)'\t', (byte)'\\');
            if (stop >= 0 && rest[stop] == (byte)'\\')
            {
                begin = SplitEscaped(fields, field++, row, begin, begin + stop);
            }
            else
            {
                var length = stop < 0 ? rest.Length : stop;
                fields.SetText(field++, begin, length);
                begin += length;
            }
            if (begin == row.Length) break;
            begin++;   // the tab
        }
        if (field != columns) throw WrongCount(columns, $"only {field}");
    }

    /// <summary>A field with a backslash: null, or unescaped in place, since the text only gets shorter. Returns the field's end.</summary>
    private static int SplitEscaped(TupleFields fields, int field, Span<byte> row, int begin, int firstEscape)
    {
        var read = firstEscape;
        var write = firstEscape;
        var isNull = false;
        while (read < row.Length && row[read] != (byte)'\t')
        {
            var b = row[read++];
            if (b != (byte)'\\')
            {
                row[write++] = b;
                continue;
            }
            if (read == row.Length) throw new ReplicationProtocolException("A COPY row ends in a lone backslash.");
            var escaped = row[read++];
            if (escaped == (byte)'N' && read - begin == 2)
            {
                isNull = true;
                continue;
            }
            row[write++] = escaped switch
            {
                (byte)'b' => (byte)'\b',
                (byte)'f' => (byte)'\f',
                (byte)'n' => (byte)'\n',
                (byte)'r' => (byte)'\r',
                (byte)'t' => (byte)'\t',
                (byte)'v' => (byte)'\v',
                _ => escaped,
            };
        }
        if (isNull) fields.SetNull(field);
        else fields.SetText(field, begin, write - begin);
        return read;
    }

    private static ReplicationProtocolException WrongCount(int columns, string actual) =>
        new($"A COPY row has {actual} fields than the {columns} asked for.");
}
