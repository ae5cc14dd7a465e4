namespace Lakehouse.Storage;

/// <summary>Conveniences that hold for every store.</summary>
public static class ObjectStoreExtensions
{
    /// <summary>Reads a whole object into memory: for log entries and other small objects.</summary>
    /// <exception cref="ObjectNotFoundException">There is no such object.</exception>
    public static async Task<byte[]> ReadAllBytesAsync(this IObjectStore store, string key, CancellationToken cancellationToken = default)
    {
        await using Stream stream = await store.OpenReadAsync(key, cancellationToken).ConfigureAwait(false);
        if (stream.CanSeek)
        {
            byte[] content = new byte[checked((int)(stream.Length - stream.Position))];
            int read = await stream.ReadAtLeastAsync(content, content.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
            return read == content.Length ? content : content[..read];
        }

        using MemoryStream buffer = new();
        await stream.CopyToAsync(buffer, cancellationToken).ConfigureAwait(false);
        return buffer.ToArray();
    }

    /// <summary>Like <see cref="ReadAllBytesAsync"/>, with null for an object that is not there.</summary>
    public static async Task<byte[]?> TryReadAllBytesAsync(this IObjectStore store, string key, CancellationToken cancellationToken = default)
    {
        try
        {
            return await store.ReadAllBytesAsync(key, cancellationToken).ConfigureAwait(false);
        }
        catch (ObjectNotFoundException)
        {
            return null;
        }
    }
}
