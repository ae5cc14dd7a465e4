using System.Buffers.Binary;

namespace Lakehouse.Delta;

/// <summary>A set of 32-bit values in the portable Roaring format: containers of 16-bit values by their upper halves.</summary>
internal sealed class RoaringBitmap
{
    private const int CookieWithoutRuns = 12346;
    private const int CookieWithRuns = 12347;

    /// <summary>From so many containers on, offsets are in the header even when there are runs.</summary>
    private const int OffsetThreshold = 4;

    private readonly List<ushort> _keys = [];
    private readonly List<Container> _containers = [];
    private int _lastIndex = -1;

    public long Cardinality
    {
        get
        {
            long sum = 0;
            foreach (Container container in _containers) sum += container.Cardinality;
            return sum;
        }
    }

    public int SerializedSize
    {
        get
        {
            int size = 8 + (_keys.Count * 8);
            foreach (Container container in _containers) size += container.SerializedSize;
            return size;
        }
    }

    public bool Add(uint value)
    {
        ushort key = (ushort)(value >> 16);
        if (_lastIndex < 0 || _keys[_lastIndex] != key)
        {
            _lastIndex = IndexOf(key);
            if (_lastIndex < 0)
            {
                _lastIndex = ~_lastIndex;
                _keys.Insert(_lastIndex, key);
                _containers.Insert(_lastIndex, new Container());
            }
        }

        return _containers[_lastIndex].Add((ushort)value);
    }

    public bool Contains(uint value) => Find((ushort)(value >> 16))?.Contains((ushort)value) ?? false;

    /// <summary>The container of an upper half, or null.</summary>
    public Container? Find(ushort key)
    {
        int index = IndexOf(key);
        return index < 0 ? null : _containers[index];
    }

    public void UnionWith(RoaringBitmap other)
    {
        _lastIndex = -1;
        for (int i = 0; i < other._keys.Count; i++)
        {
            int index = IndexOf(other._keys[i]);
            if (index >= 0)
            {
                _containers[index].UnionWith(other._containers[i]);
            }
            else
            {
                _keys.Insert(~index, other._keys[i]);
                _containers.Insert(~index, other._containers[i].Clone());
            }
        }
    }

    public IEnumerable<uint> Values()
    {
        for (int i = 0; i < _keys.Count; i++)
        {
            uint high = (uint)_keys[i] << 16;
            foreach (ushort low in _containers[i].Values()) yield return high | low;
        }
    }

    /// <summary>Writes the set without run containers: cookie, count, (key, cardinality - 1) pairs, offsets, containers.</summary>
    public int Write(Span<byte> target)
    {
        int count = _keys.Count;
        BinaryPrimitives.WriteInt32LittleEndian(target, CookieWithoutRuns);
        BinaryPrimitives.WriteInt32LittleEndian(target[4..], count);
        int offset = 8 + (count * 8);
        for (int i = 0; i < count; i++)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(target[(8 + (i * 4))..], _keys[i]);
            BinaryPrimitives.WriteUInt16LittleEndian(target[(10 + (i * 4))..], (ushort)(_containers[i].Cardinality - 1));
            BinaryPrimitives.WriteInt32LittleEndian(target[(8 + (count * 4) + (i * 4))..], offset);
            _containers[i].Write(target[offset..]);
            offset += _containers[i].SerializedSize;
        }

        return offset;
    }

    /// <summary>Reads a set.</summary>
    /// <param name="source">The bytes.</param>
    /// <param name="expected">How many values it may have, and as the last of several sets must have; null when that is not known.</param>
    /// <param name="isLast">Whether no other set follows.</param>
    /// <param name="length">How many bytes it took.</param>
    /// <exception cref="FormatException">The bytes are no Roaring bitmap.</exception>
    /// <exception cref="ArgumentOutOfRangeException">They end too soon.</exception>
    public static RoaringBitmap Read(ReadOnlySpan<byte> source, long? expected, bool isLast, out int length)
    {
        int cookie = BinaryPrimitives.ReadInt32LittleEndian(source);
        int position = 4;
        int count;
        ReadOnlySpan<byte> runFlags = [];
        if ((cookie & 0xFFFF) == CookieWithRuns)
        {
            count = (int)((uint)cookie >> 16) + 1;
            runFlags = source.Slice(position, (count + 7) / 8);
            position += runFlags.Length;
        }
        else if (cookie == CookieWithoutRuns)
        {
            count = BinaryPrimitives.ReadInt32LittleEndian(source[position..]);
            position += 4;
            if (count is < 0 or > 65536) throw new FormatException($"a bitmap says that it has {count} containers");
        }
        else
        {
            throw new FormatException($"a bitmap begins with {cookie}, which no Roaring bitmap does");
        }

        ReadOnlySpan<byte> header = source.Slice(position, count * 4);
        position += header.Length;

        // Containers follow in order, so their offsets tell nothing new.
        if (runFlags.IsEmpty || count >= OffsetThreshold) position += count * 4;
        long announced = 0;
        for (int i = 0; i < count; i++) announced += BinaryPrimitives.ReadUInt16LittleEndian(header[((i * 4) + 2)..]) + 1;
        if (announced > expected || (isLast && announced != expected && expected is not null))
            throw new FormatException($"a bitmap deletes {announced} rows where the descriptor says, or leaves after those before it, {expected}");
        RoaringBitmap bitmap = new();
        for (int i = 0; i < count; i++)
        {
            ushort key = BinaryPrimitives.ReadUInt16LittleEndian(header[(i * 4)..]);
            int cardinality = BinaryPrimitives.ReadUInt16LittleEndian(header[((i * 4) + 2)..]) + 1;
            if (i > 0 && key <= bitmap._keys[i - 1]) throw new FormatException("the keys of a bitmap do not ascend");
            Container container;
            if (!runFlags.IsEmpty && (runFlags[i / 8] & (1 << (i % 8))) != 0)
            {
                int runs = BinaryPrimitives.ReadUInt16LittleEndian(source[position..]);
                container = Container.ReadRuns(source.Slice(position + 2, runs * 4), runs, cardinality);
                position += 2 + (runs * 4);
            }
            else if (cardinality <= Container.MaxListed)
            {
                container = Container.ReadList(source.Slice(position, cardinality * 2), cardinality);
                position += cardinality * 2;
            }
            else
            {
                container = Container.ReadBits(source.Slice(position, 8192), cardinality);
                position += 8192;
            }

            bitmap._keys.Add(key);
            bitmap._containers.Add(container);
        }

        length = position;
        return bitmap;
    }

    private int IndexOf(ushort key) => _keys.Count > 0 && key > _keys[^1] ? ~_keys.Count : _keys.BinarySearch(key);
}
