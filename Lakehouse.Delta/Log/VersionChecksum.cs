using System.Globalization;
using System.Text.Json;
using Lakehouse.Storage;

namespace Lakehouse.Delta;

/// <summary>
/// What a version's <c>.crc</c> file says about the table (PROTOCOL.md, "Version Checksum File"). Files without the required
/// fields, or that are no JSON, count as absent: only what was said can be wrong.
/// </summary>
internal sealed record VersionChecksum(long TableSizeBytes, long NumFiles)
{
    private Metadata? Metadata { get; init; }

    private Protocol? Protocol { get; init; }

    private long? DeletionVectors { get; init; }

    private long? DeletedRows { get; init; }

    private IReadOnlyList<SetTransaction>? Transactions { get; init; }

    private IReadOnlyList<DomainMetadata>? Domains { get; init; }

    /// <summary>The checksum of a version, or null.</summary>
    public static async Task<VersionChecksum?> TryReadAsync(IObjectStore store, string tablePath, long version, CancellationToken cancellationToken)
    {
        byte[]? content = await store.TryReadAllBytesAsync(LogFiles.Checksum(tablePath, version), cancellationToken).ConfigureAwait(false);
        if (content is null) return null;
        try
        {
            using JsonDocument document = JsonDocument.Parse(content, new JsonDocumentOptions { MaxDepth = 256 });
            JsonElement root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object || Number(root, "tableSizeBytes") is not { } bytes || Number(root, "numFiles") is not { } files) return null;
            return new VersionChecksum(bytes, files)
            {
                Metadata = Action(root, "metadata", "metaData") as Metadata,
                Protocol = Action(root, "protocol", "protocol") as Protocol,
                DeletionVectors = Number(root, "numDeletionVectorsOpt"),
                DeletedRows = Number(root, "numDeletedRecordsOpt"),
                Transactions = Actions<SetTransaction>(root, "setTransactions", "txn"),
                Domains = Actions<DomainMetadata>(root, "domainMetadata", "domainMetadata"),
            };
        }
        catch (Exception exception) when (exception is JsonException or FormatException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>Throws when the snapshot is not the table that the checksum describes.</summary>
    /// <exception cref="CorruptLogException">It is not; the message gives both.</exception>
    public void Verify(Snapshot snapshot)
    {
        (long bytes, long vectors, long deleted) = FileTotals.Of(snapshot.State.Files);
        Compare("numFiles", NumFiles, snapshot.Files.Count);
        Compare("tableSizeBytes", TableSizeBytes, bytes);
        if (DeletionVectors is { } count) Compare("numDeletionVectorsOpt", count, vectors);
        if (DeletedRows is { } rows) Compare("numDeletedRecordsOpt", rows, deleted);
        if (Metadata is { } metadata)
        {
            Compare("metadata.id", metadata.Id, snapshot.Metadata.Id);
            Compare("metadata.schemaString", metadata.SchemaString, snapshot.Metadata.SchemaString);
        }

        if (Protocol is { } protocol) Compare("protocol", Describe(protocol), Describe(snapshot.Protocol));
        foreach (SetTransaction transaction in Transactions ?? []) Compare($"setTransactions '{transaction.ApplicationId}'", transaction.Version, snapshot.TransactionVersion(transaction.ApplicationId) ?? -1);
        if (Domains is { } domains) Compare("domainMetadata", Describe(domains.Where(domain => !domain.Removed)), Describe(snapshot.DomainMetadata.Values));

        void Compare<T>(string what, T said, T found)
        {
            if (EqualityComparer<T>.Default.Equals(said, found)) return;
            throw new CorruptLogException(
                snapshot.TablePath,
                string.Create(CultureInfo.InvariantCulture, $"the version's checksum says {what} = {said}, but the log amounts to {found}: the log was changed after it was written. Restore it from a backup; where the checksum itself is wrong, delete it."),
                snapshot.Version,
                LogFiles.Checksum(snapshot.TablePath, snapshot.Version));
        }
    }

    private static string Describe(Protocol protocol) =>
        $"{protocol.MinReaderVersion}/{protocol.MinWriterVersion} [{string.Join(",", protocol.ReaderFeatures.Order(StringComparer.Ordinal))}] [{string.Join(",", protocol.WriterFeatures.Order(StringComparer.Ordinal))}]";

    private static string Describe(IEnumerable<DomainMetadata> domains) =>
        string.Join("; ", domains.Select(domain => $"{domain.Domain}: {domain.Configuration}").Order(StringComparer.Ordinal));

    private static long? Number(JsonElement root, string name) =>
        root.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out long number) ? number : null;

    private static DeltaAction? Action(JsonElement root, string name, string kind) =>
        root.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Object ? Read(value, kind) : null;

    private static IReadOnlyList<T>? Actions<T>(JsonElement root, string name, string kind)
        where T : DeltaAction =>
        root.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray().Select(item => Read(item, kind)).OfType<T>()] : null;

    private static DeltaAction? Read(JsonElement value, string kind) => ActionReader.Read(System.Text.Encoding.UTF8.GetBytes($"{{\"{kind}\":{value.GetRawText()}}}"));
}
