using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Lakehouse.Delta;

/// <summary>A hash of bytes, eight at a time. Seeded by process: names of files come from whoever writes the table.</summary>
internal static class PathHash
{
    private const ulong Factor = 0x9E37_79B9_7F4A_7C15;

    private static readonly ulong Seed = (ulong)Random.Shared.NextInt64();

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static uint Of(ReadOnlySpan<byte> bytes)
    {
        ulong hash = Seed ^ (ulong)bytes.Length;
        while (bytes.Length >= 8)
        {
            hash = Mix(hash ^ BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[8..];
        }

        ulong rest = 0;
        for (int i = 0; i < bytes.Length; i++) rest |= (ulong)bytes[i] << (8 * i);
        hash = Mix(hash ^ rest);
        return (uint)(hash >> 32) ^ (uint)hash;
    }

    private static ulong Mix(ulong value)
    {
        ulong high = Math.BigMul(value, Factor, out ulong low);
        return BitOperations.RotateLeft(high ^ low, 29);
    }
}
