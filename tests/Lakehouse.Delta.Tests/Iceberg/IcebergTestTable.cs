using Lakehouse.Delta.Iceberg;
using Lakehouse.Delta.Iceberg.Manifests;
using Lakehouse.Storage;

namespace Lakehouse.Delta.Tests.Iceberg;

/// <summary>A table that asks for Iceberg metadata, with what its newest metadata says.</summary>
internal sealed class IcebergTestTable : IDisposable
{
    public const string Location = "local:///lake";

    private readonly IcebergFolder _folder;

    public IcebergTestTable(bool automatic = true, TimeProvider? time = null, Func<IObjectStore, IObjectStore>? wrap = null)
    {
        Options = new DeltaLogOptions
        {
            Time = time ?? TimeProvider.System,
            Iceberg = new IcebergOptions { Parquet = Parquet, Location = Location, Automatic = automatic, Failed = Failures.Add },
        };
        Table = new TestTable(Options, wrap);
        _folder = new IcebergFolder(Table.Plain, "silver/orders", Location + "/silver/orders");
    }

    public DeltaLogOptions Options { get; }

    public TestTable Table { get; }

    public TextParquet Parquet { get; } = new();

    public List<IcebergFailure> Failures { get; } = [];

    public static IReadOnlyDictionary<string, string> Asks => new Dictionary<string, string> { [TableProperties.UniversalFormats] = "iceberg" };

    public static string AddressOf(string path) => $"{Location}/silver/orders/{path}";

    /// <summary>Commits, and waits for the metadata.</summary>
    public async Task<Snapshot> CommitAsync(Snapshot snapshot, Action<DeltaTransaction> change)
    {
        DeltaTransaction transaction = Table.Log.Begin(snapshot);
        change(transaction);
        CommitResult result = await transaction.CommitAsync(TestTable.Info(), TestTable.Token);
        await result.Checkpoint;
        await result.Iceberg;
        return result.Snapshot;
    }

    public async Task<Snapshot> CreateAsync(StructType? schema = null, IReadOnlyList<string>? partitionBy = null, IReadOnlyDictionary<string, string>? properties = null)
    {
        Snapshot snapshot = await Table.CreateAsync(schema, partitionBy, properties is null ? Asks : new Dictionary<string, string>(Asks.Concat(properties)));
        await Table.Log.CheckpointsWrittenAsync();
        return snapshot;
    }

    public Task<Snapshot> AppendAsync(Snapshot snapshot, params string[] paths) => CommitAsync(snapshot, transaction =>
    {
        foreach (string path in paths) transaction.Add(TestTable.File(path));
    });

    /// <summary>The metadata of a version.</summary>
    public async Task<TableMetadata> MetadataAsync(long version) =>
        await _folder.TryReadMetadataAsync(version + 1, TestTable.Token) ?? throw new InvalidOperationException($"There is no metadata of version {version}.");

    /// <summary>The manifests of a version, as the metadata of a later one has them.</summary>
    public async Task<List<ManifestFile>> ManifestsAsync(long version, long? metadataOf = null)
    {
        TableMetadata metadata = await MetadataAsync(metadataOf ?? version);
        return ManifestList.Read(await _folder.ReadAsync(metadata.Snapshots.Single(snapshot => snapshot.Id == version + 1).ManifestList, TestTable.Token));
    }

    /// <summary>The live entries of a version.</summary>
    public async Task<List<ManifestEntry>> EntriesAsync(long version, FileContent content, long? metadataOf = null)
    {
        List<ManifestEntry> entries = [];
        foreach (ManifestFile manifest in (await ManifestsAsync(version, metadataOf)).Where(manifest => manifest.Content == content))
            entries.AddRange(ManifestReader.Read(await _folder.ReadAsync(manifest.Path, TestTable.Token), manifest).Live);
        return entries;
    }

    /// <summary>The live data files of a version, by their names.</summary>
    public async Task<string[]> FilesAsync(long version, long? metadataOf = null) =>
        [.. (await EntriesAsync(version, FileContent.Data, metadataOf)).Select(entry => entry.FilePath[AddressOf("").Length..]).Order(StringComparer.Ordinal)];

    /// <summary>The files of deletes of a version, as text.</summary>
    public async Task<string[]> DeletesAsync(long version)
    {
        List<string> texts = [];
        foreach (ManifestEntry entry in await EntriesAsync(version, FileContent.PositionDeletes))
            texts.Add((await File.ReadAllTextAsync(Table.PathOf(entry.FilePath[AddressOf("").Length..]), TestTable.Token))[AddressOf("").Length..]);
        return [.. texts.Order(StringComparer.Ordinal)];
    }

    public void Dispose() => Table.Dispose();
}
