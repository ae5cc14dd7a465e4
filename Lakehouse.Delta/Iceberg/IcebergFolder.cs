using System.Globalization;
using System.Text;
using Lakehouse.Storage;

namespace Lakehouse.Delta.Iceberg;

/// <summary>What a file in a table's <c>metadata</c> folder is; our own only.</summary>
internal enum IcebergFileKind
{
    Other,

    /// <summary><c>vN.metadata.json</c></summary>
    Metadata,

    /// <summary><c>snap-N-UUID.avro</c></summary>
    ManifestList,

    /// <summary><c>manifest-N-UUID.avro</c></summary>
    Manifest,

    /// <summary><c>deletes-N-UUID.parquet</c></summary>
    Deletes,
}

/// <summary>A table's <c>metadata</c> folder: names of files, and their addresses as clients know them. Names carry the number of the
/// snapshot that wrote them, and are never used twice.</summary>
internal sealed class IcebergFolder(IObjectStore store, string tablePath, string location)
{
    public const string Name = "metadata";

    private const string HintName = "version-hint.text";

    /// <summary>The table's address, as clients know it.</summary>
    public string Location { get; } = location;

    public IObjectStore Store { get; } = store;

    /// <summary>The table's path below the store.</summary>
    public string TablePath { get; } = tablePath;

    /// <summary>The key of a file in the folder.</summary>
    public string KeyOf(string name) => LogFiles.KeyOf(TablePath, $"{Name}/{name}");

    public string AddressOf(string name) => $"{Location}/{Name}/{name}";

    public static string MetadataName(long number) => string.Create(CultureInfo.InvariantCulture, $"v{number}.metadata.json");

    public static string NewManifestList(long number) => string.Create(CultureInfo.InvariantCulture, $"snap-{number}-{Guid.NewGuid()}.avro");

    public static string NewManifest(long number) => string.Create(CultureInfo.InvariantCulture, $"manifest-{number}-{Guid.NewGuid()}.avro");

    public static string NewDeletes(long number) => string.Create(CultureInfo.InvariantCulture, $"deletes-{number}-{Guid.NewGuid()}.parquet");

    /// <summary>What a name in the folder stands for.</summary>
    public static (IcebergFileKind Kind, long Number) Parse(string name)
    {
        if (name.StartsWith('v') && name.EndsWith(".metadata.json", StringComparison.Ordinal)) return Numbered(IcebergFileKind.Metadata, name.AsSpan(1, name.Length - 15));
        string[] parts = name.Split('-', 3);
        IcebergFileKind kind = parts[0] switch
        {
            "snap" => IcebergFileKind.ManifestList,
            "manifest" => IcebergFileKind.Manifest,
            "deletes" => IcebergFileKind.Deletes,
            _ => IcebergFileKind.Other,
        };
        return parts.Length == 3 ? Numbered(kind, parts[1]) : default;
    }

    /// <summary>The name of a file of the folder by its address.</summary>
    /// <exception cref="FormatException">It is elsewhere.</exception>
    public string NameOf(string address) => address.StartsWith($"{Location}/{Name}/", StringComparison.Ordinal)
        ? address[(Location.Length + Name.Length + 2)..]
        : throw new FormatException($"'{address}' is not in the table's folder");

    /// <summary>A data file's address. Clients take addresses as they are, so nothing is encoded.</summary>
    public string DataAddress(string logPath)
    {
        DataLocation file = DataPath.Resolve("", logPath);
        if (file.Key is { } key) return $"{Location}/{key}";
        return DataPath.TryGetLocalFile(file.AbsoluteUri!, out string path) ? $"file://{path}" : Uri.UnescapeDataString(file.AbsoluteUri!);
    }

    public Task<byte[]> ReadAsync(string address, CancellationToken cancellationToken) => Store.ReadAllBytesAsync(KeyOf(NameOf(address)), cancellationToken);

    public async Task WriteAsync(string name, byte[] content, CancellationToken cancellationToken)
    {
        using MemoryStream stream = new(content, writable: false);
        await Store.PutAsync(KeyOf(name), stream, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Metadata by its number; null when there is none.</summary>
    /// <exception cref="FormatException">It is not ours.</exception>
    public async Task<TableMetadata?> TryReadMetadataAsync(long number, CancellationToken cancellationToken) =>
        number > 0 && await Store.TryReadAllBytesAsync(KeyOf(MetadataName(number)), cancellationToken).ConfigureAwait(false) is { } content ? TableMetadata.Parse(content) : null;

    /// <summary>The number of the newest metadata, as the hint has it. It may be behind.</summary>
    public async Task<long?> TryReadHintAsync(CancellationToken cancellationToken)
    {
        byte[]? content = await Store.TryReadAllBytesAsync(KeyOf(HintName), cancellationToken).ConfigureAwait(false);
        return content is not null && long.TryParse(Encoding.UTF8.GetString(content).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : null;
    }

    public Task WriteHintAsync(long number, CancellationToken cancellationToken) =>
        WriteAsync(HintName, Encoding.UTF8.GetBytes(number.ToString(CultureInfo.InvariantCulture)), cancellationToken);

    /// <summary>The files of the folder with their names.</summary>
    public async Task<List<(string Name, ObjectInfo Info)>> ListAsync(CancellationToken cancellationToken)
    {
        string prefix = KeyOf("");
        List<(string, ObjectInfo)> files = [];
        await foreach (ObjectInfo info in Store.ListAsync(prefix, null, cancellationToken).ConfigureAwait(false)) files.Add((info.Key[prefix.Length..], info));
        return files;
    }

    private static (IcebergFileKind Kind, long Number) Numbered(IcebergFileKind kind, ReadOnlySpan<char> digits) =>
        long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? (kind, number) : default;
}
