using System.Buffers.Binary;
using System.Collections;
using System.Numerics;

namespace Lakehouse.DuckDb;

/// <summary>The types that DuckDB packs into bytes of its own making: UUID, BIT and BIGNUM.</summary>
internal static class PackedValues
{
    private static readonly UInt128 s_top = UInt128.One << 127;

    /// <summary>A UUID is a signed 128-bit number whose top bit is flipped, so that it sorts as its text does.</summary>
    internal static Guid ReadUuid(UInt128 stored)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, stored ^ s_top);
        return new Guid(bytes, bigEndian: true);
    }

    internal static UInt128 WriteUuid(Guid value) => PlainUuid(value) ^ s_top;

    /// <summary>The UUID as a number, as `duckdb_create_uuid` takes it.</summary>
    internal static UInt128 PlainUuid(Guid value)
    {
        Span<byte> bytes = stackalloc byte[16];
        value.TryWriteBytes(bytes, bigEndian: true, out _);
        return BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    /// <summary>A BIT is a byte with the number of padding bits, then the bits, first one first, after the padding of ones.</summary>
    internal static BitArray ReadBits(ReadOnlySpan<byte> stored)
    {
        var padding = stored[0];
        var bits = new BitArray((stored.Length - 1) * 8 - padding);
        for (var i = 0; i < bits.Length; i++)
        {
            var at = i + padding;
            bits[i] = (stored[1 + at / 8] >> (7 - at % 8) & 1) != 0;
        }

        return bits;
    }

    /// <exception cref="InvalidCastException">No bits: DuckDB has no empty BIT.</exception>
    internal static byte[] WriteBits(BitArray bits)
    {
        if (bits.Length == 0) throw new InvalidCastException("A BIT holds at least one bit.");
        var stored = new byte[1 + (bits.Length + 7) / 8];
        var padding = (8 - bits.Length % 8) % 8;
        stored[0] = (byte)padding;
        for (var at = 0; at < padding + bits.Length; at++)
            if (at < padding || bits[at - padding]) stored[1 + at / 8] |= (byte)(0x80 >> at % 8);
        return stored;
    }

    /// <summary>A BIGNUM is three bytes with the length, then the magnitude, all inverted when it is negative, so that it sorts.</summary>
    internal static BigInteger ReadBigNum(ReadOnlySpan<byte> stored)
    {
        var negative = (stored[0] & 0x80) == 0;
        if (!negative) return new BigInteger(stored[3..], isUnsigned: true, isBigEndian: true);
        var magnitude = stored[3..].ToArray();
        for (var i = 0; i < magnitude.Length; i++) magnitude[i] = (byte)~magnitude[i];
        return -new BigInteger(magnitude, isUnsigned: true, isBigEndian: true);
    }

    internal static byte[] WriteBigNum(BigInteger value)
    {
        var magnitude = BigInteger.Abs(value).ToByteArray(isUnsigned: true, isBigEndian: true);
        if (magnitude.Length >= 1 << 23) throw new OverflowException("A BIGNUM holds no more than 8 MB of digits.");
        var stored = new byte[3 + magnitude.Length];
        stored[0] = (byte)(magnitude.Length >> 16 | 0x80);
        stored[1] = (byte)(magnitude.Length >> 8);
        stored[2] = (byte)magnitude.Length;
        magnitude.CopyTo(stored, 3);
        if (value.Sign < 0)
            for (var i = 0; i < stored.Length; i++) stored[i] = (byte)~stored[i];
        return stored;
    }
}
