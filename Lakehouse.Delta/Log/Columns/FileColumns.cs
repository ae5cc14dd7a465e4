using System.Text;

namespace Lakehouse.Delta;

/// <summary>
/// Logical files by columns, each once by its key, numbered from 0: what a large table's state is made of. An object a file would
/// take several times the memory; here objects are made for those that somebody asks for. Immutable.
/// </summary>
internal sealed class FileColumns
{
    /// <summary>No files.</summary>
    public static readonly FileColumns Empty = new FileColumnsBuilder(new PartitionSets()).ToColumns();

    /// <summary>Up to so many files the objects that were made are kept: small tables are asked for all of theirs again and again.</summary>
    private const int KeptObjects = 10_000;

    private readonly FileBlock[] _blocks;
    private readonly uint[] _hashes;
    private readonly int[] _slots;
    private readonly FileAction?[]? _made;

    public FileColumns(FileBlock[] blocks, IReadOnlyDictionary<string, string?>[] partitions, uint[] hashes, int[] slots)
    {
        _blocks = blocks;
        _hashes = hashes;
        _slots = slots;
        Partitions = partitions;
        foreach (FileBlock block in blocks)
        {
            Count += block.Count;
            for (int i = 0; i < block.Count; i++) Bytes += block.Sizes[i];
            foreach (DeletionVectorDescriptor? vector in block.Vectors ?? [])
            {
                if (vector is null) continue;
                Vectors++;
                DeletedRows += vector.Cardinality;
            }
        }

        _made = Count <= KeptObjects ? new FileAction?[Count] : null;
    }

    public int Count { get; }

    /// <summary>Bytes of all files.</summary>
    public long Bytes { get; }

    /// <summary>Files with a deletion vector.</summary>
    public long Vectors { get; }

    /// <summary>Rows that deletion vectors delete.</summary>
    public long DeletedRows { get; }

    public IReadOnlyList<FileBlock> Blocks => _blocks;

    /// <summary>The distinct partition values, by number.</summary>
    public IReadOnlyDictionary<string, string?>[] Partitions { get; }

    /// <summary>The row of a file; -1 when it is not here.</summary>
    public int Find(FileKey key)
    {
        if (Count == 0) return -1;
        byte[] path = Encoding.UTF8.GetBytes(key.Path);
        uint hash = PathHash.Of(path);
        for (int slot = (int)(hash & (_slots.Length - 1)); _slots[slot] != 0; slot = (slot + 1) & (_slots.Length - 1))
        {
            int row = _slots[slot] - 1;
            if (_hashes[row] == hash && IsAt(row, path, key.DeletionVectorId)) return row;
        }

        return -1;
    }

    /// <summary>The file of a row, as an add.</summary>
    public AddFile Add(int row)
    {
        if (_made?[row] is AddFile known) return known;
        FileBlock block = BlockOf(row, out int i);
        FileExtras? extras = block.Extras?[i];
        AddFile file = new()
        {
            Path = Encoding.UTF8.GetString(block.Path(i)),
            PartitionValues = Partitions[block.Partitions[i]],
            Size = block.Sizes[i],
            ModificationTime = block.Times[i],
            DataChange = block.Has(i, FileFlags.DataChange),
            Stats = block.Has(i, FileFlags.Stats) ? Encoding.UTF8.GetString(block.Statistics(i)) : null,
            Tags = extras?.Tags,
            DeletionVector = block.Vectors?[i],
            BaseRowId = extras?.BaseRowId,
            DefaultRowCommitVersion = extras?.DefaultRowCommitVersion,
            ClusteringProvider = extras?.ClusteringProvider,
        };

        // Racing makers give equal objects.
        if (_made is not null) _made[row] = file;
        return file;
    }

    /// <summary>The file of a row, as a tombstone.</summary>
    public RemoveFile Remove(int row)
    {
        if (_made?[row] is RemoveFile known) return known;
        FileBlock block = BlockOf(row, out int i);
        FileExtras? extras = block.Extras?[i];
        RemoveFile file = new()
        {
            Path = Encoding.UTF8.GetString(block.Path(i)),
            DeletionTimestamp = block.Has(i, FileFlags.Time) ? block.Times[i] : null,
            DataChange = block.Has(i, FileFlags.DataChange),
            ExtendedFileMetadata = block.Has(i, FileFlags.ExtendedFileMetadata),
            PartitionValues = block.Partitions[i] < 0 ? null : Partitions[block.Partitions[i]],
            Size = block.Has(i, FileFlags.Size) ? block.Sizes[i] : null,
            Stats = block.Has(i, FileFlags.Stats) ? Encoding.UTF8.GetString(block.Statistics(i)) : null,
            Tags = extras?.Tags,
            DeletionVector = block.Vectors?[i],
            BaseRowId = extras?.BaseRowId,
            DefaultRowCommitVersion = extras?.DefaultRowCommitVersion,
        };
        if (_made is not null) _made[row] = file;
        return file;
    }

    public FileBlock BlockOf(int row, out int place)
    {
        place = row & (FileBlock.Capacity - 1);
        return _blocks[row >> FileBlock.Shift];
    }

    private bool IsAt(int row, ReadOnlySpan<byte> canonicalPath, string? vectorId)
    {
        FileBlock block = BlockOf(row, out int i);
        return FileColumnsBuilder.Canonical(block.Path(i)).SequenceEqual(canonicalPath) && block.Vectors?[i]?.UniqueId == vectorId;
    }
}
