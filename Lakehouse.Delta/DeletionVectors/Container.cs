using System.Buffers.Binary;
using System.Numerics;

namespace Lakehouse.Delta;

/// <summary>
/// A set of 16-bit values, as Roaring bitmaps keep them: a sorted list of up to 4,096 values, or a bit for each of the 65,536.
/// </summary>
internal sealed class Container
{
    /// <summary>The most values a list holds; beyond it the bits take less room (Roaring format specification).</summary>
    public const int MaxListed = 4096;

    private const int Words = 1024;
    private const int Full = 65536;

    private ushort[]? _values;
    private ulong[]? _bits;

    private Container(ushort[]? values, ulong[]? bits, int cardinality)
    {
        _values = values;
        _bits = bits;
        Cardinality = cardinality;
    }

    /// <summary>An empty set.</summary>
    public Container()
        : this(new ushort[4], null, 0)
    {
    }

    public int Cardinality { get; private set; }

    /// <summary>Bytes of the serialised set, without its header.</summary>
    public int SerializedSize => Cardinality <= MaxListed ? Cardinality * 2 : Words * 8;

    public bool Add(ushort value)
    {
        if (_bits is not null)
        {
            ref ulong word = ref _bits[value >> 6];
            ulong bit = 1UL << value;
            if ((word & bit) != 0) return false;
            word |= bit;
            Cardinality++;
            return true;
        }

        // Row numbers mostly come ascending.
        int index = Cardinality == 0 || value > _values![Cardinality - 1] ? ~Cardinality : Array.BinarySearch(_values, 0, Cardinality, value);
        if (index >= 0) return false;
        if (Cardinality == MaxListed)
        {
            ToBits();
            return Add(value);
        }

        index = ~index;
        if (Cardinality == _values!.Length) Array.Resize(ref _values, Math.Min(MaxListed, _values.Length * 2));
        Array.Copy(_values, index, _values, index + 1, Cardinality - index);
        _values[index] = value;
        Cardinality++;
        return true;
    }

    public bool Contains(ushort value) => _bits is not null
        ? (_bits[value >> 6] & (1UL << value)) != 0
        : Array.BinarySearch(_values!, 0, Cardinality, value) >= 0;

    public void UnionWith(Container other)
    {
        if (other._bits is null)
        {
            foreach (ushort value in other._values.AsSpan(0, other.Cardinality)) Add(value);
            return;
        }

        ToBits();
        int cardinality = 0;
        for (int i = 0; i < Words; i++)
        {
            _bits![i] |= other._bits[i];
            cardinality += BitOperations.PopCount(_bits[i]);
        }

        Cardinality = cardinality;
    }

    public Container Clone() => new((ushort[]?)_values?.Clone(), (ulong[]?)_bits?.Clone(), Cardinality);

    public IEnumerable<ushort> Values()
    {
        if (_bits is null)
        {
            for (int i = 0; i < Cardinality; i++) yield return _values![i];
            yield break;
        }

        for (int i = 0; i < Words; i++)
        {
            for (ulong word = _bits[i]; word != 0; word &= word - 1) yield return (ushort)((i << 6) + BitOperations.TrailingZeroCount(word));
        }
    }

    /// <summary>Clears the flag of every member of the set among consecutive values; flag 0 is that of <paramref name="first"/>.</summary>
    public void ClearMembers(int first, Span<bool> flags)
    {
        int end = first + flags.Length;
        if (_bits is null)
        {
            int index = Array.BinarySearch(_values!, 0, Cardinality, (ushort)first);
            for (int i = index < 0 ? ~index : index; i < Cardinality && _values![i] < end; i++) flags[_values[i] - first] = false;
            return;
        }

        for (int i = first >> 6; i << 6 < end; i++)
        {
            for (ulong word = _bits[i]; word != 0; word &= word - 1)
            {
                int value = (i << 6) + BitOperations.TrailingZeroCount(word);
                if (value >= first && value < end) flags[value - first] = false;
            }
        }
    }

    public void Write(Span<byte> target)
    {
        if (Cardinality <= MaxListed)
        {
            int i = 0;
            foreach (ushort value in Values()) BinaryPrimitives.WriteUInt16LittleEndian(target[(i++ * 2)..], value);
        }
        else
        {
            for (int i = 0; i < Words; i++) BinaryPrimitives.WriteUInt64LittleEndian(target[(i * 8)..], _bits![i]);
        }
    }

    /// <summary>Reads a list of values.</summary>
    /// <exception cref="FormatException">They do not ascend.</exception>
    public static Container ReadList(ReadOnlySpan<byte> source, int cardinality)
    {
        ushort[] values = new ushort[cardinality];
        for (int i = 0; i < cardinality; i++)
        {
            values[i] = BinaryPrimitives.ReadUInt16LittleEndian(source[(i * 2)..]);
            if (i > 0 && values[i] <= values[i - 1]) throw new FormatException("the values of a container do not ascend");
        }

        return new Container(values, null, cardinality);
    }

    /// <summary>Reads 65,536 bits.</summary>
    /// <exception cref="FormatException">Their number is not the one in the header.</exception>
    public static Container ReadBits(ReadOnlySpan<byte> source, int cardinality)
    {
        ulong[] bits = new ulong[Words];
        int found = 0;
        for (int i = 0; i < Words; i++)
        {
            bits[i] = BinaryPrimitives.ReadUInt64LittleEndian(source[(i * 8)..]);
            found += BitOperations.PopCount(bits[i]);
        }

        if (found != cardinality) throw new FormatException($"a container holds {found} values where its header says {cardinality}");
        return new Container(null, bits, cardinality);
    }

    /// <summary>Reads runs: pairs of a first value and how many follow it.</summary>
    /// <exception cref="FormatException">Runs leave the container or overlap, or their number of values is not the one in the header.</exception>
    public static Container ReadRuns(ReadOnlySpan<byte> source, int runs, int cardinality)
    {
        // A set that is kept as a list needs no bits on the way, which many small containers would pay for dearly.
        ulong[]? bits = cardinality > MaxListed ? new ulong[Words] : null;
        ushort[] values = bits is null ? new ushort[cardinality] : [];
        int next = 0, found = 0;
        for (int run = 0; run < runs; run++)
        {
            int first = BinaryPrimitives.ReadUInt16LittleEndian(source[(run * 4)..]);
            int last = first + BinaryPrimitives.ReadUInt16LittleEndian(source[((run * 4) + 2)..]);
            if (first < next || last >= Full) throw new FormatException("the runs of a container do not ascend");
            if (bits is not null) SetRange(bits, first, last);
            else if (found + last - first + 1 > cardinality) throw new FormatException($"a container holds more values than the {cardinality} that its header says");
            else for (int value = first; value <= last; value++) values[found + value - first] = (ushort)value;
            found += last - first + 1;
            next = last + 1;
        }

        if (found != cardinality) throw new FormatException($"a container holds {found} values where its header says {cardinality}");
        return bits is null ? new Container(values, null, cardinality) : new Container(null, bits, cardinality);
    }

    private static void SetRange(ulong[] bits, int first, int last)
    {
        for (int i = first >> 6; i <= last >> 6; i++)
        {
            ulong word = ulong.MaxValue;
            if (i == first >> 6) word &= ulong.MaxValue << first;
            if (i == last >> 6) word &= ulong.MaxValue >> (63 - (last & 63));
            bits[i] |= word;
        }
    }

    private void ToBits()
    {
        if (_bits is not null) return;
        ulong[] bits = new ulong[Words];
        foreach (ushort value in _values.AsSpan(0, Cardinality)) bits[value >> 6] |= 1UL << value;
        (_bits, _values) = (bits, null);
    }
}
