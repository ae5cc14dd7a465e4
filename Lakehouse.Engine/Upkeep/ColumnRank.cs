using Lakehouse.DuckDb;

namespace Lakehouse.Engine.Upkeep;

/// <summary>
/// Where a column's values stand among all values of the column, as bits of a z-order key: the values are cut into ranges of about as
/// many rows each, so that however they are spread, every bit halves the rows. Null comes before all values.
/// </summary>
internal abstract class ColumnRank
{
    private readonly ulong[] _bits;

    /// <param name="ranges">Ranges of values.</param>
    /// <param name="place">The column's number in the key.</param>
    /// <param name="columns">Columns in the key.</param>
    protected ColumnRank(int ranges, int place, int columns)
    {
        var bits = BitsOf(columns);
        _bits = new ulong[ranges + 1];
        // Few values are spread over all the bits: in the low ones alone they would count for nothing beside the other columns.
        for (var rank = 0; rank <= ranges; rank++) _bits[rank] = Spread(((ulong)rank << bits) / (ulong)(ranges + 1), bits, place, columns);
    }

    /// <summary>How many ranges a column of a key is cut into at most.</summary>
    public static int MostRanges(int columns) => (1 << BitsOf(columns)) - 1;

    /// <summary>Fills in the key's bits for each value.</summary>
    public abstract void Fill(DuckDbVector values, Span<ulong> keys);

    /// <summary>The bits of a range, counted from 1; 0 stands for null.</summary>
    protected ulong Bits(int range) => _bits[range];

    /// <summary>As many as still make files and row groups smaller, at most a key's 64 together.</summary>
    private static int BitsOf(int columns) => Math.Min(10, 64 / columns);

    /// <summary>Puts the bits of a rank where those of this column are, the highest first.</summary>
    private static ulong Spread(ulong rank, int bits, int place, int columns)
    {
        ulong key = 0;
        for (var bit = 0; bit < bits; bit++)
            if ((rank >> (bits - 1 - bit) & 1) != 0) key |= 1UL << ((bits * columns) - 1 - (bit * columns) - place);
        return key;
    }
}

/// <summary>Ranks of numbers: integers, days, microseconds.</summary>
internal sealed class WholeNumberRank(long[] bounds, int place, int columns) : ColumnRank(bounds.Length + 1, place, columns)
{
    public override void Fill(DuckDbVector values, Span<ulong> keys)
    {
        var numbers = values.Values<long>();
        for (var i = 0; i < keys.Length; i++)
        {
            if (values.IsNull(i))
            {
                keys[i] = Bits(0);
                continue;
            }
            var at = Array.BinarySearch(bounds, numbers[i]);
            keys[i] = Bits((at < 0 ? ~at : at + 1) + 1);
        }
    }
}

/// <summary>Ranks of floating-point numbers and decimals. NaN comes after all others, as in SQL.</summary>
internal sealed class NumberRank(double[] bounds, int place, int columns) : ColumnRank(bounds.Length + 1, place, columns)
{
    public override void Fill(DuckDbVector values, Span<ulong> keys)
    {
        var numbers = values.Values<double>();
        for (var i = 0; i < keys.Length; i++)
        {
            if (values.IsNull(i))
            {
                keys[i] = Bits(0);
                continue;
            }
            var at = double.IsNaN(numbers[i]) ? bounds.Length - 1 : Array.BinarySearch(bounds, numbers[i]);
            keys[i] = Bits((at < 0 && !double.IsNaN(numbers[i]) ? ~at : at + 1) + 1);
        }
    }
}

/// <summary>Ranks of texts and bytes, by their bytes.</summary>
internal sealed class BytesRank(byte[][] bounds, int place, int columns) : ColumnRank(bounds.Length + 1, place, columns)
{
    public override void Fill(DuckDbVector values, Span<ulong> keys)
    {
        for (var i = 0; i < keys.Length; i++) keys[i] = Bits(values.IsNull(i) ? 0 : Below(values.Utf8(i)) + 1);
    }

    /// <summary>How many bounds are not above a value.</summary>
    private int Below(ReadOnlySpan<byte> value)
    {
        int low = 0, high = bounds.Length;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (value.SequenceCompareTo(bounds[middle]) < 0) high = middle;
            else low = middle + 1;
        }
        return low;
    }
}
