using System.Buffers.Binary;
using Lakehouse.Storage;

namespace Lakehouse.Delta;

/// <summary>A table's deletion vectors: in the log itself, or in files below the table (PROTOCOL.md, "Deletion Vectors").</summary>
public sealed class DeletionVectorStore
{
    private const byte FormatVersion = 1;
    private const int UuidLength = 20; // 16 bytes in Z85
    private const int FirstRead = 1 << 20;

    private readonly IObjectStore _store;
    private readonly string _tablePath;
    private readonly NeighbourBuckets? _neighbours;

    /// <summary>The deletion vectors of a table.</summary>
    /// <param name="store">Where the table is.</param>
    /// <param name="tablePath">Its path below the store; empty when the store is the table.</param>
    /// <param name="neighbours">Where files of other tables in buckets are found, which clones name; null = nowhere.</param>
    public DeletionVectorStore(IObjectStore store, string tablePath, NeighbourBuckets? neighbours = null)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(tablePath);
        _store = store;
        _tablePath = tablePath;
        _neighbours = neighbours;
    }

    /// <summary>Reads a deletion vector, and checks it against its checksum and its descriptor.</summary>
    /// <exception cref="CorruptDeletionVectorException">It is not what its descriptor says, is damaged, or its file is gone.</exception>
    public async Task<RoaringBitmapArray> ReadAsync(DeletionVectorDescriptor descriptor, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        string? file = null;
        try
        {
            byte[] data;
            if (descriptor.SizeInBytes < 0 || descriptor.Offset < 0 || descriptor.Cardinality < 0) throw new FormatException("its descriptor holds a negative number");
            if (descriptor.StorageType == DeletionVectorDescriptor.Inline)
            {
                data = Z85.Decode(descriptor.PathOrInlineDv);
                if (data.Length < descriptor.SizeInBytes) throw new FormatException($"it has {data.Length} bytes where its descriptor says {descriptor.SizeInBytes}");
            }
            else
            {
                DataLocation location = Locate(descriptor);
                file = location.Key ?? location.AbsoluteUri;
                data = await ReadFileAsync(location, descriptor, cancellationToken).ConfigureAwait(false);
            }

            RoaringBitmapArray vector = RoaringBitmapArray.Deserialize(data.AsSpan(0, descriptor.SizeInBytes), descriptor.Cardinality);
            if (vector.Cardinality != descriptor.Cardinality)
                throw new FormatException($"it deletes {vector.Cardinality} rows where its descriptor says {descriptor.Cardinality}");
            return vector;
        }
        catch (FormatException exception)
        {
            throw new CorruptDeletionVectorException(_tablePath, $"the deletion vector {descriptor.UniqueId} cannot be used: {exception.Message}.", file, exception);
        }
        catch (ObjectNotFoundException exception)
        {
            throw new CorruptDeletionVectorException(_tablePath, $"the deletion vector {descriptor.UniqueId} cannot be used: its file is gone.", file, exception);
        }
    }

    /// <summary>Writes deletion vectors into one new file; the descriptors come in the same order.</summary>
    /// <returns>Descriptors for <c>add</c> actions. The file is durable, but belongs to the table only once they are committed.</returns>
    public async Task<IReadOnlyList<DeletionVectorDescriptor>> WriteAsync(IReadOnlyList<RoaringBitmapArray> vectors, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(vectors);
        if (vectors.Count == 0) return [];
        Guid id = Guid.NewGuid();
        string name = Z85.Encode(id.ToByteArray(bigEndian: true));
        List<DeletionVectorDescriptor> descriptors = new(vectors.Count);
        using MemoryStream content = new();
        content.WriteByte(FormatVersion);
        byte[] number = new byte[4];
        foreach (RoaringBitmapArray vector in vectors)
        {
            byte[] data = vector.Serialize();
            descriptors.Add(new DeletionVectorDescriptor
            {
                StorageType = DeletionVectorDescriptor.RelativeFile,
                PathOrInlineDv = name,
                Offset = checked((int)content.Position),
                SizeInBytes = data.Length,
                Cardinality = vector.Cardinality,
            });
            BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
            content.Write(number);
            content.Write(data);
            BinaryPrimitives.WriteUInt32BigEndian(number, Crc32.Of(data));
            content.Write(number);
        }

        content.Position = 0;
        await _store.PutAsync(LogFiles.KeyOf(_tablePath, FileName("", id)), content, cancellationToken).ConfigureAwait(false);
        return descriptors;
    }

    /// <summary>A descriptor that holds the vector itself: for small ones, which need no file then.</summary>
    public static DeletionVectorDescriptor Inline(RoaringBitmapArray vector)
    {
        ArgumentNullException.ThrowIfNull(vector);
        byte[] data = vector.Serialize();
        return new DeletionVectorDescriptor
        {
            StorageType = DeletionVectorDescriptor.Inline,
            PathOrInlineDv = Z85.Encode(data),
            SizeInBytes = data.Length,
            Cardinality = vector.Cardinality,
        };
    }

    /// <summary>Where the file of a vector is.</summary>
    /// <exception cref="FormatException">The descriptor names no file.</exception>
    /// <exception cref="CorruptLogException">Its path climbs out of the table.</exception>
    public DataLocation Locate(DeletionVectorDescriptor descriptor)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        string text = descriptor.PathOrInlineDv;
        switch (descriptor.StorageType)
        {
            case DeletionVectorDescriptor.AbsoluteFile:
                return DataPath.Resolve(_tablePath, text);
            case DeletionVectorDescriptor.RelativeFile:
                if (text.Length < UuidLength) throw new FormatException("its descriptor holds no UUID");
                Guid id = new(Z85.Decode(text.AsSpan(text.Length - UuidLength)), bigEndian: true);
                string relative = FileName(text[..^UuidLength], id);
                return ObjectKey.FindFault(relative) is { } fault
                    ? throw new CorruptLogException(_tablePath, $"a deletion vector's file is refused: {fault}.", path: relative)
                    : new DataLocation(LogFiles.KeyOf(_tablePath, relative), null);
            default:
                throw new FormatException($"its storage type '{descriptor.StorageType}' names no file");
        }
    }

    private static string FileName(string prefix, Guid id)
    {
        string name = $"deletion_vector_{id:D}.bin";
        return prefix.Length == 0 ? name : $"{prefix}/{name}";
    }

    private async Task<byte[]> ReadFileAsync(DataLocation location, DeletionVectorDescriptor descriptor, CancellationToken cancellationToken)
    {
        int size = descriptor.SizeInBytes;
        await using Stream stream = await OpenAsync(location, descriptor.Offset ?? 0, size + 8L, cancellationToken).ConfigureAwait(false);
        byte[] record = new byte[Math.Min(size + 8L, FirstRead)];
        int read = await stream.ReadAtLeastAsync(record, record.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        if (read < record.Length) throw new FormatException("its file ends too soon");
        int stored = BinaryPrimitives.ReadInt32BigEndian(record);
        if (stored != size) throw new FormatException($"its file says that it has {stored} bytes where its descriptor says {size}");

        // As much memory as there are bytes, and not as both sizes claim: the file may be shorter.
        while (record.Length < size + 8L)
        {
            Array.Resize(ref record, (int)Math.Min(Math.Min(size + 8L, record.Length * 4L), Array.MaxLength));
            read += await stream.ReadAtLeastAsync(record.AsMemory(read), record.Length - read, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
            if (read < record.Length || record.Length == Array.MaxLength) throw new FormatException("its file ends too soon");
        }

        uint checksum = BinaryPrimitives.ReadUInt32BigEndian(record.AsSpan(size + 4));
        if (checksum != Crc32.Of(record.AsSpan(4, size))) throw new FormatException("its checksum is wrong");
        return record.AsSpan(4, size).ToArray();
    }

    /// <summary>A clone names the vectors of its source by absolute paths: those on this machine's disk can be read, and those on the table's own S3 server.</summary>
    private async Task<Stream> OpenAsync(DataLocation location, long offset, long length, CancellationToken cancellationToken)
    {
        if (location.Key is { } key) return await _store.OpenReadAsync(key, offset, length, cancellationToken).ConfigureAwait(false);
        if (_neighbours is not null && _neighbours.TryFind(location.AbsoluteUri!, out IObjectStore? store, out string? outside)) return await store.OpenReadAsync(outside, offset, length, cancellationToken).ConfigureAwait(false);
        if (!DataPath.TryGetLocalFile(location.AbsoluteUri!, out string path)) throw new FormatException("its file is outside the table's store");
        try
        {
            FileStream stream = File.OpenRead(path);
            stream.Position = offset;
            return stream;
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ObjectNotFoundException(_store.Name, path);
        }
        catch (Exception exception) when (exception is UnauthorizedAccessException or ArgumentException or NotSupportedException or PathTooLongException)
        {
            throw new FormatException($"its file cannot be opened: {exception.Message}", exception);
        }
    }
}
