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
    private readonly FileIndex _index;
    private readonly FileAction?[]?[]? _made;

    private FileColumns(FileBlock[] blocks, int count, FileIndex index, IReadOnlyDictionary<string, string?>[] partitions)
    {
        _blocks = blocks;
        _index = index;
        Count = count;
        Partitions = partitions;
        foreach (FileBlock block in blocks)
        {
            for (int i = 0; i < block.Count; i++) Bytes += block.Sizes[i];
            foreach (DeletionVectorDescriptor? vector in block.Vectors ?? [])
            {
                if (vector is null) continue;
                Vectors++;
                DeletedRows += vector.Cardinality;
            }
        }

        _made = Count <= KeptObjects ? new FileAction?[]?[blocks.Length] : null;
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

    /// <summary>The numbers of the rows, in the files' order. There may be gaps between blocks that were filled side by side.</summary>
    public IEnumerable<int> Rows
    {
        get
        {
            for (int block = 0; block < _blocks.Length; block++)
            {
                for (int i = 0; i < _blocks[block].Count; i++) yield return (block << FileBlock.Shift) + i;
            }
        }
    }

    /// <summary>What builders collected, one after the other. A file that comes again takes the place of the one before. The builders
    /// are used up.</summary>
    public static FileColumns Of(IReadOnlyList<FileColumnsBuilder> builders)
    {
        PartitionSets partitions = builders.Count == 0 ? new PartitionSets() : builders[0].Partitions;
        List<FileBlock> blocks = [];
        foreach (FileColumnsBuilder builder in builders)
        {
            IReadOnlyList<FileBlock> own = builder.ToBlocks();
            if (builder.Partitions != partitions) Renumber(own, [.. builder.Partitions.ToArray().Select(partitions.Of)]);
            blocks.AddRange(own);
        }

        FileBlock[] all = [.. blocks];
        int count = checked(all.Sum(block => block.Count));
        FileIndex index = new(all, count, out IReadOnlyCollection<int> replaced);
        FileColumns columns = new(all, count, index, partitions.ToArray());
        if (replaced.Count == 0) return columns;
        FileColumnsBuilder rest = new(new PartitionSets());
        rest.AddRange(columns, row => !replaced.Contains(row));
        return rest.ToColumns();
    }

    /// <summary>The row of a file; -1 when it is not here.</summary>
    public int Find(FileKey key) => Count == 0 ? -1 : _index.Find(Encoding.UTF8.GetBytes(key.Path), key.DeletionVectorId);

    /// <summary>The file of a row, as an add.</summary>
    public AddFile Add(int row)
    {
        if (Made(row) is AddFile known) return known;
        FileBlock block = BlockOf(row, out int i);
        FileExtras? extras = block.Extras?[i];
        AddFile file = new()
        {
            Path = Encoding.UTF8.GetString(block.Path(i)),
            PartitionValues = Partitions[block.Partitions[i]],
            Size = block.Sizes[i],
            ModificationTime = block.Times[i],
            DataChange = block.Has(i, FileFlags.DataChange),
            Stats = Statistics(block, i),
            Tags = extras?.Tags,
            DeletionVector = block.Vectors?[i],
            BaseRowId = extras?.BaseRowId,
            DefaultRowCommitVersion = extras?.DefaultRowCommitVersion,
            ClusteringProvider = extras?.ClusteringProvider,
        };
        return Keep(row, file);
    }

    /// <summary>The file of a row, as a tombstone.</summary>
    public RemoveFile Remove(int row)
    {
        if (Made(row) is RemoveFile known) return known;
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
            Stats = Statistics(block, i),
            Tags = extras?.Tags,
            DeletionVector = block.Vectors?[i],
            BaseRowId = extras?.BaseRowId,
            DefaultRowCommitVersion = extras?.DefaultRowCommitVersion,
        };
        return Keep(row, file);
    }

    public FileBlock BlockOf(int row, out int place)
    {
        place = row & (FileBlock.Capacity - 1);
        return _blocks[row >> FileBlock.Shift];
    }

    private static void Renumber(IReadOnlyList<FileBlock> blocks, int[] numbers)
    {
        foreach (FileBlock block in blocks)
        {
            foreach (ref int partition in block.Partitions.AsSpan())
            {
                if (partition >= 0) partition = numbers[partition];
            }
        }
    }

    private static string? Statistics(FileBlock block, int row)
    {
        byte[] buffer = [];
        return block.Has(row, FileFlags.Stats) ? Encoding.UTF8.GetString(block.StatisticsJson(row, ref buffer)) : null;
    }

    private FileAction? Made(int row) => _made?[row >> FileBlock.Shift]?[row & (FileBlock.Capacity - 1)];

    /// <summary>Keeps an object that was made, where they are kept. Racing makers give equal objects.</summary>
    private T Keep<T>(int row, T file)
        where T : FileAction
    {
        if (_made is not null) (_made[row >> FileBlock.Shift] ??= new FileAction?[BlockOf(row, out _).Count])[row & (FileBlock.Capacity - 1)] = file;
        return file;
    }
}
