using Lakehouse.Delta.Iceberg.Manifests;
using Lakehouse.Delta.Iceberg.Schemas;
using Lakehouse.Storage;

namespace Lakehouse.Delta.Iceberg;

/// <summary>
/// Writes a Delta table's Iceberg metadata. Version V becomes snapshot V + 1, with sequence number V + 1, and <c>vN.metadata.json</c>
/// with N = V + 1 makes it visible, put only where none stands: so any number of writers may do this at once, and each finds what the
/// others did. What was missed is made up for, a snapshot for each version. Nothing here changes the Delta table.
/// </summary>
internal sealed class IcebergWriter(DeltaLog log, IcebergOptions options)
{
    /// <summary>Versions that are made up for one by one; when more were missed, the newest is written as a whole.</summary>
    private const long MaxMissed = 100;

    /// <summary>Snapshots that metadata names at most: each is written again with every commit.</summary>
    private const int MaxSnapshots = 100;

    /// <summary>Versions between clean-ups.</summary>
    private const int CleanUpInterval = 100;

    private readonly DeletionVectorStore _vectors = new(log.Store, log.TablePath);

    /// <summary>Makes the metadata show a version, or a later one that it shows already.</summary>
    /// <exception cref="IcebergMappingException">Iceberg lacks something that the table has, or the folder has metadata that is not ours.</exception>
    public async Task<IcebergState> WriteAsync(Snapshot snapshot, CancellationToken cancellationToken)
    {
        IcebergFolder folder = IcebergStatus.FolderOf(log, options, snapshot.Metadata);
        TableMetadata? previous = await FindAsync(folder, snapshot, cancellationToken).ConfigureAwait(false);
        if (previous is not null && previous.DeltaVersion >= snapshot.Version)
        {
            await PointToAsync(folder, previous.Current.Id, cancellationToken).ConfigureAwait(false);
            return IcebergStatus.StateOf(folder, previous);
        }

        TableMetadata? next = previous is null ? null : await TryFollowAsync(folder, previous, snapshot, cancellationToken).ConfigureAwait(false);
        next ??= await BuildAsync(folder, previous, snapshot, cancellationToken).ConfigureAwait(false);
        next = next.WithoutExpired((log.Options.Time.GetUtcNow() - RetentionOf(snapshot.Metadata)).ToUnixTimeMilliseconds(), MaxSnapshots);
        await PublishAsync(folder, next, cancellationToken).ConfigureAwait(false);
        if (next.Current.Id % CleanUpInterval == 0) await new IcebergCleanUp(folder, log.Options.Time).RunAsync(next, cancellationToken).ConfigureAwait(false);
        return IcebergStatus.StateOf(folder, next);
    }

    /// <summary>Snapshots stay as long as their files and their versions do.</summary>
    private static TimeSpan RetentionOf(Metadata metadata)
    {
        TimeSpan log = metadata.LogRetentionOf(), files = metadata.DeletedFileRetentionOf();
        return log < files ? log : files;
    }

    /// <summary>The newest metadata of this table. Mostly that of the version before; otherwise the hint, and then the folder, tell.</summary>
    private async Task<TableMetadata?> FindAsync(IcebergFolder folder, Snapshot snapshot, CancellationToken cancellationToken)
    {
        long number = snapshot.Version + 1;
        string? name = null;
        try
        {
            for (int place = 0; place < 3; place++)
            {
                long candidate = place < 2 ? number - place : await folder.TryReadHintAsync(cancellationToken).ConfigureAwait(false) ?? 0;
                name = IcebergFolder.MetadataName(candidate);
                if (await folder.TryReadMetadataAsync(candidate, cancellationToken).ConfigureAwait(false) is { } found && found.DeltaTableId == snapshot.Metadata.Id) return found;
            }

            List<(string Name, ObjectInfo Info)> files = await folder.ListAsync(cancellationToken).ConfigureAwait(false);
            foreach ((string file, long there) in files.Select(file => (file.Name, IcebergFolder.Parse(file.Name))).Where(file => file.Item2.Kind == IcebergFileKind.Metadata).Select(file => (file.Name, file.Item2.Number)).OrderByDescending(file => file.Number))
            {
                name = file;
                if (await folder.TryReadMetadataAsync(there, cancellationToken).ConfigureAwait(false) is not { } found) continue;
                if (found.DeltaTableId == snapshot.Metadata.Id) return found;

                // A table of ours that stood here before: clients that walk on from version to version must not come to it.
                await folder.Store.DeleteAsync(folder.KeyOf(file), cancellationToken).ConfigureAwait(false);
            }
        }
        catch (FormatException exception)
        {
            throw new IcebergMappingException(log.TablePath, $"its folder holds Iceberg metadata that is not ours, or is damaged: {name}: {exception.Message}. Move the folder '{IcebergFolder.Name}' away", snapshot.Version);
        }

        return null;
    }

    /// <summary>The metadata with what was committed since; null where the newest version has to be written as a whole.</summary>
    private async Task<TableMetadata?> TryFollowAsync(IcebergFolder folder, TableMetadata previous, Snapshot snapshot, CancellationToken cancellationToken)
    {
        if (previous.Location != folder.Location || snapshot.Version - previous.DeltaVersion > MaxMissed) return null;
        try
        {
            List<CommitChanges> commits = [];
            await foreach (CommitChanges commit in log.ChangesAsync(previous.DeltaVersion, snapshot.Version, cancellationToken).ConfigureAwait(false)) commits.Add(commit);
            Metadata metadata = commits.Skip(1).Any(commit => commit.Metadata is not null)
                ? (await log.LoadAsync(previous.DeltaVersion, cancellationToken).ConfigureAwait(false)).Metadata
                : snapshot.Metadata;
            List<ManifestFile> manifests = ManifestList.Read(await folder.ReadAsync(previous.Current.ManifestList, cancellationToken).ConfigureAwait(false));
            TableMetadata next = previous;
            foreach (CommitChanges commit in commits)
            {
                metadata = commit.Metadata ?? metadata;
                SchemaMapping mapping = SchemaMapping.Of(log.TablePath, commit.Version, metadata, next.Ids());
                if (next.With(mapping) is not { } table) return null;
                SnapshotWriter writer = new(folder, options.Parquet, _vectors, table, mapping, manifests, commit.Version + 1, cancellationToken);
                await writer.ApplyAsync(commit).ConfigureAwait(false);
                bool changesRows = commit.Adds.Any(file => file.DataChange) || commit.Removes.Any(file => file.DataChange);
                TableSnapshot added = await writer.FinishAsync(next.Current, next.Current.Summary, commit.Timestamp.ToUnixTimeMilliseconds(), changesRows).ConfigureAwait(false);
                next = table with { Snapshots = [.. table.Snapshots, added] };
            }

            return SnapshotSummary.DataFilesOf(next.Current.Summary) == snapshot.Files.Count ? next : null;
        }
        catch (Exception exception) when (exception is FormatException or VersionNotFoundException or ObjectNotFoundException || (exception is IcebergMappingException && snapshot.Version - previous.DeltaVersion > 1))
        {
            // Commits or manifests are gone, or a version between cannot be shown: the newest one stands on its own.
            return null;
        }
    }

    /// <summary>The newest version as a whole. Earlier snapshots stay where they can still be read.</summary>
    private async Task<TableMetadata> BuildAsync(IcebergFolder folder, TableMetadata? previous, Snapshot snapshot, CancellationToken cancellationToken)
    {
        try
        {
            bool continues = previous?.Location == folder.Location;
            SchemaMapping mapping = SchemaMapping.Of(log.TablePath, snapshot.Version, snapshot.Metadata, continues ? previous!.Ids() : KnownIds.None);
            TableMetadata table = (continues ? previous!.With(mapping) : null) ?? New(folder, snapshot, ref mapping);
            List<ManifestFile> manifests = [];
            SnapshotWriter writer = new(folder, options.Parquet, _vectors, table, mapping, manifests, snapshot.Version + 1, cancellationToken);
            await writer.AddAsync(snapshot.Files, snapshot.Files).ConfigureAwait(false);
            TableSnapshot added = await writer.FinishAsync(table.Snapshots.LastOrDefault(), null, snapshot.Timestamp.ToUnixTimeMilliseconds(), changesRows: true).ConfigureAwait(false);
            return table with { Snapshots = [.. table.Snapshots, added] };
        }
        catch (FormatException exception)
        {
            throw new CorruptLogException(log.TablePath, $"the Iceberg metadata cannot be made: {exception.Message}", snapshot.Version, null, null, exception);
        }
    }

    private TableMetadata New(IcebergFolder folder, Snapshot snapshot, ref SchemaMapping mapping)
    {
        mapping = SchemaMapping.Of(log.TablePath, snapshot.Version, snapshot.Metadata, KnownIds.None);
        int lastPartitionId = PartitionSpec.FirstFieldId - 1;
        PartitionSpec spec = TableMetadata.NewSpec(mapping, [], ref lastPartitionId);
        return new TableMetadata
        {
            DeltaTableId = snapshot.Metadata.Id,
            Location = folder.Location,
            LastColumnId = mapping.LastColumnId,
            Schemas = [new IcebergSchema(0, mapping.Columns)],
            Specs = [spec],
            LastPartitionId = lastPartitionId,
            Names = mapping.Names,
            Snapshots = [],
        };
    }

    /// <summary>Makes metadata visible. Where another writer was first, its metadata shows the same version, and stands.</summary>
    private async Task PublishAsync(IcebergFolder folder, TableMetadata table, CancellationToken cancellationToken)
    {
        long number = table.Current.Id;
        string key = folder.KeyOf(IcebergFolder.MetadataName(number));
        ReadOnlyMemory<byte> content = table.ToJson();
        if (!await folder.Store.TryPutIfAbsentAsync(key, content, cancellationToken).ConfigureAwait(false))
        {
            TableMetadata? there = await folder.TryReadMetadataAsync(number, cancellationToken).ConfigureAwait(false);
            if (there is not null && (there.DeltaTableId != table.DeltaTableId || there.Location != table.Location))
            {
                using MemoryStream replacement = new(content.ToArray());
                await folder.Store.PutAsync(key, replacement, cancellationToken).ConfigureAwait(false);
            }
        }

        await PointToAsync(folder, number, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Moves the hint forward. Two writers may leave it one behind; clients go on from it to the newest.</summary>
    private static async Task PointToAsync(IcebergFolder folder, long number, CancellationToken cancellationToken)
    {
        long? hint = await folder.TryReadHintAsync(cancellationToken).ConfigureAwait(false);
        bool isAhead = hint > number && await folder.TryReadMetadataAsync(hint.Value, cancellationToken).ConfigureAwait(false) is not null;
        if (hint != number && !isAhead) await folder.WriteHintAsync(number, cancellationToken).ConfigureAwait(false);
    }
}
