namespace Lakehouse.Delta;

/// <summary>Bytes that are gathered and then copied out, again and again in the same memory.</summary>
internal sealed class GrowingBytes
{
    private byte[] _bytes = new byte[256];

    public int Length { get; private set; }

    /// <summary>Room for at least so many bytes after those that are there; <see cref="Advance"/> tells how many were written.</summary>
    public Span<byte> Room(int bytes)
    {
        if (_bytes.Length - Length < bytes) Array.Resize(ref _bytes, Math.Max(checked(Length + bytes), (int)Math.Min(2L * _bytes.Length, Array.MaxLength)));
        return _bytes.AsSpan(Length);
    }

    public void Advance(int bytes) => Length += bytes;

    public void Add(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Room(bytes.Length));
        Length += bytes.Length;
    }

    /// <summary>A copy of what is there, of which nothing is there then.</summary>
    public byte[] Take()
    {
        byte[] taken = GC.AllocateUninitializedArray<byte>(Length);
        _bytes.AsSpan(0, Length).CopyTo(taken);
        Length = 0;
        return taken;
    }

    /// <summary>Lets the memory go, with what is there.</summary>
    public void Release() => (_bytes, Length) = ([], 0);
}
