using System.Text.Json;
using Lakehouse.Storage;

namespace Lakehouse.Delta;

/// <summary>
/// The pointer to the newest checkpoint (PROTOCOL.md, "Last Checkpoint File"). Only ever a shortcut: whoever cannot read it
/// lists the whole log.
/// </summary>
internal sealed record LastCheckpoint(long Version, long Size, long? SizeInBytes = null, long? NumOfAddFiles = null)
{
    /// <summary>The file of a v2 checkpoint, whose name holds a UUID. We list the log for it; Trino takes it from here or not at all.</summary>
    public V2CheckpointFile? V2 { get; init; }

    /// <summary>The pointer, or null when there is none or it is garbage.</summary>
    public static async Task<LastCheckpoint?> TryReadAsync(IObjectStore store, string tablePath, CancellationToken cancellationToken)
    {
        byte[]? content = await store.TryReadAllBytesAsync(LogFiles.LastCheckpoint(tablePath), cancellationToken).ConfigureAwait(false);
        if (content is null) return null;
        try
        {
            using JsonDocument document = JsonDocument.Parse(content);
            JsonElement root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object || Number("version") is not (>= 0 and long version)) return null;
            return new LastCheckpoint(version, Number("size") ?? 0, Number("sizeInBytes"), Number("numOfAddFiles"));

            long? Number(string name) =>
                root.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out long number) ? number : null;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    public async Task WriteAsync(IObjectStore store, string tablePath, CancellationToken cancellationToken)
    {
        using MemoryStream content = new();
        using (Utf8JsonWriter writer = new(content))
        {
            writer.WriteStartObject();
            writer.WriteNumber("version", Version);
            writer.WriteNumber("size", Size);
            if (SizeInBytes is { } bytes) writer.WriteNumber("sizeInBytes", bytes);
            if (NumOfAddFiles is { } files) writer.WriteNumber("numOfAddFiles", files);
            if (V2 is { } file)
            {
                writer.WriteStartObject("v2Checkpoint");
                writer.WriteString("path", file.Name);
                writer.WriteNumber("sizeInBytes", file.SizeInBytes);
                writer.WriteNumber("modificationTime", file.ModificationTime);
                writer.WriteEndObject();
            }

            writer.WriteEndObject();
        }

        content.Position = 0;
        await store.PutAsync(LogFiles.LastCheckpoint(tablePath), content, cancellationToken).ConfigureAwait(false);
    }
}

/// <summary>A v2 checkpoint as the pointer tells of it.</summary>
/// <param name="Name">Its name in the log's folder.</param>
/// <param name="SizeInBytes">Its size.</param>
/// <param name="ModificationTime">When it was written, in milliseconds since the Unix epoch.</param>
internal sealed record V2CheckpointFile(string Name, long SizeInBytes, long ModificationTime);
