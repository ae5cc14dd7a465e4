using Lakehouse.Delta.Iceberg.Schemas;

namespace Lakehouse.Delta.Iceberg;

/// <summary>Where a table's Iceberg metadata is, and what it shows.</summary>
internal static class IcebergStatus
{
    public static IcebergFolder FolderOf(DeltaLog log, IcebergOptions options, Metadata metadata)
    {
        string location = metadata.Configuration.GetValueOrDefault(TableProperties.IcebergLocation) is { Length: > 0 } own ? own.TrimEnd('/') : LogFiles.KeyOf(options.Location, log.TablePath).TrimEnd('/');
        return new IcebergFolder(log.Store, log.TablePath, location);
    }

    public static IcebergState StateOf(IcebergFolder folder, TableMetadata table) =>
        new(table.DeltaVersion, table.Current.Id, folder.AddressOf(IcebergFolder.MetadataName(table.Current.Id)), table.Snapshots.Count);

    /// <summary>What keeps a version from being shown; null when nothing does.</summary>
    public static string? FindObstacle(DeltaLog log, Snapshot snapshot)
    {
        try
        {
            SchemaMapping.Of(log.TablePath, snapshot.Version, snapshot.Metadata, KnownIds.None);
            return null;
        }
        catch (IcebergMappingException exception)
        {
            return exception.Message;
        }
    }

    /// <summary>What clients see; null when there is nothing that they could.</summary>
    public static async Task<IcebergState?> TryReadAsync(DeltaLog log, IcebergOptions options, Metadata metadata, CancellationToken cancellationToken)
    {
        IcebergFolder folder = FolderOf(log, options, metadata);
        try
        {
            return await folder.TryReadHintAsync(cancellationToken).ConfigureAwait(false) is { } number
                && await folder.TryReadMetadataAsync(number, cancellationToken).ConfigureAwait(false) is { } table
                && table.DeltaTableId == metadata.Id
                ? StateOf(folder, table)
                : null;
        }
        catch (FormatException)
        {
            // Not ours: writing it would say so.
            return null;
        }
    }
}
