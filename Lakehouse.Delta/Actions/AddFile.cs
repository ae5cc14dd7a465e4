using System.Collections.ObjectModel;

namespace Lakehouse.Delta;

/// <summary>A logical file that is part of the table.</summary>
public sealed record AddFile : FileAction
{
    private FileStatistics? _statistics;

    /// <summary>The value of every partition column for all rows of the file, serialised (<see cref="PartitionValue"/>). Null is a null.</summary>
    public IReadOnlyDictionary<string, string?> PartitionValues { get; init; } = ReadOnlyDictionary<string, string?>.Empty;

    /// <summary>The data file's size in bytes.</summary>
    public required long Size { get; init; }

    /// <summary>When the file was written, in milliseconds since the Unix epoch.</summary>
    public required long ModificationTime { get; init; }

    /// <summary>Statistics as JSON (PROTOCOL.md, "Per-file Statistics"), as they stand in the log.</summary>
    public string? Stats
    {
        get;
        init
        {
            field = value;
            _statistics = null; // a copy with other statistics must not keep the parsed ones
        }
    }

    /// <summary>Free metadata.</summary>
    public IReadOnlyDictionary<string, string?>? Tags { get; init; }

    /// <summary>Row tracking: the id of the file's first row.</summary>
    public long? BaseRowId { get; init; }

    /// <summary>Row tracking: the version that added the path first.</summary>
    public long? DefaultRowCommitVersion { get; init; }

    /// <summary>The clustering implementation that placed the rows.</summary>
    public string? ClusteringProvider { get; init; }

    /// <summary><see cref="Stats"/>, parsed when first asked for. Statistics that cannot be read are as if there were none.</summary>
    public FileStatistics Statistics => _statistics ??= FileStatistics.Parse(Stats);

    /// <summary>Rows in the table that the file holds: its rows without the deleted ones. Null when the statistics do not tell.</summary>
    public long? LiveRows => Statistics.NumRecords - (DeletionVector?.Cardinality ?? 0);

    /// <summary>The tombstone that takes this file out of the table.</summary>
    /// <param name="deletionTimestamp">When, in milliseconds since the Unix epoch.</param>
    /// <param name="dataChange">False when the rows live on in another file of the same commit.</param>
    public RemoveFile ToRemove(long deletionTimestamp, bool dataChange = true) => new()
    {
        Path = Path,
        DeletionTimestamp = deletionTimestamp,
        DataChange = dataChange,
        ExtendedFileMetadata = true,
        PartitionValues = PartitionValues,
        Size = Size,
        Stats = Stats,
        Tags = Tags,
        DeletionVector = DeletionVector,
        BaseRowId = BaseRowId,
        DefaultRowCommitVersion = DefaultRowCommitVersion,
    };

    /// <summary>Equality of records compares what the log says; the parsed statistics are derived.</summary>
    public bool Equals(AddFile? other) =>
        other is not null
        && Key == other.Key
        && DataChange == other.DataChange
        && Size == other.Size
        && ModificationTime == other.ModificationTime
        && Stats == other.Stats;

    /// <inheritdoc/>
    public override int GetHashCode() => Key.GetHashCode();
}

/// <summary>A logical file that left the table. It stays in the state as a tombstone until it expires.</summary>
public sealed record RemoveFile : FileAction
{
    /// <summary>When, in milliseconds since the Unix epoch. Absent in old logs: expired at once.</summary>
    public long? DeletionTimestamp { get; init; }

    /// <summary>Whether partition values and size are given.</summary>
    public bool ExtendedFileMetadata { get; init; }

    /// <summary>The file's partition values, when given.</summary>
    public IReadOnlyDictionary<string, string?>? PartitionValues { get; init; }

    /// <summary>The file's size in bytes, when given.</summary>
    public long? Size { get; init; }

    /// <summary>The file's statistics, when given.</summary>
    public string? Stats { get; init; }

    /// <summary>Free metadata.</summary>
    public IReadOnlyDictionary<string, string?>? Tags { get; init; }

    /// <summary>Row tracking: the id of the file's first row.</summary>
    public long? BaseRowId { get; init; }

    /// <summary>Row tracking: the version that added the path first.</summary>
    public long? DefaultRowCommitVersion { get; init; }
}
