using System.Globalization;
using Lakehouse.Delta.Iceberg.Avro;

namespace Lakehouse.Delta.Iceberg.Manifests;

/// <summary>Writes and reads the list of a snapshot's manifests.</summary>
internal static class ManifestList
{
    public static byte[] Write(IReadOnlyList<ManifestFile> manifests, long snapshotId, long? parentId, long sequenceNumber)
    {
        AvroFile.Writer file = new(new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["avro.schema"] = ManifestSchemas.List,
            ["snapshot-id"] = Text(snapshotId),
            ["parent-snapshot-id"] = parentId is { } parent ? Text(parent) : "null",
            ["sequence-number"] = Text(sequenceNumber),
            ["format-version"] = "2",
        });
        foreach (ManifestFile manifest in manifests)
        {
            AvroEncoder record = file.Record;
            record.WriteString(manifest.Path);
            record.WriteLong(manifest.Length);
            record.WriteLong(manifest.SpecId);
            record.WriteLong((int)manifest.Content);
            record.WriteLong(manifest.SequenceNumber);
            record.WriteLong(manifest.MinSequenceNumber);
            record.WriteLong(manifest.AddedSnapshotId);
            record.WriteLong(manifest.AddedFiles);
            record.WriteLong(manifest.ExistingFiles);
            record.WriteLong(manifest.DeletedFiles);
            record.WriteLong(manifest.AddedRows);
            record.WriteLong(manifest.ExistingRows);
            record.WriteLong(manifest.DeletedRows);
            record.WriteBranch(1);
            if (manifest.Partitions.Count > 0) record.WriteLong(manifest.Partitions.Count);
            foreach (PartitionSummary summary in manifest.Partitions)
            {
                record.WriteBoolean(summary.ContainsNull);
                record.WriteBranch(1);
                record.WriteBoolean(summary.ContainsNaN);
                WriteBound(record, summary.Lower);
                WriteBound(record, summary.Upper);
            }

            record.WriteLong(0);
            record.WriteNull(); // key_metadata
            file.EndRecord();
        }

        return file.Finish();
    }

    /// <exception cref="FormatException">It is no manifest list of ours, or damaged.</exception>
    public static List<ManifestFile> Read(ReadOnlySpan<byte> bytes)
    {
        AvroFile avro = AvroFile.Read(bytes);
        if (avro.Metadata["avro.schema"] != ManifestSchemas.List) throw new FormatException("the manifest list was not written by this version of Lakehouse");
        List<ManifestFile> manifests = [];
        foreach ((long count, byte[] data) in avro.Blocks)
        {
            AvroDecoder decoder = new(data);
            for (long i = 0; i < count; i++)
            {
                ManifestFile manifest = new()
                {
                    Path = decoder.ReadString(),
                    Length = decoder.ReadLong(),
                    SpecId = decoder.ReadInt(),
                    Content = (FileContent)decoder.ReadInt(),
                    SequenceNumber = decoder.ReadLong(),
                    MinSequenceNumber = decoder.ReadLong(),
                    AddedSnapshotId = decoder.ReadLong(),
                    AddedFiles = decoder.ReadInt(),
                    ExistingFiles = decoder.ReadInt(),
                    DeletedFiles = decoder.ReadInt(),
                    AddedRows = decoder.ReadLong(),
                    ExistingRows = decoder.ReadLong(),
                    DeletedRows = decoder.ReadLong(),
                    Partitions = ReadSummaries(ref decoder),
                };
                if (decoder.ReadPresent()) decoder.ReadBytes(); // key_metadata
                manifests.Add(manifest);
            }
        }

        return manifests;
    }

    private static List<PartitionSummary> ReadSummaries(ref AvroDecoder decoder)
    {
        List<PartitionSummary> summaries = [];
        if (!decoder.ReadPresent()) return summaries;
        while (decoder.ReadBlock() is > 0 and long count)
        {
            for (long i = 0; i < count; i++)
            {
                bool containsNull = decoder.ReadBoolean();
                bool containsNaN = decoder.ReadPresent() && decoder.ReadBoolean();
                summaries.Add(new PartitionSummary(containsNull, containsNaN, ReadBound(ref decoder), ReadBound(ref decoder)));
            }
        }

        return summaries;
    }

    private static byte[]? ReadBound(ref AvroDecoder decoder) => decoder.ReadPresent() ? decoder.ReadBytes().ToArray() : null;

    private static void WriteBound(AvroEncoder record, byte[]? bound)
    {
        record.WriteBranch(bound is null ? 0 : 1);
        if (bound is not null) record.WriteBytes(bound);
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
