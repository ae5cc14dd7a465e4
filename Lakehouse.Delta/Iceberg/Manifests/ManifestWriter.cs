using System.Numerics;
using Lakehouse.Delta.Iceberg.Avro;
using Lakehouse.Delta.Iceberg.Schemas;

namespace Lakehouse.Delta.Iceberg.Manifests;

/// <summary>Writes one manifest of a snapshot.</summary>
internal sealed class ManifestWriter
{
    private readonly ManifestHeader _header;
    private readonly long _snapshotId;
    private readonly long _sequenceNumber;
    private readonly AvroFile.Writer _file;
    private readonly PartitionSummary[] _partitions;
    private readonly int[] _files = new int[3];
    private readonly long[] _rows = new long[3];
    private long _minSequenceNumber = long.MaxValue;

    /// <param name="header">What its entries are like.</param>
    /// <param name="snapshotId">The snapshot.</param>
    /// <param name="sequenceNumber">The snapshot's sequence number, which new files inherit.</param>
    public ManifestWriter(ManifestHeader header, long snapshotId, long sequenceNumber)
    {
        _header = header;
        _snapshotId = snapshotId;
        _sequenceNumber = sequenceNumber;
        _file = new AvroFile.Writer(header.Metadata);
        _partitions = [.. header.PartitionTypes.Select(_ => PartitionSummary.None)];
    }

    /// <summary>Entries so far.</summary>
    public int Count => _files.Sum();

    /// <summary>Adds a file that comes with the snapshot.</summary>
    public void Add(DataFile file)
    {
        AvroEncoder record = _file.Record;
        Begin(EntryStatus.Added, _snapshotId, null, null, file.RecordCount, _sequenceNumber);
        Write(record, file);
        for (int i = 0; i < _partitions.Length; i++) _partitions[i] = _partitions[i].With(file.Partition[i], _header.PartitionTypes[i]);
        _file.EndRecord();
    }

    /// <summary>Copies entries of an earlier manifest with the same header: what was live stays, but for what is deleted now.</summary>
    public void Copy(ManifestFile from, IEnumerable<ManifestEntry> live, Func<ManifestEntry, bool> isDeleted)
    {
        for (int i = 0; i < _partitions.Length; i++) _partitions[i] = _partitions[i].With(from.Partitions[i], _header.PartitionTypes[i]);
        foreach (ManifestEntry entry in live)
        {
            bool deleted = isDeleted(entry);
            Begin(deleted ? EntryStatus.Deleted : EntryStatus.Existing, deleted ? _snapshotId : entry.SnapshotId, entry.SequenceNumber, entry.FileSequenceNumber, entry.RecordCount, entry.SequenceNumber);
            _file.Record.WriteRaw(entry.Encoded.Span);
            _file.EndRecord();
        }
    }

    /// <summary>The manifest's bytes, and what the manifest list says of it.</summary>
    public (byte[] Content, ManifestFile File) Finish(string path)
    {
        byte[] content = _file.Finish();
        return (content, new ManifestFile
        {
            Path = path,
            Length = content.Length,
            SpecId = _header.SpecId,
            Content = _header.Content,
            SequenceNumber = _sequenceNumber,
            MinSequenceNumber = Math.Min(_minSequenceNumber, _sequenceNumber),
            AddedSnapshotId = _snapshotId,
            AddedFiles = _files[(int)EntryStatus.Added],
            ExistingFiles = _files[(int)EntryStatus.Existing],
            DeletedFiles = _files[(int)EntryStatus.Deleted],
            AddedRows = _rows[(int)EntryStatus.Added],
            ExistingRows = _rows[(int)EntryStatus.Existing],
            DeletedRows = _rows[(int)EntryStatus.Deleted],
            Partitions = _partitions,
        });
    }

    private void Begin(EntryStatus status, long snapshotId, long? sequenceNumber, long? fileSequenceNumber, long rows, long effectiveSequenceNumber)
    {
        AvroEncoder record = _file.Record;
        record.WriteLong((int)status);
        record.WriteOptional(snapshotId);
        record.WriteOptional(sequenceNumber);
        record.WriteOptional(fileSequenceNumber);
        _files[(int)status]++;
        _rows[(int)status] += rows;
        if (status != EntryStatus.Deleted) _minSequenceNumber = Math.Min(_minSequenceNumber, effectiveSequenceNumber);
    }

    private void Write(AvroEncoder record, DataFile file)
    {
        record.WriteLong((int)file.Content);
        record.WriteString(file.Path);
        record.WriteString("PARQUET");
        for (int i = 0; i < file.Partition.Count; i++) WritePartitionValue(record, file.Partition[i], _header.PartitionTypes[i]);
        record.WriteLong(file.RecordCount);
        record.WriteLong(file.Size);
        record.WriteNull(); // column_sizes
        WriteMap(record, file.ValueCounts, static (encoder, count) => encoder.WriteLong(count));
        WriteMap(record, file.NullCounts, static (encoder, count) => encoder.WriteLong(count));
        record.WriteNull(); // nan_value_counts
        WriteMap(record, file.LowerBounds, static (encoder, value) => encoder.WriteBytes(value));
        WriteMap(record, file.UpperBounds, static (encoder, value) => encoder.WriteBytes(value));
        record.WriteNull(); // key_metadata
        record.WriteNull(); // split_offsets
        record.WriteNull(); // equality_ids
        record.WriteNull(); // sort_order_id
        record.WriteBranch(file.ReferencedDataFile is null ? 0 : 1);
        if (file.ReferencedDataFile is { } path) record.WriteString(path);
    }

    private static void WritePartitionValue(AvroEncoder record, byte[]? value, IcebergPrimitive type)
    {
        record.WriteBranch(value is null ? 0 : 1);
        if (value is null) return;
        switch (type.Kind)
        {
            case ValueKind.Boolean:
                record.WriteBoolean(value[0] != 0);
                break;
            case ValueKind.Int:
                record.WriteLong(BitConverter.ToInt32(value));
                break;
            case ValueKind.Long:
                record.WriteLong(BitConverter.ToInt64(value));
                break;
            case ValueKind.Float or ValueKind.Double:
                record.WriteRaw(value);
                break;
            case ValueKind.Decimal:
                BigInteger unscaled = SingleValue.Unscaled(value);
                Span<byte> number = stackalloc byte[type.DecimalBytes];
                number.Fill(unscaled.Sign < 0 ? (byte)0xFF : (byte)0);
                value.CopyTo(number[(type.DecimalBytes - value.Length)..]);
                record.WriteRaw(number);
                break;
            default:
                record.WriteBytes(value);
                break;
        }
    }

    private static void WriteMap<T>(AvroEncoder record, IReadOnlyList<(int Id, T Value)> map, Action<AvroEncoder, T> write)
    {
        record.WriteBranch(map.Count == 0 ? 0 : 1);
        if (map.Count == 0) return;
        record.WriteLong(map.Count);
        foreach ((int id, T value) in map)
        {
            record.WriteLong(id);
            write(record, value);
        }

        record.WriteLong(0);
    }
}
