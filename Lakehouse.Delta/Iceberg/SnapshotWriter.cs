using Lakehouse.Delta.Iceberg.Manifests;
using Lakehouse.Delta.Iceberg.Schemas;

namespace Lakehouse.Delta.Iceberg;

/// <summary>
/// Makes one snapshot out of the manifests of the one before. Files that come go into one new manifest, files that go cost rewriting
/// the manifests that hold them, and all others stay as they are. Every data file with a deletion vector has one file of position
/// deletes that holds the whole vector, and is replaced with it.
/// </summary>
internal sealed class SnapshotWriter
{
    /// <summary>Files of a manifest, at most.</summary>
    private const int FilesPerManifest = 10_000;

    /// <summary>So many manifests that are less than half full are merged: one a commit would make plans slow.</summary>
    private const int ManifestsToMerge = 100;

    private readonly IcebergFolder _folder;
    private readonly IIcebergParquet _parquet;
    private readonly DeletionVectorStore _vectors;
    private readonly SchemaMapping _mapping;
    private readonly PartitionSpec _spec;
    private readonly IcebergSchema _schema;
    private readonly List<ManifestFile> _manifests;
    private readonly long _id;
    private readonly SnapshotSummary _summary = new();
    private readonly CancellationToken _cancellationToken;

    public SnapshotWriter(
        IcebergFolder folder, IIcebergParquet parquet, DeletionVectorStore vectors, TableMetadata table, SchemaMapping mapping, List<ManifestFile> manifests, long id, CancellationToken cancellationToken)
    {
        _folder = folder;
        _parquet = parquet;
        _vectors = vectors;
        _mapping = mapping;
        _schema = table.Schemas[^1];
        _spec = table.Specs[^1];
        _manifests = manifests;
        _id = id;
        _cancellationToken = cancellationToken;
    }

    /// <summary>Applies what a version changed.</summary>
    /// <exception cref="FormatException">The manifests do not hold what the version removes: they are not those of the version before.</exception>
    public async Task ApplyAsync(CommitChanges changes)
    {
        Dictionary<string, AddFile> adds = new(StringComparer.Ordinal);
        foreach (AddFile file in changes.Adds) adds[_folder.DataAddress(file.Path)] = file;
        Dictionary<string, RemoveFile> removes = new(StringComparer.Ordinal);
        foreach (RemoveFile file in changes.Removes) removes[_folder.DataAddress(file.Path)] = file;

        // A file that is removed and added has other rows deleted now; the file itself stays. One that is added again without a
        // change of data may be there already, with statistics or tags to be replaced (PROTOCOL.md, "Add File and Remove File").
        Dictionary<string, IReadOnlyList<byte[]?>?> gone = new(StringComparer.Ordinal), again = new(StringComparer.Ordinal), vectors = new(StringComparer.Ordinal);
        foreach ((string address, RemoveFile file) in removes)
        {
            IReadOnlyList<byte[]?>? partition = file.PartitionValues is { } values ? DataFile.PartitionOf(values, _mapping) : null;
            AddFile? stays = adds.GetValueOrDefault(address);
            if (stays is null) gone[address] = partition;
            if (file.DeletionVector is { Cardinality: > 0 } vector && vector.UniqueId != stays?.DeletionVector?.UniqueId) vectors[address] = partition;
        }

        foreach ((string address, AddFile file) in adds)
        {
            if (!file.DataChange && !removes.ContainsKey(address)) again[address] = DataFile.PartitionOf(file.PartitionValues, _mapping);
        }

        HashSet<string> known = await RemoveDataAsync(gone, again).ConfigureAwait(false);
        if (vectors.Count > 0 || known.Count > 0)
        {
            foreach (string address in known) vectors.TryAdd(address, again[address]);
            await RemoveDeletesAsync(vectors, known).ConfigureAwait(false);
        }

        await AddAsync(
            adds.Where(add => !removes.ContainsKey(add.Key) && !known.Contains(add.Key)).Select(add => add.Value),
            adds.Where(add => add.Value.DeletionVector is { } vector && removes.GetValueOrDefault(add.Key)?.DeletionVector?.UniqueId != vector.UniqueId).Select(add => add.Value)).ConfigureAwait(false);
        await MergeAsync(FileContent.Data).ConfigureAwait(false);
        await MergeAsync(FileContent.PositionDeletes).ConfigureAwait(false);
    }

    /// <summary>Adds data files, and files of deletes for those that have deletion vectors.</summary>
    public async Task AddAsync(IEnumerable<AddFile> files, IEnumerable<AddFile> withVectors)
    {
        ManifestRun data = new(this, FileContent.Data), deletes = new(this, FileContent.PositionDeletes);
        foreach (AddFile file in files)
        {
            long rows = file.Statistics.NumRecords ?? await _parquet.CountRowsAsync(_folder.Store, DataPath.Resolve(_folder.TablePath, file.Path), _cancellationToken).ConfigureAwait(false);
            await data.AddAsync(DataFile.Of(file, _folder.DataAddress(file.Path), rows, _mapping)).ConfigureAwait(false);
            _summary.AddFile(rows, file.Size);
        }

        foreach (AddFile file in withVectors)
        {
            if (file.DeletionVector is not { Cardinality: > 0 } vector) continue;
            DataFile written = await WriteDeletesAsync(file, vector).ConfigureAwait(false);
            await deletes.AddAsync(written).ConfigureAwait(false);
            _summary.AddDeletes(written.RecordCount, written.Size);
        }

        await data.FinishAsync().ConfigureAwait(false);
        await deletes.FinishAsync().ConfigureAwait(false);
    }

    /// <summary>Writes the manifest list.</summary>
    /// <param name="parent">The snapshot before; null for the first.</param>
    /// <param name="totals">The summary that totals go on from; null when there was nothing.</param>
    /// <param name="timestamp">When the version was committed, in milliseconds since the Unix epoch.</param>
    /// <param name="changesRows">Whether rows came or went, rather than moved.</param>
    public async Task<TableSnapshot> FinishAsync(TableSnapshot? parent, IReadOnlyDictionary<string, string>? totals, long timestamp, bool changesRows)
    {
        _manifests.RemoveAll(manifest => manifest.LiveFiles == 0 && manifest.AddedSnapshotId != _id);
        string name = IcebergFolder.NewManifestList(_id);
        await _folder.WriteAsync(name, ManifestList.Write(_manifests, _id, parent?.Id, _id), _cancellationToken).ConfigureAwait(false);
        return new TableSnapshot(_id, parent?.Id, Math.Max(timestamp, parent?.Timestamp ?? 0), _folder.AddressOf(name), _schema.Id, _summary.Finish(totals, _id - 1, changesRows));
    }

    /// <summary>Takes data files out.</summary>
    /// <param name="gone">Files that must be there, with their partitions where they are known.</param>
    /// <param name="again">Files that may be there, and stay.</param>
    /// <returns>Those of the latter that are there.</returns>
    private async Task<HashSet<string>> RemoveDataAsync(Dictionary<string, IReadOnlyList<byte[]?>?> gone, Dictionary<string, IReadOnlyList<byte[]?>?> again)
    {
        HashSet<string> known = new(StringComparer.Ordinal);
        Dictionary<string, IReadOnlyList<byte[]?>?> wanted = new(gone.Concat(again), StringComparer.Ordinal);
        await FindAsync(FileContent.Data, wanted, entry =>
        {
            if (gone.ContainsKey(entry.FilePath)) _summary.RemoveFile(entry.RecordCount, entry.Size);
            else known.Add(entry.FilePath);
            return gone.ContainsKey(entry.FilePath);
        }).ConfigureAwait(false);
        return wanted.Keys.FirstOrDefault(gone.ContainsKey) is { } missing ? throw new FormatException($"the manifests do not hold '{missing}'") : known;
    }

    /// <summary>Takes out the files of deletes that are about data files.</summary>
    /// <param name="vectors">The data files.</param>
    /// <param name="optional">Those that may have none.</param>
    private async Task RemoveDeletesAsync(Dictionary<string, IReadOnlyList<byte[]?>?> vectors, HashSet<string> optional)
    {
        await FindAsync(FileContent.PositionDeletes, vectors, entry =>
        {
            _summary.RemoveDeletes(entry.RecordCount, entry.Size);
            return true;
        }).ConfigureAwait(false);
        if (vectors.Keys.FirstOrDefault(address => !optional.Contains(address)) is { } missing) throw new FormatException($"the manifests hold no deletes of '{missing}'");
    }

    /// <summary>Looks for entries by the data file that they are about, newest manifests first, and rewrites the manifests of those that are
    /// to be deleted. What is found is taken out of what is wanted.</summary>
    private async Task FindAsync(FileContent content, Dictionary<string, IReadOnlyList<byte[]?>?> wanted, Func<ManifestEntry, bool> isDeleted)
    {
        for (int i = _manifests.Count - 1; i >= 0 && wanted.Count > 0; i--)
        {
            ManifestFile manifest = _manifests[i];
            if (manifest.Content != content || manifest.LiveFiles == 0 || !MayHold(manifest, wanted)) continue;
            (ManifestHeader header, List<ManifestEntry> live) = await ReadAsync(manifest).ConfigureAwait(false);
            HashSet<ManifestEntry> deleted = new(ReferenceEqualityComparer.Instance);
            foreach (ManifestEntry entry in live)
            {
                if (wanted.Remove(entry.DataFile) && isDeleted(entry)) deleted.Add(entry);
            }

            if (deleted.Count == 0) continue;
            ManifestWriter writer = new(header, _id, _id);
            writer.Copy(manifest, live, deleted.Contains);
            _manifests[i] = await WriteAsync(writer).ConfigureAwait(false);
        }
    }

    private bool MayHold(ManifestFile manifest, Dictionary<string, IReadOnlyList<byte[]?>?> wanted)
    {
        if (manifest.SpecId != _spec.Id || _spec.Fields.Count == 0) return true;
        foreach (IReadOnlyList<byte[]?>? partition in wanted.Values)
        {
            if (partition is null) return true;
            bool may = true;
            for (int i = 0; i < partition.Count && may; i++) may = manifest.Partitions[i].MayContain(partition[i], _mapping.Partitions[i].Type);
            if (may) return true;
        }

        return false;
    }

    private async Task MergeAsync(FileContent content)
    {
        List<ManifestFile> small = _manifests.FindAll(manifest =>
            manifest.Content == content && manifest.SpecId == _spec.Id && manifest.AddedSnapshotId != _id && manifest.LiveFiles is > 0 and < FilesPerManifest / 2);
        if (small.Count < ManifestsToMerge) return;
        ManifestWriter? writer = null;
        ManifestHeader? common = null;
        HashSet<ManifestFile> merged = new(ReferenceEqualityComparer.Instance);
        List<ManifestFile> written = [];
        foreach (ManifestFile manifest in small)
        {
            (ManifestHeader header, List<ManifestEntry> live) = await ReadAsync(manifest).ConfigureAwait(false);
            common ??= header;
            if (!common.Takes(header)) continue;
            if (writer is not null && writer.Count + live.Count > FilesPerManifest)
            {
                written.Add(await WriteAsync(writer).ConfigureAwait(false));
                writer = null;
            }

            writer ??= new ManifestWriter(common, _id, _id);
            writer.Copy(manifest, live, static _ => false);
            merged.Add(manifest);
        }

        if (writer is not null) written.Add(await WriteAsync(writer).ConfigureAwait(false));
        _manifests.RemoveAll(merged.Contains);
        _manifests.InsertRange(0, written);
    }

    private async Task<(ManifestHeader Header, List<ManifestEntry> Live)> ReadAsync(ManifestFile manifest) =>
        ManifestReader.Read(await _folder.ReadAsync(manifest.Path, _cancellationToken).ConfigureAwait(false), manifest);

    private async Task<ManifestFile> WriteAsync(ManifestWriter writer)
    {
        string name = IcebergFolder.NewManifest(_id);
        (byte[] content, ManifestFile file) = writer.Finish(_folder.AddressOf(name));
        await _folder.WriteAsync(name, content, _cancellationToken).ConfigureAwait(false);
        return file;
    }

    private async Task<DataFile> WriteDeletesAsync(AddFile file, DeletionVectorDescriptor vector)
    {
        RoaringBitmapArray positions = await _vectors.ReadAsync(vector, _cancellationToken).ConfigureAwait(false);
        string name = IcebergFolder.NewDeletes(_id), dataFile = _folder.DataAddress(file.Path);
        long size = await _parquet.WriteDeletesAsync(_folder.Store, _folder.KeyOf(name), dataFile, positions, _cancellationToken).ConfigureAwait(false);
        return DataFile.OfDeletes(
            _folder.AddressOf(name), dataFile, DataFile.PartitionOf(file.PartitionValues, _mapping), size, positions.Cardinality, (long)positions.Values().First(), (long)positions.Values().Last());
    }

    /// <summary>New manifests, one after the other as each is full.</summary>
    private sealed class ManifestRun(SnapshotWriter snapshot, FileContent content)
    {
        private ManifestWriter? _writer;

        public async Task AddAsync(DataFile file)
        {
            _writer ??= new ManifestWriter(ManifestHeader.Of(snapshot._schema, snapshot._spec, snapshot._mapping.Partitions, content), snapshot._id, snapshot._id);
            _writer.Add(file);
            if (_writer.Count >= FilesPerManifest) await FinishAsync().ConfigureAwait(false);
        }

        public async Task FinishAsync()
        {
            if (_writer is null) return;
            snapshot._manifests.Add(await snapshot.WriteAsync(_writer).ConfigureAwait(false));
            _writer = null;
        }
    }
}
