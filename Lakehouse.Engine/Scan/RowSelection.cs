using System.Numerics;
using System.Runtime.CompilerServices;
using Lakehouse.Delta;

namespace Lakehouse.Engine.Scan;

/// <summary>Which rows of one data file a scan shows, as one bit a row: a test costs a load and a shift, where looking a row up in a
/// compressed bitmap cost several times the rest of the scan.</summary>
internal sealed class RowSelection
{
    private readonly ulong[] _bits;
    private readonly bool _listed;
    private readonly long _count;

    private RowSelection(RoaringBitmapArray rows, bool listed)
    {
        _listed = listed;
        _count = (long)rows.Cardinality;
        long last = -1;
        foreach (var row in rows.Values()) last = Math.Max(last, (long)row);
        _bits = new ulong[(last + 64) >> 6];
        foreach (var row in rows.Values()) _bits[(long)row >> 6] |= 1UL << (int)((long)row & 63);
    }

    /// <summary>All rows but these.</summary>
    public static RowSelection AllBut(RoaringBitmapArray rows) => new(rows, listed: false);

    /// <summary>These rows only.</summary>
    public static RowSelection Only(RoaringBitmapArray rows) => new(rows, listed: true);

    /// <summary>How many rows of a file with <paramref name="records"/> rows are shown; null when that is not known.</summary>
    public long? CountShown(long? records) => _listed ? _count : records - _count;

    /// <summary>Whether the row at this position of the file, from 0, is shown.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Shows(long row)
    {
        var word = row >> 6;
        var bit = word < _bits.Length && (_bits[word] >> (int)(row & 63) & 1) != 0;
        return bit == _listed;
    }

    /// <summary>Tells of the rows from <paramref name="first"/> on, one after the other, which are shown.</summary>
    public void FillShown(long first, Span<bool> shown)
    {
        shown.Fill(!_listed);
        var last = first + shown.Length;
        // Few bits are set among many: go from set bit to set bit.
        for (var word = first >> 6; word < _bits.Length && word << 6 < last; word++)
        {
            var bits = _bits[word];
            while (bits != 0)
            {
                var row = (word << 6) + BitOperations.TrailingZeroCount(bits);
                bits &= bits - 1;
                if (row >= first && row < last) shown[(int)(row - first)] = _listed;
            }
        }
    }
}
