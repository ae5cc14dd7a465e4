using Lakehouse.Delta;

namespace Lakehouse.Engine.Results;

/// <summary>A table as <c>DESCRIBE DETAIL</c> shows it.</summary>
public sealed record TableDetail(
    string Table, string Id, string? Description, long Version, DateTimeOffset CommittedAt, DateTimeOffset? CreatedAt, IReadOnlyList<string> PartitionColumns,
    int Files, long Bytes, long? Rows, long FilesWithDeletedRows, long DeletedRows, int MinReaderVersion, int MinWriterVersion, IReadOnlyList<string> Features, IReadOnlyDictionary<string, string> Properties)
{
    /// <summary>What Iceberg clients see of it; null when nothing.</summary>
    public IcebergState? Iceberg { get; init; }

    /// <summary>What keeps this version from being shown to Iceberg clients, where the table asks for that.</summary>
    public string? IcebergObstacle { get; init; }

    /// <summary>The details of a version, with what Iceberg clients see.</summary>
    public static async Task<TableDetail> ReadAsync(LakeTable table, Snapshot snapshot, CancellationToken cancellationToken = default) => !snapshot.Metadata.AsksForIceberg()
        ? Of(table, snapshot)
        : Of(table, snapshot) with
        {
            Iceberg = await table.Log.TryReadIcebergAsync(snapshot, cancellationToken).ConfigureAwait(false),
            IcebergObstacle = table.Log.FindIcebergObstacle(snapshot),
        };

    /// <summary>The details of a version.</summary>
    public static TableDetail Of(LakeTable table, Snapshot snapshot) => new(
        table.ToString(),
        snapshot.Metadata.Id,
        snapshot.Metadata.Description,
        snapshot.Version,
        snapshot.Timestamp,
        snapshot.Metadata.CreatedTime is { } created ? DateTimeOffset.FromUnixTimeMilliseconds(created) : null,
        snapshot.PartitionColumns,
        snapshot.Files.Count,
        snapshot.Files.Sum(file => file.Size),
        snapshot.Files.All(file => file.LiveRows is not null) ? snapshot.Files.Sum(file => file.LiveRows) : null,
        snapshot.Files.Count(file => file.DeletionVector is not null),
        snapshot.Files.Sum(file => file.DeletionVector?.Cardinality ?? 0),
        snapshot.Protocol.MinReaderVersion,
        snapshot.Protocol.MinWriterVersion,
        [.. TableFeatures.All.Where(snapshot.Protocol.Supports).Select(feature => feature.Name).Order(StringComparer.Ordinal)],
        snapshot.Configuration);
}
