using System.Runtime.CompilerServices;

namespace Lakehouse.Delta;

/// <summary>
/// Finds the row of a file by its key: a table of slots, at most half full, in regions that the first bits of a hash choose. Each
/// region is filled by one thread, in the order of the rows, and is small enough for its cache. Immutable.
/// </summary>
internal sealed class FileIndex
{
    private const int RegionBits = 4;

    /// <summary>Smaller tables have one region: a thread has filled it before another has woken up.</summary>
    private const int LeastSlotsInRegions = 1 << 16;

    private readonly FileBlock[] _blocks;
    private readonly int[] _slots;
    private readonly int _regionBits;

    /// <summary>Enters the rows of all blocks. Of several rows with one key the last is found.</summary>
    /// <param name="blocks">The files.</param>
    /// <param name="count">How many they are.</param>
    /// <param name="replaced">Rows whose key comes again later, in no order.</param>
    public FileIndex(FileBlock[] blocks, int count, out IReadOnlyCollection<int> replaced)
    {
        _blocks = blocks;
        int slots = 16;
        while (slots < 2L * count) slots = checked(slots * 2);
        _slots = new int[slots];
        _regionBits = slots < LeastSlotsInRegions ? 0 : RegionBits;
        HashSet<int> again = [];
        if (_regionBits == 0) FillRegion(0, again);
        else Parallel.For(0, 1 << _regionBits, region => FillRegion(region, again));
        replaced = again;
    }

    /// <summary>The row of a file; -1 when it is not here.</summary>
    public int Find(ReadOnlySpan<byte> canonicalPath, string? vectorId)
    {
        int entry = _slots[SlotOf(PathHash.Of(canonicalPath), canonicalPath, vectorId)];
        return entry - 1;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void FillRegion(int region, HashSet<int> replaced)
    {
        for (int block = 0; block < _blocks.Length; block++)
        {
            FileBlock files = _blocks[block];
            ReadOnlySpan<uint> hashes = files.Hashes.AsSpan(0, files.Count);
            for (int i = 0; i < hashes.Length; i++)
            {
                if (RegionOf(hashes[i]) != region) continue;
                int slot = SlotOf(hashes[i], files, i);
                if (_slots[slot] != 0)
                {
                    lock (replaced) replaced.Add(_slots[slot] - 1);
                }

                _slots[slot] = (block << FileBlock.Shift) + i + 1;
            }
        }
    }

    private int RegionOf(uint hash) => _regionBits == 0 ? 0 : (int)(hash >> (32 - _regionBits));

    /// <summary>The slot of a row's key: empty, or taken by a row of the same key.</summary>
    private int SlotOf(uint hash, FileBlock files, int row)
    {
        (int slot, int start, int mask) = FirstSlot(hash);
        for (; _slots[slot] != 0; slot = start + ((slot + 1) & mask))
        {
            FileBlock other = BlockOf(_slots[slot] - 1, out int i);
            if (other.Hashes[i] == hash && other.IsAt(i, FileBlock.Canonical(files.Path(row)), files.Vectors?[row]?.UniqueId)) break;
        }

        return slot;
    }

    private int SlotOf(uint hash, ReadOnlySpan<byte> canonicalPath, string? vectorId)
    {
        (int slot, int start, int mask) = FirstSlot(hash);
        for (; _slots[slot] != 0; slot = start + ((slot + 1) & mask))
        {
            FileBlock other = BlockOf(_slots[slot] - 1, out int i);
            if (other.Hashes[i] == hash && other.IsAt(i, canonicalPath, vectorId)) break;
        }

        return slot;
    }

    /// <summary>Where the search begins, and the region in which it goes around.</summary>
    private (int Slot, int Start, int Mask) FirstSlot(uint hash)
    {
        int size = _slots.Length >> _regionBits;
        int start = RegionOf(hash) * size;
        return (start + (int)(hash & (size - 1)), start, size - 1);
    }

    private FileBlock BlockOf(int row, out int place)
    {
        place = row & (FileBlock.Capacity - 1);
        return _blocks[row >> FileBlock.Shift];
    }
}
