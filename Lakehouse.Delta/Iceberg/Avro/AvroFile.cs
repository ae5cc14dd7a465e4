using System.IO.Compression;
using System.Text;

namespace Lakehouse.Delta.Iceberg.Avro;

/// <summary>A container of records with one schema (Avro specification, "Object Container Files"), compressed by deflate. Only what
/// manifests and manifest lists need; whole files in memory, as they are a few megabytes at most.</summary>
internal sealed class AvroFile
{
    private const string SchemaKey = "avro.schema";
    private const string CodecKey = "avro.codec";
    private const int SyncLength = 16;
    private const int BlockBytes = 64 * 1024;

    private static readonly byte[] Magic = [(byte)'O', (byte)'b', (byte)'j', 1];

    private AvroFile(IReadOnlyDictionary<string, string> metadata, IReadOnlyList<(long Count, byte[] Data)> blocks) => (Metadata, Blocks) = (metadata, blocks);

    /// <summary>What the header says besides the codec: the schema under <c>avro.schema</c>, and the writer's own keys.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Runs of encoded records, with how many each holds.</summary>
    public IReadOnlyList<(long Count, byte[] Data)> Blocks { get; }

    /// <summary>Reads a file.</summary>
    /// <exception cref="FormatException">It is none, is damaged, or has a codec that is not null or deflate.</exception>
    public static AvroFile Read(ReadOnlySpan<byte> bytes)
    {
        AvroDecoder decoder = new(bytes);
        if (!decoder.ReadRaw(Magic.Length).SequenceEqual(Magic)) throw new FormatException("it does not begin as an Avro file");
        Dictionary<string, string> metadata = new(StringComparer.Ordinal);
        while (decoder.ReadBlock() is > 0 and long count)
        {
            for (long i = 0; i < count; i++) metadata[decoder.ReadString()] = decoder.ReadString();
        }

        string codec = metadata.GetValueOrDefault(CodecKey, "null");
        if (codec is not ("null" or "deflate")) throw new FormatException($"its codec is {codec}");
        metadata.Remove(CodecKey);
        ReadOnlySpan<byte> sync = decoder.ReadRaw(SyncLength);
        List<(long Count, byte[] Data)> blocks = [];
        while (!decoder.AtEnd)
        {
            long count = decoder.ReadLong();
            ReadOnlySpan<byte> data = decoder.ReadBytes();
            blocks.Add((count, codec == "null" ? data.ToArray() : Inflate(data)));
            if (!decoder.ReadRaw(SyncLength).SequenceEqual(sync)) throw new FormatException("a block does not end with the file's marker");
        }

        return new AvroFile(metadata, blocks);
    }

    private static byte[] Inflate(ReadOnlySpan<byte> data)
    {
        try
        {
            using MemoryStream source = new(data.ToArray());
            using DeflateStream inflate = new(source, CompressionMode.Decompress);
            using MemoryStream result = new();
            inflate.CopyTo(result);
            return result.ToArray();
        }
        catch (InvalidDataException exception)
        {
            throw new FormatException("a block is no deflate stream", exception);
        }
    }

    /// <summary>Writes a file, record by record.</summary>
    public sealed class Writer
    {
        private readonly MemoryStream _file = new();
        private readonly AvroEncoder _block = new();
        private readonly AvroEncoder _header = new();
        private readonly byte[] _sync = Guid.NewGuid().ToByteArray();
        private long _count;

        /// <param name="metadata">The header's entries, the schema under <c>avro.schema</c> among them.</param>
        public Writer(IReadOnlyDictionary<string, string> metadata)
        {
            if (!metadata.ContainsKey(SchemaKey)) throw new ArgumentException("An Avro file needs its schema.", nameof(metadata));
            _file.Write(Magic);
            _header.WriteLong(metadata.Count + 1);
            foreach ((string key, string value) in metadata) WriteEntry(key, value);
            WriteEntry(CodecKey, "deflate");
            _header.WriteLong(0);
            _file.Write(_header.Written);
            _file.Write(_sync);
        }

        /// <summary>Where a record's fields are written to; <see cref="EndRecord"/> after each record.</summary>
        public AvroEncoder Record => _block;

        public void EndRecord()
        {
            _count++;
            if (_block.Length >= BlockBytes) Flush();
        }

        /// <summary>The whole file.</summary>
        public byte[] Finish()
        {
            if (_count > 0) Flush();
            return _file.ToArray();
        }

        private void WriteEntry(string key, string value)
        {
            _header.WriteString(key);
            _header.WriteBytes(Encoding.UTF8.GetBytes(value));
        }

        private void Flush()
        {
            using MemoryStream data = new();
            using (DeflateStream deflate = new(data, CompressionLevel.Fastest, leaveOpen: true)) deflate.Write(_block.Written);
            _header.Reset();
            _header.WriteLong(_count);
            _header.WriteLong(data.Length);
            _file.Write(_header.Written);
            data.Position = 0;
            data.CopyTo(_file);
            _file.Write(_sync);
            _block.Reset();
            _count = 0;
        }
    }
}
