using System.Runtime.InteropServices;
using System.Text;

namespace Lakehouse.Delta;

/// <summary>Collects files by columns. A file that comes again takes the place of the one before. For one thread.</summary>
/// <param name="partitions">Where partitions get their numbers.</param>
internal sealed class FileColumnsBuilder(PartitionSets partitions)
{
    private readonly List<FileBlock> _blocks = [];
    private readonly List<uint> _hashes = [];
    private readonly HashSet<int> _replaced = [];
    private int[] _slots = new int[16];

    // The block that is being filled.
    private readonly List<byte> _paths = [];
    private readonly List<int> _pathEnds = [];
    private readonly List<byte> _stats = [];
    private readonly List<int> _statsEnds = [];
    private readonly List<long> _sizes = [];
    private readonly List<long> _times = [];
    private readonly List<int> _partitions = [];
    private readonly List<FileFlags> _flags = [];
    private DeletionVectorDescriptor?[]? _vectors;
    private FileExtras?[]? _extras;

    public int Count => _hashes.Count - _replaced.Count;

    /// <summary>One spelling of a path, as <see cref="DataPath.Canonical"/>.</summary>
    public static ReadOnlySpan<byte> Canonical(ReadOnlySpan<byte> path) =>
        path.Contains((byte)'%') ? Encoding.UTF8.GetBytes(DataPath.Canonical(Encoding.UTF8.GetString(path))) : path;

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
        for (int row = 0; row < columns.Count; row++)
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
                    Stats = block.Statistics(i),
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
    public void Append(in FileRow row, int partition)
    {
        int place = _pathEnds.Count;
        _paths.AddRange(row.Path);
        _pathEnds.Add(_paths.Count);
        _stats.AddRange(row.Stats);
        _statsEnds.Add(_stats.Count);
        _sizes.Add(row.Size ?? 0);
        _times.Add(row.Time ?? 0);
        _partitions.Add(partition);
        _flags.Add(
            (row.DataChange ?? true ? FileFlags.DataChange : 0) | (row.ExtendedFileMetadata ?? false ? FileFlags.ExtendedFileMetadata : 0)
            | (row.Time is null ? 0 : FileFlags.Time) | (row.Size is null ? 0 : FileFlags.Size) | (row.Stats.IsEmpty ? 0 : FileFlags.Stats));
        if (row.DeletionVector is not null) (_vectors ??= new DeletionVectorDescriptor?[FileBlock.Capacity])[place] = row.DeletionVector;
        if (row.Tags is not null || row.BaseRowId is not null || row.DefaultRowCommitVersion is not null || row.ClusteringProvider is not null)
            (_extras ??= new FileExtras?[FileBlock.Capacity])[place] = new FileExtras(row.Tags, row.BaseRowId, row.DefaultRowCommitVersion, row.ClusteringProvider);
        Index(row.Path, row.DeletionVector?.UniqueId);
        if (_pathEnds.Count == FileBlock.Capacity) Seal();
    }

    /// <summary>The columns. The builder is used up.</summary>
    public FileColumns ToColumns()
    {
        if (_pathEnds.Count > 0) Seal();
        FileColumns columns = new([.. _blocks], partitions.ToArray(), [.. _hashes], _slots);
        if (_replaced.Count == 0) return columns;
        FileColumnsBuilder rest = new(new PartitionSets());
        rest.AddRange(columns, row => !_replaced.Contains(row));
        return rest.ToColumns();
    }

    private void Seal()
    {
        int count = _pathEnds.Count;
        _blocks.Add(new FileBlock
        {
            Count = count,
            Paths = ToArray(_paths),
            PathEnds = [.. _pathEnds],
            Stats = ToArray(_stats),
            StatsEnds = [.. _statsEnds],
            Sizes = [.. _sizes],
            Times = [.. _times],
            Partitions = [.. _partitions],
            Flags = [.. _flags],
            Vectors = _vectors?[..count],
            Extras = _extras?[..count],
        });
        _paths.Clear();
        _pathEnds.Clear();
        _stats.Clear();
        _statsEnds.Clear();
        _sizes.Clear();
        _times.Clear();
        _partitions.Clear();
        _flags.Clear();
        _vectors = null;
        _extras = null;
    }

    private static byte[] ToArray(List<byte> bytes)
    {
        byte[] array = GC.AllocateUninitializedArray<byte>(bytes.Count);
        bytes.CopyTo(array);
        return array;
    }

    /// <summary>Enters the last row under its key. The table of slots is at most half full.</summary>
    private void Index(ReadOnlySpan<byte> path, string? vectorId)
    {
        ReadOnlySpan<byte> canonical = Canonical(path);
        uint hash = PathHash.Of(canonical);
        int last = _hashes.Count;
        _hashes.Add(hash);
        if (2 * _hashes.Count > _slots.Length) Grow();
        int mask = _slots.Length - 1;
        int slot = (int)(hash & mask);
        for (; _slots[slot] != 0; slot = (slot + 1) & mask)
        {
            int row = _slots[slot] - 1;
            if (_hashes[row] != hash || !IsAt(row, canonical, vectorId)) continue;
            _replaced.Add(row);
            break;
        }

        _slots[slot] = last + 1;
    }

    private void Grow()
    {
        int[] slots = new int[_slots.Length * 4];
        int mask = slots.Length - 1;
        foreach (int entry in _slots)
        {
            if (entry == 0) continue;
            int slot = (int)(_hashes[entry - 1] & mask);
            while (slots[slot] != 0) slot = (slot + 1) & mask;
            slots[slot] = entry;
        }

        _slots = slots;
    }

    private bool IsAt(int row, ReadOnlySpan<byte> canonicalPath, string? vectorId)
    {
        int block = row >> FileBlock.Shift, i = row & (FileBlock.Capacity - 1);
        if (block < _blocks.Count) return Canonical(_blocks[block].Path(i)).SequenceEqual(canonicalPath) && _blocks[block].Vectors?[i]?.UniqueId == vectorId;
        int start = i == 0 ? 0 : _pathEnds[i - 1];
        return Canonical(CollectionsMarshal.AsSpan(_paths)[start.._pathEnds[i]]).SequenceEqual(canonicalPath) && _vectors?[i]?.UniqueId == vectorId;
    }
}
