using System.Runtime.CompilerServices;
using System.Text;

namespace Lakehouse.Delta;

/// <summary>Collects files by columns. For one thread; what several of them collected side by side is joined in the end
/// (<see cref="FileColumns.Of"/>).</summary>
/// <param name="partitions">Where partitions get their numbers.</param>
internal sealed class FileColumnsBuilder(PartitionSets partitions)
{
    /// <summary>What the columns of a block have room for at first, where it may stay the only one.</summary>
    private const int LeastRows = 16;

    private readonly List<FileBlock> _blocks = [];
    private readonly StatisticsShapes _shapes = new();
    private readonly GrowingBytes _paths = new();
    private readonly GrowingBytes _stats = new();

    // The block that is being filled.
    private int _count;
    private int[] _pathEnds = [];
    private uint[] _hashes = [];
    private int[] _statsEnds = [];
    private long[] _sizes = [];
    private long[] _times = [];
    private int[] _partitions = [];
    private FileFlags[] _flags = [];
    private DeletionVectorDescriptor?[]? _vectors;
    private FileExtras?[]? _extras;

    /// <summary>Where the partitions of its files have their numbers.</summary>
    public PartitionSets Partitions => partitions;

    public void Add(AddFile file) => Append(
        new FileRow
        {
            Path = Encoding.UTF8.GetBytes(file.Path),
            Size = file.Size,
            Time = file.ModificationTime,
            DataChange = file.DataChange,
            Stats = file.Stats is null ? default : Encoding.UTF8.GetBytes(file.Stats),
            DeletionVector = file.DeletionVector,
            Tags = file.Tags,
            BaseRowId = file.BaseRowId,
            DefaultRowCommitVersion = file.DefaultRowCommitVersion,
            ClusteringProvider = file.ClusteringProvider,
        },
        partitions.Of(file.PartitionValues));

    public void Add(RemoveFile file) => Append(
        new FileRow
        {
            Path = Encoding.UTF8.GetBytes(file.Path),
            Size = file.Size,
            Time = file.DeletionTimestamp,
            DataChange = file.DataChange,
            ExtendedFileMetadata = file.ExtendedFileMetadata,
            Stats = file.Stats is null ? default : Encoding.UTF8.GetBytes(file.Stats),
            DeletionVector = file.DeletionVector,
            Tags = file.Tags,
            BaseRowId = file.BaseRowId,
            DefaultRowCommitVersion = file.DefaultRowCommitVersion,
        },
        file.PartitionValues is null ? -1 : partitions.Of(file.PartitionValues));

    /// <summary>Takes over the rows of other columns that are wanted.</summary>
    public void AddRange(FileColumns columns, Func<int, bool> isWanted)
    {
        int[] numbers = [.. columns.Partitions.Select(partitions.Of)];
        byte[] buffer = [];
        foreach (int row in columns.Rows)
        {
            if (!isWanted(row)) continue;
            FileBlock block = columns.BlockOf(row, out int i);
            FileExtras? extras = block.Extras?[i];
            Append(
                new FileRow
                {
                    Path = block.Path(i),
                    Size = block.Has(i, FileFlags.Size) ? block.Sizes[i] : null,
                    Time = block.Has(i, FileFlags.Time) ? block.Times[i] : null,
                    DataChange = block.Has(i, FileFlags.DataChange),
                    ExtendedFileMetadata = block.Has(i, FileFlags.ExtendedFileMetadata),
                    Stats = block.StatisticsJson(i, ref buffer),
                    DeletionVector = block.Vectors?[i],
                    Tags = extras?.Tags,
                    BaseRowId = extras?.BaseRowId,
                    DefaultRowCommitVersion = extras?.DefaultRowCommitVersion,
                    ClusteringProvider = extras?.ClusteringProvider,
                },
                block.Partitions[i] < 0 ? -1 : numbers[block.Partitions[i]]);
        }
    }

    /// <summary>Appends a row of a partition; -1 where it does not say which.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Append(in FileRow row, int partition)
    {
        if (_count == _sizes.Length) MakeRoom();
        int place = _count++;
        _paths.Add(row.Path);
        _pathEnds[place] = _paths.Length;
        _hashes[place] = PathHash.Of(FileBlock.Canonical(row.Path));
        if (!row.Stats.IsEmpty) _stats.Advance(_shapes.Write(row.Stats, _stats.Room(StatisticsShapes.MostBytes(row.Stats.Length))));
        _statsEnds[place] = _stats.Length;
        _sizes[place] = row.Size ?? 0;
        _times[place] = row.Time ?? 0;
        _partitions[place] = partition;
        _flags[place] =
            (row.DataChange ?? true ? FileFlags.DataChange : 0) | (row.ExtendedFileMetadata ?? false ? FileFlags.ExtendedFileMetadata : 0)
            | (row.Time is null ? 0 : FileFlags.Time) | (row.Size is null ? 0 : FileFlags.Size) | (row.Stats.IsEmpty ? 0 : FileFlags.Stats);
        if (row.DeletionVector is not null) (_vectors ??= new DeletionVectorDescriptor?[FileBlock.Capacity])[place] = row.DeletionVector;
        if (row.Tags is not null || row.BaseRowId is not null || row.DefaultRowCommitVersion is not null || row.ClusteringProvider is not null)
            (_extras ??= new FileExtras?[FileBlock.Capacity])[place] = new FileExtras(row.Tags, row.BaseRowId, row.DefaultRowCommitVersion, row.ClusteringProvider);
        if (_count == FileBlock.Capacity) SealBlock();
    }

    /// <summary>The columns, a file that came again in the place of its last row. The builder is used up.</summary>
    public FileColumns ToColumns() => FileColumns.Of([this]);

    /// <summary>The rows as blocks, all but the last of them full. The builder is used up.</summary>
    public IReadOnlyList<FileBlock> ToBlocks()
    {
        Seal();
        return _blocks;
    }

    /// <summary>Takes no more rows; only the blocks are kept.</summary>
    public void Seal()
    {
        if (_count > 0) SealBlock();
        _paths.Release();
        _stats.Release();
    }

    private void MakeRoom()
    {
        int rows = _blocks.Count > 0 ? FileBlock.Capacity : Math.Max(LeastRows, 2 * _sizes.Length);
        Array.Resize(ref _pathEnds, rows);
        Array.Resize(ref _hashes, rows);
        Array.Resize(ref _statsEnds, rows);
        Array.Resize(ref _sizes, rows);
        Array.Resize(ref _times, rows);
        Array.Resize(ref _partitions, rows);
        Array.Resize(ref _flags, rows);
    }

    private void SealBlock()
    {
        _blocks.Add(new FileBlock
        {
            Count = _count,
            Paths = _paths.Take(),
            PathEnds = Take(ref _pathEnds),
            Hashes = Take(ref _hashes),
            Stats = _stats.Take(),
            StatsEnds = Take(ref _statsEnds),
            Shapes = _shapes,
            Sizes = Take(ref _sizes),
            Times = Take(ref _times),
            Partitions = Take(ref _partitions),
            Flags = Take(ref _flags),
            Vectors = _vectors?[.._count],
            Extras = _extras?[.._count],
        });
        _count = 0;
        _vectors = null;
        _extras = null;
    }

    /// <summary>Gives a block its column: the array itself where it is full.</summary>
    private T[] Take<T>(ref T[] column)
    {
        T[] taken = column;
        if (taken.Length > _count) Array.Resize(ref taken, _count);
        column = [];
        return taken;
    }
}
