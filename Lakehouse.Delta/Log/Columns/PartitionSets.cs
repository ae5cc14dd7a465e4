using System.Buffers.Binary;
using System.Collections.ObjectModel;
using System.Runtime.CompilerServices;
using System.Text;

namespace Lakehouse.Delta;

/// <summary>The distinct combinations of partition values in a table, each kept once under a number: files are many, partitions few.</summary>
internal sealed class PartitionSets
{
    private readonly List<IReadOnlyDictionary<string, string?>> _sets = [];
    private readonly Dictionary<byte[], int> _ids = new(ByteTextComparer.Instance);
    private readonly Dictionary<byte[], int>.AlternateLookup<ReadOnlySpan<byte>> _idsBySpan;
    private byte[] _key = new byte[256];
    private int _length;

    // Files of a partition mostly come one after the other.
    private byte[]? _lastKey;
    private int _last;

    public PartitionSets() => _idsBySpan = _ids.GetAlternateLookup<ReadOnlySpan<byte>>();

    /// <summary>The values of a number.</summary>
    public IReadOnlyDictionary<string, string?> this[int id] => _sets[id];

    /// <summary>Adds a value to the combination that <see cref="End"/> finishes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Append(ReadOnlySpan<byte> column, ReadOnlySpan<byte> value, bool isNull)
    {
        int needed = _length + 8 + column.Length + value.Length;
        if (needed > _key.Length) Array.Resize(ref _key, Math.Max(needed, _key.Length * 2));
        AppendText(column, column.Length);
        AppendText(value, isNull ? -1 : value.Length);
    }

    /// <summary>The number of the values appended since the last call.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public int End()
    {
        ReadOnlySpan<byte> key = _key.AsSpan(0, _length);
        _length = 0;
        if (_lastKey is not null && key.SequenceEqual(_lastKey)) return _last;
        if (!_idsBySpan.TryGetValue(key, out byte[]? known, out int id))
        {
            id = _sets.Count;
            known = key.ToArray();
            _ids.Add(known, id);
            _sets.Add(Decode(key));
        }

        (_lastKey, _last) = (known, id);
        return id;
    }

    /// <summary>The number of these values.</summary>
    public int Of(IReadOnlyDictionary<string, string?> values)
    {
        foreach ((string column, string? value) in values) Append(Encoding.UTF8.GetBytes(column), value is null ? default : Encoding.UTF8.GetBytes(value), value is null);
        return End();
    }

    /// <summary>All combinations by their numbers.</summary>
    public IReadOnlyDictionary<string, string?>[] ToArray() => [.. _sets];

    private void AppendText(ReadOnlySpan<byte> text, int length)
    {
        BinaryPrimitives.WriteInt32LittleEndian(_key.AsSpan(_length), length);
        text.CopyTo(_key.AsSpan(_length + 4));
        _length += 4 + text.Length;
    }

    private static IReadOnlyDictionary<string, string?> Decode(ReadOnlySpan<byte> key)
    {
        if (key.IsEmpty) return ReadOnlyDictionary<string, string?>.Empty;
        Dictionary<string, string?> values = new(StringComparer.Ordinal);
        while (!key.IsEmpty)
        {
            string column = Take(ref key)!;
            values[column] = Take(ref key);
        }

        return values;
    }

    private static string? Take(ref ReadOnlySpan<byte> key)
    {
        int length = BinaryPrimitives.ReadInt32LittleEndian(key);
        string? text = length < 0 ? null : Encoding.UTF8.GetString(key.Slice(4, length));
        key = key[(4 + Math.Max(0, length))..];
        return text;
    }
}
