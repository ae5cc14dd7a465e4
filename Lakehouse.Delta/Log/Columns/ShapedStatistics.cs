namespace Lakehouse.Delta;

/// <summary>The values of a file's statistics, whose <see cref="StatisticsShape"/> tells what each stands for.</summary>
public readonly ref struct ShapedStatistics
{
    private readonly ReadOnlySpan<byte> _values;
    private readonly int _count;

    internal ShapedStatistics(ReadOnlySpan<byte> values, int count)
    {
        _values = values;
        _count = count;
    }

    /// <summary>A value as it stands in the JSON: of a text, what is between its quotes. No text has escapes.</summary>
    public ReadOnlySpan<byte> this[int value]
    {
        get
        {
            int start = _count;
            foreach (byte length in _values[..value]) start += length;
            return _values.Slice(start, _values[value]);
        }
    }
}
