using System.Numerics;
using System.Runtime.InteropServices;
using Lakehouse.Delta;

namespace Lakehouse.Engine.Scan;

/// <summary>Which rows of one data file a scan shows, as one bit a row: a test costs a load and a shift, where looking a row up in a
/// compressed bitmap cost several times the rest of the scan. Stretches without a listed row have no bits.</summary>
internal sealed class RowSelection
{
    private const int PageShift = 16;
    private const int PageWords = 1 << (PageShift - 6);

    private readonly Dictionary<long, ulong[]> _pages = [];
    private readonly bool _listed;
    private readonly long _count;

    private RowSelection(RoaringBitmapArray rows, bool listed)
    {
        _listed = listed;
        _count = (long)rows.Cardinality;
        foreach (var value in rows.Values())
        {
            var row = (long)value;
            ref var bits = ref CollectionsMarshal.GetValueRefOrAddDefault(_pages, row >> PageShift, out _);
            (bits ??= new ulong[PageWords])[WordOf(row)] |= 1UL << (int)(row & 63);
        }
    }

    /// <summary>All rows but these.</summary>
    public static RowSelection AllBut(RoaringBitmapArray rows) => new(rows, listed: false);

    /// <summary>These rows only.</summary>
    public static RowSelection Only(RoaringBitmapArray rows) => new(rows, listed: true);

    /// <summary>How many rows of a file with <paramref name="records"/> rows are shown; null when that is not known.</summary>
    public long? CountShown(long? records) => _listed ? _count : records - _count;

    /// <summary>Tells of rows of the file, by their positions from 0 and in any order, which are shown.</summary>
    public void Fill(ReadOnlySpan<long> rows, Span<bool> shown)
    {
        if (IsOneRun(rows))
        {
            FillRun(rows[0], shown[..rows.Length]);
            return;
        }
        long page = -1;
        ulong[]? bits = null;
        for (var i = 0; i < rows.Length; i++)
        {
            var row = rows[i];
            if (row >> PageShift != page)
            {
                page = row >> PageShift;
                bits = _pages.GetValueOrDefault(page);
            }
            shown[i] = (bits is not null && (bits[WordOf(row)] >> (int)(row & 63) & 1) != 0) == _listed;
        }
    }

    private void FillRun(long first, Span<bool> shown)
    {
        shown.Fill(!_listed);
        var end = first + shown.Length;
        for (var page = first >> PageShift; page << PageShift < end; page++)
        {
            if (!_pages.TryGetValue(page, out var bits)) continue;
            var pageStart = page << PageShift;
            var last = WordOf(Math.Min(end - 1, pageStart + (1 << PageShift) - 1));
            for (var word = WordOf(Math.Max(first, pageStart)); word <= last; word++)
            {
                // Few bits are set among many: go from set bit to set bit.
                for (var left = bits[word]; left != 0; left &= left - 1)
                {
                    var row = pageStart + ((long)word << 6) + BitOperations.TrailingZeroCount(left);
                    if (row >= first && row < end) shown[(int)(row - first)] = _listed;
                }
            }
        }
    }

    /// <summary>Whether the rows follow one another, as a scan gives them unless a filter before ours left some out.</summary>
    private static bool IsOneRun(ReadOnlySpan<long> rows)
    {
        if (rows.IsEmpty || rows[^1] - rows[0] != rows.Length - 1) return false;
        // The ends alone prove nothing about rows that came out of order.
        ref var start = ref MemoryMarshal.GetReference(rows);
        var i = 1;
        for (; i <= rows.Length - Vector<long>.Count; i += Vector<long>.Count)
            if (Vector.LoadUnsafe(ref start, (nuint)i) - Vector.LoadUnsafe(ref start, (nuint)i - 1) != Vector<long>.One) return false;
        for (; i < rows.Length; i++)
            if (rows[i] != rows[i - 1] + 1) return false;
        return true;
    }

    private static int WordOf(long row) => (int)(row >> 6) & (PageWords - 1);
}
