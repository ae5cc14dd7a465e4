namespace Lakehouse.Delta;

/// <summary>What a row of a block has.</summary>
[Flags]
internal enum FileFlags : byte
{
    None = 0,
    DataChange = 1,
    ExtendedFileMetadata = 2,
    Time = 4,
    Size = 8,
    Stats = 16,
}

/// <summary>What few files have beside path, size, time, partition and statistics.</summary>
internal sealed record FileExtras(IReadOnlyDictionary<string, string?>? Tags, long? BaseRowId, long? DefaultRowCommitVersion, string? ClusteringProvider);

/// <summary>Up to <see cref="Capacity"/> files by columns: texts lie one after the other in one array, as UTF-8.</summary>
internal sealed class FileBlock
{
    /// <summary>A power of two, so that a row's block is a shift away.</summary>
    public const int Capacity = 1 << Shift;

    /// <summary>Bits of a row's number that tell its place in its block.</summary>
    public const int Shift = 12;

    public required int Count { get; init; }

    public required byte[] Paths { get; init; }

    public required int[] PathEnds { get; init; }

    public required byte[] Stats { get; init; }

    public required int[] StatsEnds { get; init; }

    public required long[] Sizes { get; init; }

    public required long[] Times { get; init; }

    /// <summary>Numbers of partitions; -1 where a remove does not say.</summary>
    public required int[] Partitions { get; init; }

    public required FileFlags[] Flags { get; init; }

    /// <summary>Null where no file of the block has one.</summary>
    public required DeletionVectorDescriptor?[]? Vectors { get; init; }

    /// <summary>Null where no file of the block has any.</summary>
    public required FileExtras?[]? Extras { get; init; }

    public ReadOnlySpan<byte> Path(int row) => Text(Paths, PathEnds, row);

    public ReadOnlySpan<byte> Statistics(int row) => Text(Stats, StatsEnds, row);

    public bool Has(int row, FileFlags flag) => (Flags[row] & flag) != 0;

    private static ReadOnlySpan<byte> Text(byte[] texts, int[] ends, int row)
    {
        int start = row == 0 ? 0 : ends[row - 1];
        return texts.AsSpan(start, ends[row] - start);
    }
}
