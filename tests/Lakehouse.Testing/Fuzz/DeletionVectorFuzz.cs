using System.Buffers.Binary;
using Lakehouse.Delta;

namespace Lakehouse.Testing.Fuzz;

/// <summary>Damaged deletion vectors: they are read for what they say, or refused by name, and take no more memory than their bytes are worth.</summary>
internal static class DeletionVectorFuzz
{
    private const string Table = "t";

    public static async Task RunAsync(int seed)
    {
        Random random = new(seed);
        MemoryObjectStore store = new();
        DeletionVectorStore vectors = new(store, Table);
        RoaringBitmapArray set = Draw(random);
        DeletionVectorDescriptor descriptor = random.Next(3) switch
        {
            0 => Inline(random, set),
            1 => await DamagedFileAsync(random, store, vectors, set),
            _ => DamagedPayload(random, store, set),
        };
        if (random.Next(8) == 0) descriptor = descriptor with { SizeInBytes = random.Next(4) == 0 ? int.MaxValue : random.Next() };
        if (random.Next(8) == 0) descriptor = descriptor with { Cardinality = random.Next(3) == 0 ? long.MaxValue : random.NextInt64(1 << 20) };
        if (random.Next(8) == 0) descriptor = descriptor with { Offset = random.Next() };
        try
        {
            RoaringBitmapArray read = await vectors.ReadAsync(descriptor);
            Check(read, descriptor.Cardinality);
        }
        catch (CorruptDeletionVectorException failure)
        {
            if (failure.Table != Table) throw new FuzzException("A failure does not name its table.", failure);
            if (failure.Path is null && descriptor.StorageType == DeletionVectorDescriptor.RelativeFile && descriptor.PathOrInlineDv.Length == 20 && failure.InnerException?.Message.Contains("UUID", StringComparison.Ordinal) != true
                && failure.InnerException?.Message.Contains("Z85", StringComparison.Ordinal) != true && failure.InnerException?.Message.Contains("negative", StringComparison.Ordinal) != true)
                throw new FuzzException("A failure does not name the vector's file.", failure);
        }
        catch (CorruptLogException failure) when (failure.Table == Table)
        {
            // Its path climbs out of the table.
        }
    }

    private static void Check(RoaringBitmapArray read, long cardinality)
    {
        long count = 0;
        ulong last = 0;
        foreach (ulong row in read.Values().Take(100_000))
        {
            if (count++ > 0 && row <= last) throw new FuzzException($"Row {row} comes after row {last}.");
            if (!read.Contains(row)) throw new FuzzException($"Row {row} is in the set and is not.");
            last = row;
        }

        if (read.Cardinality != cardinality || (count < 100_000 && count != cardinality)) throw new FuzzException($"A set of {cardinality} rows gives {count}.");
        RoaringBitmapArray again = RoaringBitmapArray.Deserialize(read.Serialize());
        if (again.Cardinality != cardinality || !again.Values().Take(1000).SequenceEqual(read.Values().Take(1000))) throw new FuzzException("A set that was written reads otherwise.");
    }

    private static RoaringBitmapArray Draw(Random random)
    {
        RoaringBitmapArray set = new();
        ulong row = 0;
        int spread = random.Next(3) switch { 0 => 2, 1 => 5_000, _ => 1 << 20 };
        for (int i = random.Next(1, random.Next(4) == 0 ? 6_000 : 60); i > 0; i--) set.Add(row += (ulong)random.Next(1, spread));
        if (random.Next(5) == 0) set.Add((1UL << 33) + (ulong)random.Next(100));
        return set;
    }

    private static DeletionVectorDescriptor Inline(Random random, RoaringBitmapArray set)
    {
        DeletionVectorDescriptor inline = DeletionVectorStore.Inline(set);
        char[] text = inline.PathOrInlineDv.ToCharArray();
        for (int i = random.Next(3); i > 0; i--) text[random.Next(text.Length)] = (char)random.Next(random.Next(2) == 0 ? 0x7F : 0x10000);
        return inline with { PathOrInlineDv = new string(text, 0, random.Next(6) == 0 ? random.Next(text.Length) : text.Length) };
    }

    private static async Task<DeletionVectorDescriptor> DamagedFileAsync(Random random, MemoryObjectStore store, DeletionVectorStore vectors, RoaringBitmapArray set)
    {
        DeletionVectorDescriptor descriptor = (await vectors.WriteAsync([set]))[0];
        string key = store.Keys[0];
        store.Set(key, Mutator.Bytes(random, store.Get(key)!));
        if (random.Next(10) == 0) descriptor = descriptor with { PathOrInlineDv = random.Next(3) switch { 0 => "..", 1 => "../" + descriptor.PathOrInlineDv, _ => descriptor.PathOrInlineDv[..10] } };
        if (random.Next(20) == 0) descriptor = descriptor with { StorageType = DeletionVectorDescriptor.AbsoluteFile, PathOrInlineDv = random.Next(3) switch { 0 => "/", 1 => "file:///nowhere/at%00all", _ => "s3://other/place" } };
        return descriptor;
    }

    /// <summary>Damage that the checksum vouches for: it gets as far as the bitmaps.</summary>
    private static DeletionVectorDescriptor DamagedPayload(Random random, MemoryObjectStore store, RoaringBitmapArray set)
    {
        byte[] payload = random.Next(6) == 0 ? Crowded(random) : Mutator.Bytes(random, set.Serialize());
        byte[] file = new byte[payload.Length + 9];
        file[0] = 1;
        BinaryPrimitives.WriteInt32BigEndian(file.AsSpan(1), payload.Length);
        payload.CopyTo(file, 5);
        BinaryPrimitives.WriteUInt32BigEndian(file.AsSpan(5 + payload.Length), Crc32.Of(payload));
        store.Set($"{Table}/deletion_vector_00000000-0000-0000-0000-000000000000.bin", file);
        return new DeletionVectorDescriptor { StorageType = DeletionVectorDescriptor.RelativeFile, PathOrInlineDv = new string('0', 20), Offset = 1, SizeInBytes = payload.Length, Cardinality = set.Cardinality };
    }

    /// <summary>A bitmap of very many run containers, each of which stands for 65,536 rows: 10 bytes for 8 kilobytes.</summary>
    private static byte[] Crowded(Random random)
    {
        int count = random.Next(1, 65537);
        byte[] bytes = new byte[12 + 4 + 4 + ((count + 7) / 8) + (count * 8) + (count * 6)];
        Span<byte> rest = bytes;
        BinaryPrimitives.WriteInt32LittleEndian(rest, RoaringBitmapArray.Magic);
        BinaryPrimitives.WriteInt64LittleEndian(rest[4..], 1);
        rest = rest[16..];
        BinaryPrimitives.WriteUInt32LittleEndian(rest, 12347u | ((uint)(count - 1) << 16));
        rest = rest[4..];
        rest[..((count + 7) / 8)].Fill(255);
        rest = rest[((count + 7) / 8)..];
        for (int i = 0; i < count; i++)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(rest[(i * 4)..], (ushort)i);
            BinaryPrimitives.WriteUInt16LittleEndian(rest[((i * 4) + 2)..], ushort.MaxValue);
        }

        rest = rest[(count * (count >= 4 ? 8 : 4))..];
        for (int i = 0; i < count; i++)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(rest[(i * 6)..], 1);
            BinaryPrimitives.WriteUInt16LittleEndian(rest[((i * 6) + 4)..], ushort.MaxValue);
        }

        return bytes;
    }
}
