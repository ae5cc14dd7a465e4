using System.Text;

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

    /// <summary>Hashes of the paths' canonical spelling.</summary>
    public required uint[] Hashes { get; init; }

    /// <summary>As <see cref="Shapes"/> keep them.</summary>
    public required byte[] Stats { get; init; }

    public required int[] StatsEnds { get; init; }

    /// <summary>The shapes of the statistics, shared by many blocks.</summary>
    public required StatisticsShapes Shapes { get; init; }

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

    /// <summary>A file's statistics as <see cref="Shapes"/> keep them; empty where there are none.</summary>
    public ReadOnlySpan<byte> Statistics(int row) => Text(Stats, StatsEnds, row);

    /// <summary>A file's statistics as JSON; empty where there are none.</summary>
    /// <param name="row">The file.</param>
    /// <param name="buffer">Memory to put them together in, made larger as needed.</param>
    public ReadOnlySpan<byte> StatisticsJson(int row, ref byte[] buffer) => Shapes.Read(Statistics(row), ref buffer);

    public bool Has(int row, FileFlags flag) => (Flags[row] & flag) != 0;

    /// <summary>Whether a row is of this path in its canonical spelling.</summary>
    public bool IsAt(int row, ReadOnlySpan<byte> canonicalPath, string? vectorId) =>
        Canonical(Path(row)).SequenceEqual(canonicalPath) && Vectors?[row]?.UniqueId == vectorId;

    /// <summary>One spelling of a path, as <see cref="DataPath.Canonical"/>.</summary>
    public static ReadOnlySpan<byte> Canonical(ReadOnlySpan<byte> path) =>
        path.Contains((byte)'%') ? Encoding.UTF8.GetBytes(DataPath.Canonical(Encoding.UTF8.GetString(path))) : path;

    private static ReadOnlySpan<byte> Text(byte[] texts, int[] ends, int row)
    {
        int start = row == 0 ? 0 : ends[row - 1];
        return texts.AsSpan(start, ends[row] - start);
    }
}
