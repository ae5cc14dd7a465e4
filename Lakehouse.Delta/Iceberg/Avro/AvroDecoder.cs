using System.Text;

namespace Lakehouse.Delta.Iceberg.Avro;

/// <summary>Reads values in Avro's binary encoding (Avro specification, "Binary Encoding"), in the order that the caller knows.</summary>
internal ref struct AvroDecoder(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    /// <summary>How far it has read.</summary>
    public int Position { get; private set; }

    public readonly bool AtEnd => Position >= _bytes.Length;

    /// <exception cref="FormatException">The bytes end too soon, as in every method here.</exception>
    public bool ReadBoolean() => ReadRaw(1)[0] != 0;

    public long ReadLong()
    {
        ulong value = 0;
        for (int shift = 0; shift < 70; shift += 7)
        {
            byte next = ReadRaw(1)[0];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80) return (long)(value >> 1) ^ -(long)(value & 1);
        }

        throw new FormatException("a number has more than ten bytes");
    }

    public int ReadInt() => ReadLong() is >= int.MinValue and <= int.MaxValue and long value ? (int)value : throw new FormatException("an int is none");

    public ReadOnlySpan<byte> ReadBytes()
    {
        long length = ReadLong();
        return length is >= 0 and <= int.MaxValue ? ReadRaw((int)length) : throw new FormatException($"a length is {length}");
    }

    public string ReadString() => Encoding.UTF8.GetString(ReadBytes());

    public ReadOnlySpan<byte> ReadRaw(int length)
    {
        if (length > _bytes.Length - Position) throw new FormatException("it ends too soon");
        ReadOnlySpan<byte> read = _bytes.Slice(Position, length);
        Position += length;
        return read;
    }

    /// <summary>Whether a union of null and something holds something, which then follows.</summary>
    public bool ReadPresent() => ReadLong() switch
    {
        0 => false,
        1 => true,
        long branch => throw new FormatException($"a union has no type {branch}"),
    };

    public long? ReadOptional() => ReadPresent() ? ReadLong() : null;

    /// <summary>The number of items in the next block of an array or a map; 0 ends it.</summary>
    public long ReadBlock()
    {
        long count = ReadLong();
        if (count >= 0) return count;
        ReadLong(); // the block's size in bytes
        return -count;
    }
}
