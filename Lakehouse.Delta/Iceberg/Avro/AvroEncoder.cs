using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Lakehouse.Delta.Iceberg.Avro;

/// <summary>Writes values in Avro's binary encoding (Avro specification, "Binary Encoding"). What is written follows a schema that the
/// caller keeps to: the encoding itself carries none.</summary>
internal sealed class AvroEncoder
{
    private readonly ArrayBufferWriter<byte> _buffer = new(4096);

    public ReadOnlySpan<byte> Written => _buffer.WrittenSpan;

    public int Length => _buffer.WrittenCount;

    public void Reset() => _buffer.ResetWrittenCount();

    public void WriteBoolean(bool value)
    {
        _buffer.GetSpan(1)[0] = value ? (byte)1 : (byte)0;
        _buffer.Advance(1);
    }

    /// <summary>An int or a long: zig-zag, then seven bits a byte.</summary>
    public void WriteLong(long value)
    {
        ulong rest = (ulong)((value << 1) ^ (value >> 63));
        Span<byte> bytes = _buffer.GetSpan(10);
        int length = 0;
        while (rest > 0x7F)
        {
            bytes[length++] = (byte)(rest | 0x80);
            rest >>= 7;
        }

        bytes[length++] = (byte)rest;
        _buffer.Advance(length);
    }

    public void WriteDouble(double value)
    {
        BinaryPrimitives.WriteDoubleLittleEndian(_buffer.GetSpan(8), value);
        _buffer.Advance(8);
    }

    /// <summary>Bytes, or a string's UTF-8.</summary>
    public void WriteBytes(ReadOnlySpan<byte> value)
    {
        WriteLong(value.Length);
        WriteRaw(value);
    }

    public void WriteString(string value)
    {
        int length = Encoding.UTF8.GetByteCount(value);
        WriteLong(length);
        Encoding.UTF8.GetBytes(value, _buffer.GetSpan(length));
        _buffer.Advance(length);
    }

    /// <summary>A fixed, a float or double in little-endian order, or what is encoded already.</summary>
    public void WriteRaw(ReadOnlySpan<byte> value) => _buffer.Write(value);

    /// <summary>Which type of a union follows.</summary>
    public void WriteBranch(int index) => WriteLong(index);

    /// <summary>The null of a union whose first type is null.</summary>
    public void WriteNull() => WriteLong(0);

    /// <summary>An optional long: a union of null and long.</summary>
    public void WriteOptional(long? value)
    {
        WriteBranch(value is null ? 0 : 1);
        if (value is { } number) WriteLong(number);
    }
}
