using System.Buffers.Binary;
using Lakehouse.Storage;

namespace Lakehouse.Delta.Tests;

public sealed class DeletionVectorTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>PROTOCOL.md's own inline example, which is in the native format, and the same rows in the portable one.</summary>
    [Theory]
    [InlineData("wi5b=000010000siXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L", 40)]
    [InlineData("^Bg9^0rr910000000000iXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L", 44)]
    public async Task The_protocols_inline_example_holds_the_rows_it_says(string text, int size)
    {
        using TestTable table = new();
        DeletionVectorDescriptor example = new() { StorageType = 'i', PathOrInlineDv = text, SizeInBytes = size, Cardinality = 6 };

        RoaringBitmapArray vector = await new DeletionVectorStore(table.Store, "t").ReadAsync(example, Token);

        Assert.Equal([3UL, 4, 7, 11, 18, 29], vector.Values());
        if (size == 44) Assert.Equal(text, DeletionVectorStore.Inline(vector).PathOrInlineDv);
    }

    [Fact]
    public void The_protocols_relative_example_names_the_file_it_says()
    {
        using TestTable table = new();
        DeletionVectorDescriptor example = new() { StorageType = 'u', PathOrInlineDv = "ab^-aqEH.-t@S}K{vb[*k^", Offset = 4, SizeInBytes = 40, Cardinality = 6 };

        DataLocation location = new DeletionVectorStore(table.Store, "mytable").Locate(example);

        Assert.Equal("mytable/ab/deletion_vector_d2c639aa-8816-431a-aaf6-d3fe2512ff61.bin", location.Key);
    }

    [Fact]
    public void A_descriptors_unique_id_has_its_offset_only_when_it_has_one()
    {
        DeletionVectorDescriptor onDisk = new() { StorageType = 'u', PathOrInlineDv = "ab^-aqEH.-t@S}K{vb[*k^", Offset = 4, SizeInBytes = 40, Cardinality = 6 };

        Assert.Equal("uab^-aqEH.-t@S}K{vb[*k^@4", onDisk.UniqueId);
        Assert.Equal("uab^-aqEH.-t@S}K{vb[*k^", (onDisk with { Offset = null }).UniqueId);
    }

    [Fact]
    public void The_checksum_is_that_of_java_util_zip()
    {
        Assert.Equal(0xCBF43926u, Crc32.Of("123456789"u8));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void Random_sets_survive_serialisation_and_answer_like_a_set(int seed)
    {
        Random random = new(seed);
        SortedSet<ulong> expected = RandomSet(random);
        RoaringBitmapArray vector = new();
        foreach (ulong value in expected.OrderBy(_ => random.Next())) Assert.True(vector.Add(value), $"seed {seed}: {value} was new");

        RoaringBitmapArray read = RoaringBitmapArray.Deserialize(vector.Serialize());

        Assert.Equal(expected.Count, read.Cardinality);
        Assert.Equal(expected, read.Values());
        foreach (ulong value in expected.Take(1000)) Assert.True(read.Contains(value) && !read.Add(value), $"seed {seed}: {value}");
        for (int i = 0; i < 1000; i++)
        {
            ulong value = (ulong)random.NextInt64(1L << 34);
            Assert.True(expected.Contains(value) == read.Contains(value), $"seed {seed}: {value}");
        }
    }

    [Theory]
    [InlineData(11)]
    [InlineData(12)]
    [InlineData(13)]
    public void Live_flags_agree_with_contains_row_by_row(int seed)
    {
        Random random = new(seed);
        RoaringBitmapArray vector = new([.. RandomSet(random)]);
        foreach (ulong first in new ulong[] { 0, 1, 65_535, 65_536 * 2 - 100, (1UL << 32) - 1000 })
        {
            bool[] live = new bool[random.Next(1, 140_000)];
            vector.FillLive(first, live);
            for (int i = 0; i < live.Length; i++) Assert.True(live[i] != vector.Contains(first + (ulong)i), $"seed {seed}, row {first + (ulong)i}");
        }
    }

    [Theory]
    [InlineData(21)]
    [InlineData(22)]
    public void A_union_holds_both_sets_and_leaves_the_other_alone(int seed)
    {
        Random random = new(seed);
        SortedSet<ulong> left = RandomSet(random), right = RandomSet(random);
        RoaringBitmapArray union = new([.. left]), other = new([.. right]);

        union.UnionWith(other);

        Assert.Equal(right, other.Values());
        Assert.Equal(new SortedSet<ulong>(left.Union(right)), union.Values());
    }

    [Fact]
    public void Run_containers_of_other_writers_are_read()
    {
        // Cookie with runs, one container; run flag; key 0, cardinality 300; 2 runs: 10..209 and 1000..1099.
        byte[] bytes = new byte[12 + 4 + 4 + 1 + 4 + 2 + 8];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, RoaringBitmapArray.Magic);
        bytes[4] = 1;
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(16), 12347);
        bytes[20] = 1;
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(23), 299);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(25), 2);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(27), 10);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(29), 199);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(31), 1000);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(33), 99);

        RoaringBitmapArray vector = RoaringBitmapArray.Deserialize(bytes);

        Assert.Equal(Enumerable.Range(10, 200).Concat(Enumerable.Range(1000, 100)).Select(row => (ulong)row), vector.Values());
        vector.Add(5000);
        Assert.Equal(301, RoaringBitmapArray.Deserialize(vector.Serialize()).Cardinality);
    }

    [Fact]
    public async Task Several_vectors_in_one_file_read_back_each_by_its_descriptor()
    {
        using TestTable table = new();
        DeletionVectorStore store = new(table.Store, "silver/orders");
        RoaringBitmapArray[] vectors = [new([1, 2, 3]), new([.. Enumerable.Range(0, 100_000).Select(row => (ulong)row * 2)]), new([7UL << 40])];

        IReadOnlyList<DeletionVectorDescriptor> descriptors = await store.WriteAsync(vectors, Token);

        Assert.Single(descriptors.Select(descriptor => descriptor.PathOrInlineDv).Distinct());
        Assert.Equal(1, descriptors[0].Offset);
        for (int i = 0; i < vectors.Length; i++) Assert.Equal(vectors[i].Values(), (await store.ReadAsync(descriptors[i], Token)).Values());
    }

    [Fact]
    public async Task An_inline_vector_reads_back()
    {
        using TestTable table = new();
        DeletionVectorDescriptor descriptor = DeletionVectorStore.Inline(new([5, 70_000, 1UL << 33]));

        Assert.Null(descriptor.Offset);
        Assert.Equal([5UL, 70_000, 1UL << 33], (await new DeletionVectorStore(table.Store, "t").ReadAsync(descriptor, Token)).Values());
    }

    [Fact]
    public async Task A_flipped_bit_a_wrong_count_and_a_missing_file_are_told_apart()
    {
        using TestTable table = new();
        DeletionVectorStore store = new(table.Store, "silver/orders");
        DeletionVectorDescriptor good = (await store.WriteAsync([new([1, 2, 3])], Token))[0];
        string path = table.PathOf(System.IO.Path.GetFileName(store.Locate(good).Key!));

        await Fails(good with { Cardinality = 4 }, "deletes 3 rows");
        await Fails(good with { SizeInBytes = good.SizeInBytes - 1 }, "bytes where its descriptor says");
        byte[] bytes = await System.IO.File.ReadAllBytesAsync(path, Token);
        bytes[^6] ^= 1;
        await System.IO.File.WriteAllBytesAsync(path, bytes, Token);
        await Fails(good, "checksum");
        await System.IO.File.WriteAllBytesAsync(path, bytes[..10], Token);
        await Fails(good, "ends too soon");
        System.IO.File.Delete(path);
        await Fails(good, "file is gone");

        async Task Fails(DeletionVectorDescriptor descriptor, string message) =>
            Assert.Contains(message, (await Assert.ThrowsAsync<CorruptDeletionVectorException>(() => store.ReadAsync(descriptor, Token))).Message);
    }

    [Theory]
    [InlineData(31)]
    [InlineData(32)]
    [InlineData(33)]
    public void Garbage_never_throws_anything_but_a_format_exception(int seed)
    {
        Random random = new(seed);
        byte[] good = new RoaringBitmapArray([.. RandomSet(random)]).Serialize();
        for (int i = 0; i < 300; i++)
        {
            byte[] bad = good[..random.Next(good.Length)];
            for (int flips = random.Next(4); flips > 0 && bad.Length > 0; flips--) bad[random.Next(Math.Min(64, bad.Length))] = (byte)random.Next(256);
            Exception? thrown = Record.Exception(() => RoaringBitmapArray.Deserialize(bad));
            Assert.True(thrown is null or FormatException, $"seed {seed}, case {i}: {thrown}");
        }
    }

    [Fact]
    public async Task A_vector_file_that_climbs_out_of_the_table_is_refused()
    {
        using TestTable table = new();
        DeletionVectorDescriptor bad = new() { StorageType = 'u', PathOrInlineDv = "../x^-aqEH.-t@S}K{vb[*k^", Offset = 1, SizeInBytes = 40, Cardinality = 6 };

        await Assert.ThrowsAsync<CorruptLogException>(() => new DeletionVectorStore(table.Store, "t").ReadAsync(bad, Token));
    }

    /// <summary>Sparse, dense, clustered and far parts, so that all kinds of containers and several bitmaps come about.</summary>
    private static SortedSet<ulong> RandomSet(Random random)
    {
        SortedSet<ulong> set = [];
        for (int i = 0; i < 500; i++) set.Add((ulong)random.NextInt64(1L << 34));
        ulong dense = (ulong)random.Next(4) * 65_536;
        for (int i = 0; i < 20_000; i++) set.Add(dense + (ulong)random.Next(65_536));
        ulong start = (ulong)random.Next(200_000);
        for (ulong i = 0; i < 9_000; i++) set.Add(start + i);
        set.Add((1UL << 32) - 1);
        set.Add(1UL << 32);
        return set;
    }
}
