using Lakehouse.Delta;

namespace Lakehouse.Engine.Alter;

/// <summary>A feature that can leave a table's protocol, and what of it must leave the table before.</summary>
/// <param name="Feature">The feature.</param>
internal sealed record DroppableFeature(TableFeature Feature)
{
    /// <summary>Table properties that use it, with what they become.</summary>
    public IReadOnlyDictionary<string, string?> Properties { get; init; } = new Dictionary<string, string?>();

    /// <summary>Whether files with deletion vectors must be written anew.</summary>
    public bool Purges { get; init; }

    /// <summary>The metadata without the feature, where all files must be written anew for it; null where they may stay.</summary>
    public Func<Metadata, Metadata>? Rewrites { get; init; }

    /// <summary>Why the table cannot do without it yet; null where it can.</summary>
    public Func<Snapshot, string?> Hindrance { get; init; } = _ => null;

    /// <summary>Whether a version's metadata uses it.</summary>
    public Func<Metadata, bool> IsUsedBy { get; init; } = _ => false;

    /// <summary>Whether a file uses it.</summary>
    public Func<AddFile, bool> IsUsedByFile { get; init; } = _ => false;

    /// <summary>The features, by name.</summary>
    public static readonly IReadOnlyDictionary<string, DroppableFeature> All = new DroppableFeature[]
    {
        new(TableFeatures.DeletionVectors)
        {
            Properties = new Dictionary<string, string?> { [TableProperties.EnableDeletionVectors] = "false" },
            Purges = true,
            IsUsedBy = metadata => metadata.IsTrue(TableProperties.EnableDeletionVectors),
            IsUsedByFile = file => file.DeletionVector is not null,
        },
        new(TableFeatures.V2Checkpoint)
        {
            Properties = new Dictionary<string, string?> { [TableProperties.CheckpointPolicy] = "classic" },
            IsUsedBy = metadata => metadata.HasV2CheckpointPolicy(),
        },
        new(TableFeatures.ColumnMapping)
        {
            Rewrites = metadata => Unmapped(metadata),
            Hindrance = snapshot => snapshot.Metadata.ColumnMappingMode == "none" ? null
                : snapshot.Schema.AnyField(field => field.Name.AsSpan().IndexOfAny(" ,;{}()\n\t=") >= 0) ? "a column's name has characters that only mapped columns may have; rename it"
                : ClusteringColumns.Of(snapshot).Count > 0 ? "the table is clustered by mapped columns; cluster it by none first" : null,
            IsUsedBy = metadata => metadata.ColumnMappingMode != "none",
        },
        new(TableFeatures.TypeWidening)
        {
            Rewrites = metadata => metadata.WithSchema(SchemaMetadata.Without(metadata.Schema, key => key == SchemaEvolution.TypeChangesKey)).WithProperty(TableProperties.EnableTypeWidening, null),
            IsUsedBy = metadata => metadata.IsTrue(TableProperties.EnableTypeWidening) || metadata.Schema.AnyField(field => field.Metadata.ContainsKey(SchemaEvolution.TypeChangesKey)),
        },
        new(TableFeatures.CheckConstraints)
        {
            Hindrance = snapshot => snapshot.Configuration.Keys.FirstOrDefault(key => key.StartsWith(TableProperties.ConstraintPrefix, StringComparison.Ordinal)) is { } key
                ? $"it has the constraint '{key[TableProperties.ConstraintPrefix.Length..]}'; drop that first"
                : null,
        },
        new(TableFeatures.InCommitTimestamp)
        {
            Properties = new Dictionary<string, string?>
            {
                [TableProperties.EnableInCommitTimestamps] = null,
                [TableProperties.InCommitTimestampEnablementVersion] = null,
                [TableProperties.InCommitTimestampEnablementTimestamp] = null,
            },
        },
        new(TableFeatures.ChangeDataFeed) { Properties = new Dictionary<string, string?> { [TableProperties.EnableChangeDataFeed] = "false" } },
        new(TableFeatures.Clustering) { Hindrance = snapshot => ClusteringColumns.Of(snapshot).Count > 0 ? "it is clustered; cluster it by none first" : null },
        new(TableFeatures.ColumnDefaults)
        {
            Hindrance = snapshot => snapshot.Schema.Fields.FirstOrDefault(field => Write.RowRules.Default(field) is not null) is { } field ? $"column '{field.Name}' has a default" : null,
        },
    }.ToDictionary(known => known.Feature.Name, StringComparer.Ordinal);

    private static Metadata Unmapped(Metadata metadata) =>
        metadata.WithSchema(SchemaMetadata.Without(metadata.Schema, key => key.StartsWith("delta.columnMapping.", StringComparison.Ordinal)))
            .WithProperty(TableProperties.ColumnMappingMode, null).WithProperty(ColumnMapping.MaxColumnIdKey, null);
}
