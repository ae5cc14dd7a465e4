namespace Lakehouse.Delta;

/// <summary>A feature of the protocol as this implementation knows it.</summary>
/// <param name="Name">Its name in a protocol action.</param>
/// <param name="IsReaderFeature">Whether readers must have it too.</param>
/// <param name="LegacyReader">The reader version that implies it, or 0.</param>
/// <param name="LegacyWriter">The writer version that implies it, or 0.</param>
/// <param name="CanRead">Whether tables with it can be read.</param>
/// <param name="CanWrite">Whether tables where it is in use can be written.</param>
/// <param name="IsInUse">Whether a table that lists the feature uses it. Null: listing is using.</param>
public sealed record TableFeature(
    string Name,
    bool IsReaderFeature,
    int LegacyReader,
    int LegacyWriter,
    bool CanRead,
    bool CanWrite,
    Func<Metadata, bool>? IsInUse = null);

/// <summary>
/// The one table of what can be read and written (PROTOCOL.md, "Valid Feature Names in Table Features"). A reader feature that
/// is not here, or cannot be read, refuses the table; a writer feature that is not here, or is in use and cannot be written,
/// makes it read-only.
/// </summary>
public static class TableFeatures
{
    /// <summary>Rows may only be added, when <c>delta.appendOnly</c> says so.</summary>
    public static readonly TableFeature AppendOnly = Writer("appendOnly", 2, canWrite: true);

    /// <summary>SQL expressions in column metadata that every row must satisfy.</summary>
    public static readonly TableFeature Invariants = Writer("invariants", 2, canWrite: true, AnyColumnHas("delta.invariants"));

    /// <summary>CHECK constraints.</summary>
    public static readonly TableFeature CheckConstraints = Writer(
        "checkConstraints", 3, canWrite: true, metadata => metadata.Configuration.Keys.Any(key => key.StartsWith(TableProperties.ConstraintPrefix, StringComparison.Ordinal)));

    /// <summary>Files of change rows beside the data.</summary>
    public static readonly TableFeature ChangeDataFeed = Writer("changeDataFeed", 4, canWrite: true, metadata => metadata.IsTrue(TableProperties.EnableChangeDataFeed));

    /// <summary>Columns computed from others.</summary>
    public static readonly TableFeature GeneratedColumns = Writer("generatedColumns", 4, canWrite: true, AnyColumnHas("delta.generationExpression"));

    /// <summary>Columns that number their rows.</summary>
    public static readonly TableFeature IdentityColumns = Writer("identityColumns", 6, canWrite: true, AnyColumnHas("delta.identity."));

    /// <summary>Values for columns that a write leaves out.</summary>
    public static readonly TableFeature ColumnDefaults = Writer("allowColumnDefaults", 0, canWrite: true, AnyColumnHas("CURRENT_DEFAULT"));

    /// <summary>Rows placed by columns that the domain <c>delta.clustering</c> names. Files of ours are simply not clustered yet.</summary>
    public static readonly TableFeature Clustering = Writer("clustering", 0, canWrite: true);

    /// <summary>Names in the files that differ from names in queries.</summary>
    public static readonly TableFeature ColumnMapping =
        new("columnMapping", IsReaderFeature: true, LegacyReader: 2, LegacyWriter: 5, CanRead: true, CanWrite: true, metadata => metadata.ColumnMappingMode != "none");

    /// <summary>Rows deleted without rewriting their files.</summary>
    public static readonly TableFeature DeletionVectors = Reader("deletionVectors", canRead: true, canWrite: true);

    /// <summary>The type timestamp_ntz.</summary>
    public static readonly TableFeature TimestampNtz = Reader("timestampNtz", canRead: true, canWrite: true);

    /// <summary>Columns whose older files have a narrower type.</summary>
    public static readonly TableFeature TypeWidening = Reader("typeWidening", canRead: true, canWrite: true);

    /// <summary>Checkpoints with unique names, whose file actions may stand in sidecars.</summary>
    public static readonly TableFeature V2Checkpoint = Reader("v2Checkpoint", canRead: true, canWrite: true);

    /// <summary>The commit's own time in its commitInfo.</summary>
    public static readonly TableFeature InCommitTimestamp = Writer("inCommitTimestamp", 0, canWrite: true);

    /// <summary>Named metadata beside the table's own.</summary>
    public static readonly TableFeature DomainMetadata = Writer("domainMetadata", 0, canWrite: true);

    /// <summary>History before a version must go at once or stay (PROTOCOL.md, "Checkpoint Protection"): it needs features that the table no longer has.</summary>
    public static readonly TableFeature CheckpointProtection = Writer("checkpointProtection", 0, canWrite: true);

    /// <summary>Ids that rows keep for life.</summary>
    public static readonly TableFeature RowTracking = Writer("rowTracking", 0, canWrite: true);

    private static readonly Dictionary<string, TableFeature> Known = new TableFeature[]
    {
        AppendOnly, Invariants, CheckConstraints, ChangeDataFeed, GeneratedColumns, IdentityColumns, ColumnDefaults, Clustering,
        ColumnMapping, DeletionVectors, TimestampNtz, TypeWidening, V2Checkpoint, InCommitTimestamp, DomainMetadata, CheckpointProtection, RowTracking,
        Reader("typeWidening-preview", canRead: true, canWrite: false),
        Reader("vacuumProtocolCheck", canRead: true, canWrite: true),
        Reader("variantType", canRead: true, canWrite: false),
        Reader("variantType-preview", canRead: true, canWrite: false),
        Reader("variantShredding", canRead: true, canWrite: false),
        Reader("variantShredding-preview", canRead: true, canWrite: false),
        Reader("catalogManaged", canRead: false, canWrite: false),
        Writer("icebergCompatV1", 0, canWrite: false, metadata => metadata.IsTrue("delta.enableIcebergCompatV1")),
        Writer("icebergCompatV2", 0, canWrite: false, metadata => metadata.IsTrue("delta.enableIcebergCompatV2")),
    }.ToDictionary(feature => feature.Name, StringComparer.Ordinal);

    /// <summary>Every feature with a name here.</summary>
    public static IReadOnlyCollection<TableFeature> All => Known.Values;

    /// <summary>The feature of that name, or null.</summary>
    public static TableFeature? Find(string name) => Known.GetValueOrDefault(name);

    /// <summary>The features that a table with such metadata must list.</summary>
    public static IEnumerable<TableFeature> RequiredBy(Metadata metadata)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        if (metadata.IsTrue(TableProperties.EnableDeletionVectors)) yield return DeletionVectors;
        if (metadata.Schema.Contains(PrimitiveType.TimestampNtz)) yield return TimestampNtz;
        if (metadata.HasV2CheckpointPolicy()) yield return V2Checkpoint;
        if (metadata.IsTrue(TableProperties.EnableRowTracking))
        {
            yield return RowTracking;
            yield return DomainMetadata;
        }

        if (metadata.IsTrue(TableProperties.AppendOnly)) yield return AppendOnly;
        if (metadata.IsTrue(TableProperties.EnableInCommitTimestamps)) yield return InCommitTimestamp;
        if (metadata.IsTrue(TableProperties.EnableTypeWidening) || AnyColumnHas(SchemaEvolution.TypeChangesKey)(metadata)) yield return TypeWidening;
        foreach (TableFeature feature in new[] { Invariants, CheckConstraints, ChangeDataFeed, GeneratedColumns, IdentityColumns, ColumnDefaults, ColumnMapping })
        {
            if (feature.IsInUse!(metadata)) yield return feature;
        }
    }

    private static TableFeature Writer(string name, int legacyWriter, bool canWrite, Func<Metadata, bool>? isInUse = null) =>
        new(name, IsReaderFeature: false, LegacyReader: 0, legacyWriter, CanRead: true, canWrite, isInUse);

    private static TableFeature Reader(string name, bool canRead, bool canWrite) =>
        new(name, IsReaderFeature: true, LegacyReader: 0, LegacyWriter: 0, canRead, canWrite);

    private static Func<Metadata, bool> AnyColumnHas(string keyPrefix) =>
        metadata => metadata.Schema.AnyField(field => field.Metadata.Keys.Any(key => key.StartsWith(keyPrefix, StringComparison.Ordinal)));
}
