namespace Lakehouse.Delta;

/// <summary>What a program must be able to do to read and to write a table (PROTOCOL.md, "Protocol Evolution").</summary>
public sealed record Protocol : DeltaAction
{
    /// <summary>The reader version that lists its features.</summary>
    public const int FeatureReader = 3;

    /// <summary>The writer version that lists its features.</summary>
    public const int FeatureWriter = 7;

    /// <summary>The least reader version.</summary>
    public required int MinReaderVersion { get; init; }

    /// <summary>The least writer version.</summary>
    public required int MinWriterVersion { get; init; }

    /// <summary>Reader features, when <see cref="MinReaderVersion"/> is 3.</summary>
    public IReadOnlyList<string> ReaderFeatures { get; init; } = [];

    /// <summary>Writer features, when <see cref="MinWriterVersion"/> is 7. Reader features are among them.</summary>
    public IReadOnlyList<string> WriterFeatures { get; init; } = [];

    /// <summary>The protocol of a new table of ours: reader 3, writer 7, and the features that its metadata needs.</summary>
    public static Protocol For(Metadata metadata) =>
        new Protocol
        {
            MinReaderVersion = FeatureReader,
            MinWriterVersion = FeatureWriter,
            WriterFeatures = [TableFeatures.AppendOnly.Name, TableFeatures.Invariants.Name],
        }.With(TableFeatures.RequiredBy(metadata));

    /// <summary>Whether the protocol lists or implies the feature.</summary>
    public bool Supports(TableFeature feature)
    {
        ArgumentNullException.ThrowIfNull(feature);
        return WriterFeatures.Contains(feature.Name)
            || (MinWriterVersion < FeatureWriter && feature.LegacyWriter > 0 && feature.LegacyWriter <= MinWriterVersion);
    }

    /// <summary>
    /// This protocol with more features. Older versions become 3 and 7 and list what they implied, where a feature asks for it;
    /// the same instance comes back when nothing is missing.
    /// </summary>
    public Protocol With(IEnumerable<TableFeature> features)
    {
        TableFeature[] missing = [.. features.Where(feature => !Supports(feature))];
        if (missing.Length == 0) return this;
        IEnumerable<TableFeature> implied = MinWriterVersion < FeatureWriter ? TableFeatures.All.Where(Supports) : [];
        TableFeature[] added = [.. implied, .. missing];
        bool listsReaders = MinReaderVersion >= FeatureReader || missing.Any(feature => feature.IsReaderFeature);
        return new Protocol
        {
            MinReaderVersion = listsReaders ? FeatureReader : MinReaderVersion,
            MinWriterVersion = FeatureWriter,
            ReaderFeatures = listsReaders
                ? [.. ReaderFeatures.Concat(added.Where(feature => feature.IsReaderFeature).Select(feature => feature.Name)).Distinct()]
                : [],
            WriterFeatures = [.. WriterFeatures.Concat(added.Select(feature => feature.Name)).Distinct()],
        };
    }

    /// <summary>
    /// This protocol without a feature. Older versions become 7, and list what they implied; reader version 3 without features becomes
    /// 1, so that older readers are let in again.
    /// </summary>
    public Protocol Without(TableFeature feature)
    {
        ArgumentNullException.ThrowIfNull(feature);
        IEnumerable<string> implied = MinWriterVersion < FeatureWriter ? TableFeatures.All.Where(Supports).Select(known => known.Name) : [];
        string[] writers = [.. WriterFeatures.Concat(implied).Distinct().Where(name => name != feature.Name)];
        bool impliedReader = MinReaderVersion < FeatureReader && feature.LegacyReader > 1 && MinReaderVersion >= feature.LegacyReader;
        string[] readers = [.. ReaderFeatures.Where(name => name != feature.Name)];
        int reader = impliedReader || (MinReaderVersion == FeatureReader && readers.Length == 0) ? 1 : MinReaderVersion;
        return new Protocol { MinReaderVersion = reader, MinWriterVersion = FeatureWriter, ReaderFeatures = reader == FeatureReader ? readers : [], WriterFeatures = writers };
    }

    /// <summary>Throws unless the table can be read.</summary>
    /// <exception cref="UnsupportedFeatureException">It names every feature that is missing.</exception>
    internal void EnsureReadable(string table, long version)
    {
        if (MinReaderVersion > FeatureReader)
            throw new UnsupportedFeatureException(table, [$"reader version {MinReaderVersion}"], "cannot be read, because it needs a newer version of the protocol", version);
        string[] unknown = [.. ReaderFeatures.Where(name => TableFeatures.Find(name) is not { CanRead: true })];
        if (unknown.Length > 0)
            throw new UnsupportedFeatureException(table, unknown, "cannot be read, because it uses reader features that are not supported", version);
    }

    /// <summary>Throws unless the table, with this metadata, can be written.</summary>
    /// <exception cref="UnsupportedFeatureException">It names every feature that is missing.</exception>
    public void EnsureWritable(string table, Metadata metadata, long version)
    {
        EnsureReadable(table, version);
        if (MinWriterVersion > FeatureWriter)
            throw new UnsupportedFeatureException(table, [$"writer version {MinWriterVersion}"], "can only be read, because writing needs a newer version of the protocol", version);
        IEnumerable<string> unknown = WriterFeatures.Where(name => TableFeatures.Find(name) is null);
        IEnumerable<string> unable = TableFeatures.All
            .Where(feature => !feature.CanWrite && Supports(feature) && (feature.IsInUse is null || feature.IsInUse(metadata)))
            .Select(feature => feature.Name);
        string[] refused = [.. unknown.Concat(unable)];
        if (refused.Length > 0)
            throw new UnsupportedFeatureException(table, refused, "can only be read, because writing needs features that are not supported", version);
    }
}
