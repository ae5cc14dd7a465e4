using System.Buffers.Binary;

namespace Lakehouse.Delta;

/// <summary>
/// A set of row numbers, counted from 0 within a data file: what a deletion vector holds (PROTOCOL.md, "Deletion Vector Format").
/// For one writer at a time; any number of readers while nobody writes.
/// </summary>
public sealed class RoaringBitmapArray
{
    /// <summary>What a serialised set begins with.</summary>
    public const int Magic = 1681511377;

    // The format before the portable one. Writers of today leave it alone, but the protocol's own inline example has it.
    private const int NativeMagic = 1681511376;

    /// <summary>The greatest row number: the upper halves must not be negative in Java.</summary>
    public const ulong MaxValue = 0x7FFF_FFFF_FFFF_FFFF;

    private readonly List<RoaringBitmap> _bitmaps = [];
    private readonly List<uint> _keys = [];

    /// <summary>An empty set.</summary>
    public RoaringBitmapArray()
    {
    }

    /// <summary>A set of these row numbers, fastest when they ascend.</summary>
    public RoaringBitmapArray(ReadOnlySpan<ulong> values) => AddRange(values);

    /// <summary>How many row numbers the set holds.</summary>
    public long Cardinality
    {
        get
        {
            long sum = 0;
            foreach (RoaringBitmap bitmap in _bitmaps) sum += bitmap.Cardinality;
            return sum;
        }
    }

    /// <summary>Bytes of the serialised set.</summary>
    public int SerializedSize
    {
        get
        {
            int size = 12;
            foreach (RoaringBitmap bitmap in _bitmaps) size = checked(size + 4 + bitmap.SerializedSize);
            return size;
        }
    }

    /// <summary>Adds a row number; false when it was there.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is above <see cref="MaxValue"/>.</exception>
    public bool Add(ulong value)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, MaxValue);
        uint key = (uint)(value >> 32);
        int index = IndexOf(key);
        if (index < 0)
        {
            index = ~index;
            _keys.Insert(index, key);
            _bitmaps.Insert(index, new RoaringBitmap());
        }

        return _bitmaps[index].Add((uint)value);
    }

    /// <summary>Adds row numbers, fastest when they ascend.</summary>
    public void AddRange(ReadOnlySpan<ulong> values)
    {
        foreach (ulong value in values) Add(value);
    }

    /// <summary>Adds row numbers, fastest when they ascend.</summary>
    /// <exception cref="ArgumentOutOfRangeException">One is negative.</exception>
    public void AddRange(ReadOnlySpan<long> values)
    {
        foreach (long value in values) Add((ulong)value);
    }

    /// <summary>Whether the set holds a row number.</summary>
    public bool Contains(ulong value)
    {
        int index = IndexOf((uint)(value >> 32));
        return index >= 0 && _bitmaps[index].Contains((uint)value);
    }

    /// <summary>Adds all of another set.</summary>
    public void UnionWith(RoaringBitmapArray other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (ReferenceEquals(this, other)) return;
        for (int i = 0; i < other._keys.Count; i++)
        {
            int index = IndexOf(other._keys[i]);
            if (index < 0)
            {
                index = ~index;
                _keys.Insert(index, other._keys[i]);
                _bitmaps.Insert(index, new RoaringBitmap());
            }

            _bitmaps[index].UnionWith(other._bitmaps[i]);
        }
    }

    /// <summary>Whether the sets have a row number in common.</summary>
    public bool Overlaps(RoaringBitmapArray other)
    {
        ArgumentNullException.ThrowIfNull(other);
        (RoaringBitmapArray few, RoaringBitmapArray many) = Cardinality < other.Cardinality ? (this, other) : (other, this);
        return few.Values().Any(many.Contains);
    }

    /// <summary>Whether the set holds all of another.</summary>
    public bool IsSupersetOf(RoaringBitmapArray other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return other.Cardinality <= Cardinality && other.Values().All(Contains);
    }

    /// <summary>
    /// For a run of rows, whether each is live, that is not in the set: <c>live[i]</c> is about row <paramref name="firstRow"/> + i.
    /// Costs a look-up per 65,536 rows and one step per deleted row.
    /// </summary>
    public void FillLive(ulong firstRow, Span<bool> live)
    {
        live.Fill(true);
        while (!live.IsEmpty)
        {
            int low = (int)(firstRow & 0xFFFF);
            int length = Math.Min(live.Length, 65536 - low);
            int index = IndexOf((uint)(firstRow >> 32));
            if (index >= 0) _bitmaps[index].Find((ushort)(firstRow >> 16))?.ClearMembers(low, live[..length]);
            firstRow += (uint)length;
            live = live[length..];
        }
    }

    /// <summary>The row numbers, ascending.</summary>
    public IEnumerable<ulong> Values()
    {
        for (int i = 0; i < _keys.Count; i++)
        {
            ulong high = (ulong)_keys[i] << 32;
            foreach (uint low in _bitmaps[i].Values()) yield return high | low;
        }
    }

    /// <summary>A set of its own with the same row numbers.</summary>
    public RoaringBitmapArray Clone()
    {
        RoaringBitmapArray clone = new();
        clone.UnionWith(this);
        return clone;
    }

    /// <summary>The set in the portable format: magic number, number of bitmaps, and each with its upper half.</summary>
    public byte[] Serialize()
    {
        byte[] bytes = new byte[SerializedSize];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, Magic);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(4), _keys.Count);
        int position = 12;
        for (int i = 0; i < _keys.Count; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(position), _keys[i]);
            position += 4;
            position += _bitmaps[i].Write(bytes.AsSpan(position));
        }

        return bytes;
    }

    /// <summary>Reads a set in the portable format, or in the native one that preceded it.</summary>
    /// <exception cref="FormatException">The bytes are none, or end too soon.</exception>
    public static RoaringBitmapArray Deserialize(ReadOnlySpan<byte> bytes) => Deserialize(bytes, null);

    /// <summary>Reads a set that should have so many row numbers: few bytes can stand for very many, and those for much memory.</summary>
    internal static RoaringBitmapArray Deserialize(ReadOnlySpan<byte> bytes, long? expected)
    {
        try
        {
            int magic = BinaryPrimitives.ReadInt32LittleEndian(bytes);
            if (magic == NativeMagic) return DeserializeNative(bytes[4..], expected, BinaryPrimitives.ReadInt32LittleEndian);
            if (BinaryPrimitives.ReadInt32BigEndian(bytes) == NativeMagic) return DeserializeNative(bytes[4..], expected, BinaryPrimitives.ReadInt32BigEndian);
            if (magic != Magic) throw new FormatException($"it begins with {magic} instead of the magic number {Magic}");
            long count = BinaryPrimitives.ReadInt64LittleEndian(bytes[4..]);
            if (count < 0 || count > bytes.Length) throw new FormatException($"it says that it has {count} bitmaps");
            RoaringBitmapArray result = new();
            ReadOnlySpan<byte> rest = bytes[12..];
            for (long i = 0; i < count; i++)
            {
                uint key = BinaryPrimitives.ReadUInt32LittleEndian(rest);
                if (key > int.MaxValue || (result._keys.Count > 0 && key <= result._keys[^1])) throw new FormatException("the keys of its bitmaps do not ascend");
                result._keys.Add(key);
                RoaringBitmap bitmap = RoaringBitmap.Read(rest[4..], expected, i == count - 1, out int length);
                result._bitmaps.Add(bitmap);
                expected -= bitmap.Cardinality;
                rest = rest[(4 + length)..];
            }

            return result;
        }
        catch (ArgumentOutOfRangeException exception)
        {
            throw new FormatException("it ends too soon", exception);
        }
    }

    private delegate int ReadInt32(ReadOnlySpan<byte> source);

    /// <summary>Reads the native format: the number of bitmaps, then each with its length; its position is its upper half.</summary>
    private static RoaringBitmapArray DeserializeNative(ReadOnlySpan<byte> rest, long? expected, ReadInt32 readInt32)
    {
        int count = readInt32(rest);
        if (count < 0 || count > rest.Length) throw new FormatException($"it says that it has {count} bitmaps");
        RoaringBitmapArray result = new();
        rest = rest[4..];
        for (int i = 0; i < count; i++)
        {
            int length = readInt32(rest);
            RoaringBitmap bitmap = RoaringBitmap.Read(rest.Slice(4, length), expected, i == count - 1, out _);
            expected -= bitmap.Cardinality;
            rest = rest[(4 + length)..];
            if (bitmap.Cardinality == 0) continue;
            result._keys.Add((uint)i);
            result._bitmaps.Add(bitmap);
        }

        return result;
    }

    private int IndexOf(uint key) => _keys.Count == 1 && _keys[0] == key ? 0 : _keys.BinarySearch(key);
}
