using Lakehouse.Storage;

namespace Lakehouse.Delta;

/// <summary>
/// A table at one version. Immutable, readable by this implementation (its reader features are known), and cheap to keep:
/// snapshots of neighbouring versions share what is the same.
/// </summary>
public sealed class Snapshot
{
    internal Snapshot(string tablePath, long version, DateTimeOffset timestamp, TableState state, CommitInfo? commitInfo, ObjectInfo? commitFile)
    {
        Protocol = state.Protocol ?? throw new CorruptLogException(tablePath, "the log has no protocol action up to this version.", version);
        Metadata = state.Metadata ?? throw new CorruptLogException(tablePath, "the log has no metaData action up to this version.", version);
        TablePath = tablePath;
        Version = version;
        Timestamp = timestamp;
        State = state;
        CommitInfo = commitInfo;
        CommitFile = commitFile;
    }

    /// <summary>The table's path below its store.</summary>
    public string TablePath { get; }

    /// <summary>The version, counted from 0.</summary>
    public long Version { get; }

    /// <summary>When the version was committed (UTC, milliseconds): its in-commit timestamp, or else its file's time made monotonic.</summary>
    public DateTimeOffset Timestamp { get; }

    /// <summary>What reading and writing the table takes.</summary>
    public Protocol Protocol { get; }

    /// <summary>Schema, partitioning, configuration.</summary>
    public Metadata Metadata { get; }

    /// <summary>The table's columns.</summary>
    public StructType Schema => Metadata.Schema;

    /// <summary>The columns whose values are in the log rather than in the data files.</summary>
    public IReadOnlyList<string> PartitionColumns => Metadata.PartitionColumns;

    /// <summary>Table properties.</summary>
    public IReadOnlyDictionary<string, string> Configuration => Metadata.Configuration;

    /// <summary>
    /// The table's logical files, in an order that depends on the log alone. They are kept by columns and made as they are
    /// enumerated; to choose among many, <see cref="SelectFiles"/> makes only those that are wanted.
    /// </summary>
    public IReadOnlyCollection<AddFile> Files => State.Files;

    /// <summary>Metadata domains by name, those of the protocol (<c>delta.…</c>) included.</summary>
    public IReadOnlyDictionary<string, DomainMetadata> DomainMetadata => State.Domains;

    /// <summary>What the version's own commit says about itself. Null when it says nothing, or its file has been cleaned up.</summary>
    public CommitInfo? CommitInfo { get; }

    internal TableState State { get; }

    /// <summary>The version's commit file as it was when read: a table that was deleted and created anew does not have the same.</summary>
    internal ObjectInfo? CommitFile { get; }

    /// <summary>How far an application had come (PROTOCOL.md, "Transaction Identifiers"), or null when it never committed.</summary>
    public long? TransactionVersion(string applicationId) => State.Transactions.GetValueOrDefault(applicationId)?.Version;

    /// <summary>The applications that keep a position in the table (PROTOCOL.md, "Transaction Identifiers").</summary>
    public IEnumerable<string> TransactionApplications => State.Transactions.Keys;

    /// <inheritdoc/>
    public override string ToString() => $"{TablePath} version {Version}";

    /// <summary>The files that may hold wanted rows, in the order of <see cref="Files"/>.</summary>
    public IReadOnlyList<AddFile> SelectFiles(IFileFilter filter)
    {
        ArgumentNullException.ThrowIfNull(filter);
        return FileSelection.Select(State.Files, filter);
    }

    internal AddFile? Find(FileKey key) => State.Files.Find(key);

    /// <summary>The snapshot after one more commit.</summary>
    internal Snapshot Apply(Commit commit, ObjectInfo? file)
    {
        TableState state = State.Apply(commit.Actions);
        Snapshot next = new(TablePath, commit.Version, CommitTime.Of(commit.Info, state.Metadata!, commit.Version, file, Timestamp), state, commit.Info, file);
        if (commit.Protocol is not null || commit.Metadata is not null) next.Validate();
        return next;
    }

    /// <summary>Throws unless this implementation understands the table.</summary>
    internal void Validate()
    {
        Protocol.EnsureReadable(TablePath, Version);
        try
        {
            StructType schema = Metadata.Schema;
            foreach (string column in PartitionColumns)
            {
                if (schema.Find(column) is null) throw new FormatException($"the partition column '{column}' is not in the schema");
            }

            IReadOnlyList<string> changes = SchemaEvolution.UnreadableChanges(schema);
            if (changes.Count > 0)
                throw new UnsupportedFeatureException(TablePath, [.. changes.Select(change => $"typeWidening of {change}")], "cannot be read, because its columns changed their types in ways that are not supported", Version);
        }
        catch (FormatException exception)
        {
            throw new CorruptLogException(TablePath, $"the metaData cannot be used: {exception.Message}", Version, null, null, exception);
        }
    }
}
