using System.Buffers.Binary;
using System.Text;

namespace Lakehouse.Ingestion.Postgres.Wire;

/// <summary>A cursor over one logical replication message of pgoutput.</summary>
/// <remarks>PostgreSQL documentation, "Logical Replication Message Formats": big-endian integers, zero-terminated strings.</remarks>
internal ref struct PgOutputReader(ReadOnlySpan<byte> message)
{
    private ReadOnlySpan<byte> _rest = message;

    /// <summary>Bytes not read yet.</summary>
    public readonly ReadOnlySpan<byte> Rest => _rest;

    public byte ReadByte()
    {
        Need(1);
        var value = _rest[0];
        _rest = _rest[1..];
        return value;
    }

    public short ReadInt16()
    {
        Need(2);
        var value = BinaryPrimitives.ReadInt16BigEndian(_rest);
        _rest = _rest[2..];
        return value;
    }

    public int ReadInt32()
    {
        Need(4);
        var value = BinaryPrimitives.ReadInt32BigEndian(_rest);
        _rest = _rest[4..];
        return value;
    }

    public uint ReadUInt32() => unchecked((uint)ReadInt32());

    public long ReadInt64()
    {
        Need(8);
        var value = BinaryPrimitives.ReadInt64BigEndian(_rest);
        _rest = _rest[8..];
        return value;
    }

    public ulong ReadUInt64() => unchecked((ulong)ReadInt64());

    public string ReadString()
    {
        var end = _rest.IndexOf((byte)0);
        if (end < 0) throw new ReplicationProtocolException("A string in a replication message has no end.");
        var value = Encoding.UTF8.GetString(_rest[..end]);
        _rest = _rest[(end + 1)..];
        return value;
    }

    public ReadOnlySpan<byte> ReadBytes(int count)
    {
        Need(count);
        var value = _rest[..count];
        _rest = _rest[count..];
        return value;
    }

    private readonly void Need(int count)
    {
        if ((uint)count > (uint)_rest.Length)
            throw new ReplicationProtocolException($"A replication message ends early: {count} more bytes expected, {_rest.Length} there.");
    }
}
