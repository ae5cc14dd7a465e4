using System.Runtime.CompilerServices;
using Lakehouse.Delta;
using Lakehouse.DuckDb;

namespace Lakehouse.Engine.Checkpoints;

/// <summary>Hands over the rows of a result's chunks, straight from where DuckDB has them.</summary>
internal sealed class FileRowVectors(FileRowColumns columns, DuckDbResult result)
{
    private readonly int _path = columns.IndexOf("path");
    private readonly int _partitionValues = columns.IndexOf("partitionValues");
    private readonly int _size = columns.IndexOf("size");
    private readonly int _time = Math.Max(columns.IndexOf("modificationTime"), columns.IndexOf("deletionTimestamp"));
    private readonly int _dataChange = columns.IndexOf("dataChange");
    private readonly int _extended = columns.IndexOf("extendedFileMetadata");
    private readonly int _stats = columns.IndexOf("stats");
    private readonly int _tags = columns.IndexOf("tags");
    private readonly int _baseRowId = columns.IndexOf("baseRowId");
    private readonly int _rowCommitVersion = columns.IndexOf("defaultRowCommitVersion");
    private readonly int _clusteringProvider = columns.IndexOf("clusteringProvider");
    private readonly int _storageType = columns.IndexOf("deletionVector.storageType");
    private readonly int _pathOrInlineDv = columns.IndexOf("deletionVector.pathOrInlineDv");
    private readonly int _offset = columns.IndexOf("deletionVector.offset");
    private readonly int _sizeInBytes = columns.IndexOf("deletionVector.sizeInBytes");
    private readonly int _cardinality = columns.IndexOf("deletionVector.cardinality");

    /// <summary>Hands over the current chunk.</summary>
    /// <param name="areAdds">Whether the rows are adds; they are removes otherwise.</param>
    /// <param name="rows">Takes them.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void HandOver(bool areAdds, CheckpointRows rows)
    {
        // What nearly every row has is looked up once a chunk, the rest where a row has it.
        DuckDbVector paths = Vector(_path), sizes = Vector(_size), times = Vector(_time), changes = Vector(_dataChange), stats = Vector(_stats), partitions = Vector(_partitionValues), vectors = Vector(_storageType);
        ReadOnlySpan<long> sizeValues = _size < 0 ? default : sizes.Values<long>(), timeValues = _time < 0 ? default : times.Values<long>();
        var changeValues = _dataChange < 0 ? default : changes.Values<bool>();
        var hasStats = _stats >= 0;
        var hasPartitions = _partitionValues >= 0;
        DuckDbVector pairs = hasPartitions ? partitions.Child : default, columnNames = hasPartitions ? pairs.Field(0) : default, values = hasPartitions ? pairs.Field(1) : default;
        var hasVectors = _storageType >= 0;
        for (var row = 0; row < result.RowCount; row++)
        {
            // A row of another action: its column is null here, and so is each of its fields.
            if ((_path < 0 || paths.IsNull(row)) && (_size < 0 || sizes.IsNull(row)) && (_time < 0 || times.IsNull(row))) continue;
            var file = new FileRow
            {
                Path = _path < 0 ? default : paths.Utf8(row),
                Size = _size < 0 || sizes.IsNull(row) ? null : sizeValues[row],
                Time = _time < 0 || times.IsNull(row) ? null : timeValues[row],
                DataChange = _dataChange < 0 || changes.IsNull(row) ? null : changeValues[row],
                ExtendedFileMetadata = areAdds ? null : Truth(_extended, row),
                Stats = hasStats ? stats.Utf8(row) : default,
                DeletionVector = hasVectors && !vectors.IsNull(row) ? DeletionVector(vectors.GetString(row)!, row) : null,
                Tags = Map(_tags, row),
                BaseRowId = Number(_baseRowId, row),
                DefaultRowCommitVersion = Number(_rowCommitVersion, row),
                ClusteringProvider = areAdds ? Text(_clusteringProvider, row) : null,
                HasPartitionValues = hasPartitions && !partitions.IsNull(row),
            };
            if (file.HasPartitionValues)
            {
                var entry = partitions.ListEntry(row);
                for (var i = (int)entry.Offset; i < entry.Offset + entry.Length; i++) rows.AppendPartitionValue(columnNames.Utf8(i), values.Utf8(i), values.IsNull(i));
            }
            if (areAdds) rows.AddFile(file);
            else rows.RemoveFile(file);
        }
    }

    private DeletionVectorDescriptor DeletionVector(string storageType, int row)
    {
        if (storageType is not ("u" or "i" or "p")) throw new FormatException($"the deletion vector's storageType is '{storageType}', which is none of u, i, p");
        return new DeletionVectorDescriptor
        {
            StorageType = storageType[0],
            PathOrInlineDv = Text(_pathOrInlineDv, row) ?? throw Missing("pathOrInlineDv"),
            Offset = Number(_offset, row) is { } offset ? ToInt(offset, "offset") : null,
            SizeInBytes = ToInt(Number(_sizeInBytes, row) ?? throw Missing("sizeInBytes"), "sizeInBytes"),
            Cardinality = Number(_cardinality, row) ?? throw Missing("cardinality"),
        };
    }

    private DuckDbVector Vector(int column) => column < 0 ? default : result.Column(column);

    private string? Text(int column, int row) => column < 0 ? null : result.Column(column).GetString(row);

    private long? Number(int column, int row)
    {
        if (column < 0) return null;
        var numbers = result.Column(column);
        return numbers.IsNull(row) ? null : numbers.Values<long>()[row];
    }

    private bool? Truth(int column, int row)
    {
        if (column < 0) return null;
        var truths = result.Column(column);
        return truths.IsNull(row) ? null : truths.Values<bool>()[row];
    }

    private Dictionary<string, string?>? Map(int column, int row)
    {
        if (column < 0) return null;
        var maps = result.Column(column);
        if (maps.IsNull(row)) return null;
        var entry = maps.ListEntry(row);
        var pairs = maps.Child;
        DuckDbVector keys = pairs.Field(0), values = pairs.Field(1);
        var map = new Dictionary<string, string?>(StringComparer.Ordinal);
        for (var i = (int)entry.Offset; i < entry.Offset + entry.Length; i++) map[keys.GetString(i)!] = values.GetString(i);
        return map;
    }

    private static int ToInt(long value, string field) => value is >= 0 and <= int.MaxValue ? (int)value : throw new FormatException($"'{field}' is {value}, which is out of range");

    private static FormatException Missing(string field) => new($"'deletionVector' lacks the required field '{field}'");
}
