using System.Runtime.CompilerServices;

namespace Lakehouse.Delta;

/// <summary>
/// The shapes of the statistics of many files, by number, and how a file's statistics are kept: the shape's number from 1 on and the
/// values; or 0 and the JSON where no shape fits. One thread adds; what was written can be read from any.
/// </summary>
internal sealed class StatisticsShapes
{
    private const int Most = byte.MaxValue;

    /// <summary>So many shapes are tried before statistics are parsed: those that fitted last.</summary>
    private const int Tried = 4;

    private readonly Dictionary<byte[], int> _numbers = new(ByteTextComparer.Instance);
    private readonly int[] _last = new int[Tried];
    private StatisticsShape[] _shapes = [];

    /// <summary>The most bytes that statistics can take.</summary>
    public static int MostBytes(int jsonLength) => checked(2 * jsonLength + 1);

    /// <summary>Writes statistics.</summary>
    /// <returns>Bytes written.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public int Write(ReadOnlySpan<byte> json, Span<byte> to)
    {
        for (int i = 0; i < Tried && _last[i] > 0; i++)
        {
            int written = _shapes[_last[i] - 1].TryWrite(json, to[1..]);
            if (written < 0) continue;
            if (i > 0) MoveToFront(i, _last[i]);
            to[0] = (byte)_last[0];
            return written + 1;
        }

        if (_shapes.Length < Most && StatisticsShape.Of(json) is { } shape)
        {
            byte[] example = shape.ToExample();
            if (!_numbers.TryGetValue(example, out int number))
            {
                _shapes = [.. _shapes, shape];
                _numbers.Add(example, number = _shapes.Length);
            }

            int written = _shapes[number - 1].TryWrite(json, to[1..]);
            if (written >= 0)
            {
                MoveToFront(Tried - 1, number);
                to[0] = (byte)number;
                return written + 1;
            }
        }

        to[0] = 0;
        json.CopyTo(to[1..]);
        return json.Length + 1;
    }

    /// <summary>The shape of statistics; null where they are kept as JSON.</summary>
    public StatisticsShape? ShapeOf(ReadOnlySpan<byte> written) => written[0] == 0 ? null : _shapes[written[0] - 1];

    /// <summary>The statistics as JSON.</summary>
    public ReadOnlySpan<byte> Read(ReadOnlySpan<byte> written, ref byte[] buffer)
    {
        if (written.IsEmpty) return default;
        if (ShapeOf(written) is not { } shape) return written[1..];
        int length = shape.LengthOf(written[1..]);
        if (buffer.Length < length) buffer = new byte[Math.Max(length, 2 * buffer.Length)];
        shape.Read(written[1..], buffer);
        return buffer.AsSpan(0, length);
    }

    private void MoveToFront(int from, int number)
    {
        for (int i = from; i > 0; i--) _last[i] = _last[i - 1];
        _last[0] = number;
    }
}
