using Lakehouse.Delta.Iceberg.Avro;
using Lakehouse.Delta.Iceberg.Schemas;

namespace Lakehouse.Delta.Iceberg.Manifests;

/// <summary>Reads manifests that <see cref="ManifestWriter"/> wrote.</summary>
internal static class ManifestReader
{
    /// <summary>The live entries of a manifest: those that were not deleted.</summary>
    /// <param name="bytes">The manifest.</param>
    /// <param name="file">What the manifest list says of it, from which its entries inherit.</param>
    /// <exception cref="FormatException">It is no manifest of ours, or damaged.</exception>
    public static (ManifestHeader Header, List<ManifestEntry> Live) Read(ReadOnlySpan<byte> bytes, ManifestFile file)
    {
        AvroFile avro = AvroFile.Read(bytes);
        ManifestHeader header = ManifestHeader.Read(avro.Metadata);
        List<ManifestEntry> live = new(file.LiveFiles);
        foreach ((long count, byte[] data) in avro.Blocks)
        {
            AvroDecoder decoder = new(data);
            for (long i = 0; i < count; i++)
            {
                EntryStatus status = (EntryStatus)decoder.ReadInt();
                long snapshotId = decoder.ReadOptional() ?? file.AddedSnapshotId;
                long sequenceNumber = decoder.ReadOptional() ?? file.SequenceNumber;
                long fileSequenceNumber = decoder.ReadOptional() ?? file.SequenceNumber;
                int start = decoder.Position;
                (string path, string? referenced, long rows, long size) = ReadFile(ref decoder, header.PartitionTypes);
                if (status != EntryStatus.Deleted)
                    live.Add(new ManifestEntry(status, snapshotId, sequenceNumber, fileSequenceNumber, path, referenced, rows, size, data.AsMemory(start, decoder.Position - start)));
            }
        }

        return (header, live);
    }

    private static (string Path, string? Referenced, long Rows, long Size) ReadFile(ref AvroDecoder decoder, IReadOnlyList<IcebergPrimitive> partition)
    {
        decoder.ReadInt(); // content
        string path = decoder.ReadString();
        decoder.ReadBytes(); // file_format
        foreach (IcebergPrimitive type in partition) SkipPartitionValue(ref decoder, type);
        long rows = decoder.ReadLong();
        long size = decoder.ReadLong();
        for (int map = 0; map < 4; map++) SkipMap(ref decoder, longs: true);
        for (int map = 0; map < 2; map++) SkipMap(ref decoder, longs: false);
        if (decoder.ReadPresent()) decoder.ReadBytes(); // key_metadata
        for (int list = 0; list < 2; list++) SkipList(ref decoder);
        decoder.ReadOptional(); // sort_order_id
        return (path, decoder.ReadPresent() ? decoder.ReadString() : null, rows, size);
    }

    private static void SkipPartitionValue(ref AvroDecoder decoder, IcebergPrimitive type)
    {
        if (!decoder.ReadPresent()) return;
        switch (type.Kind)
        {
            case ValueKind.Boolean:
                decoder.ReadRaw(1);
                break;
            case ValueKind.Int or ValueKind.Long:
                decoder.ReadLong();
                break;
            case ValueKind.Float:
                decoder.ReadRaw(4);
                break;
            case ValueKind.Double:
                decoder.ReadRaw(8);
                break;
            case ValueKind.Decimal:
                decoder.ReadRaw(type.DecimalBytes);
                break;
            default:
                decoder.ReadBytes();
                break;
        }
    }

    private static void SkipMap(ref AvroDecoder decoder, bool longs)
    {
        if (!decoder.ReadPresent()) return;
        while (decoder.ReadBlock() is > 0 and long count)
        {
            for (long i = 0; i < count; i++)
            {
                decoder.ReadInt();
                if (longs) decoder.ReadLong();
                else decoder.ReadBytes();
            }
        }
    }

    private static void SkipList(ref AvroDecoder decoder)
    {
        if (!decoder.ReadPresent()) return;
        while (decoder.ReadBlock() is > 0 and long count)
        {
            for (long i = 0; i < count; i++) decoder.ReadLong();
        }
    }
}
