using System.Text.Json;
using Lakehouse.Storage;

namespace Lakehouse.Delta;

/// <summary>One version of a table as its commit file tells it: at most one metaData and one protocol, every line well-formed.</summary>
internal sealed class Commit
{
    private Commit(long version, IReadOnlyList<DeltaAction> actions)
    {
        Version = version;
        Actions = actions;
        foreach (DeltaAction action in actions)
        {
            switch (action)
            {
                case CommitInfo info: Info ??= info; break;
                case Metadata metadata: Metadata = metadata; break;
                case Protocol protocol: Protocol = protocol; break;
            }
        }
    }

    public long Version { get; }

    /// <summary>Everything in the commit, in its order.</summary>
    public IReadOnlyList<DeltaAction> Actions { get; }

    public CommitInfo? Info { get; }

    public Metadata? Metadata { get; }

    public Protocol? Protocol { get; }

    /// <summary>The file that it was read from; null for one that this process wrote itself, and for what a compaction amounts to.</summary>
    public ObjectInfo? File { get; private init; }

    /// <summary>The refusal of a transaction that cannot stand beside this commit.</summary>
    public CommitConflictException Conflict(string tablePath, CommitConflict conflict, string detail) => new(tablePath, conflict, Version, Info?.Operation, detail);

    /// <summary>A commit this process wrote itself.</summary>
    public static Commit Own(long version, IReadOnlyList<DeltaAction> actions) => new(version, actions);

    /// <summary>Reads a commit file.</summary>
    /// <exception cref="ObjectNotFoundException">There is no such version.</exception>
    /// <exception cref="CorruptLogException">The file breaks the protocol.</exception>
    public static async Task<Commit> ReadAsync(IObjectStore store, string tablePath, long version, CancellationToken cancellationToken)
    {
        string key = LogFiles.Commit(tablePath, version);
        return Parse(tablePath, version, key, await store.ReadAllBytesAsync(key, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Reads a commit file, or gives null when there is no such version.</summary>
    public static async Task<Commit?> TryReadAsync(IObjectStore store, string tablePath, long version, CancellationToken cancellationToken)
    {
        string key = LogFiles.Commit(tablePath, version);
        ObjectContent? file = await store.TryReadAsync(key, cancellationToken).ConfigureAwait(false);
        return file is null ? null : Parse(tablePath, version, key, file.Bytes, file.Info);
    }

    /// <summary>Reads what a run of commits amounts to. It has no commitInfo.</summary>
    /// <exception cref="ObjectNotFoundException">The file is gone.</exception>
    /// <exception cref="CorruptLogException">The file breaks the protocol.</exception>
    public static async Task<Commit> ReadAsync(IObjectStore store, string tablePath, CompactionFile compaction, CancellationToken cancellationToken) =>
        Parse(tablePath, compaction.To, compaction.Info.Key, await store.ReadAllBytesAsync(compaction.Info.Key, cancellationToken).ConfigureAwait(false));

    private static Commit Parse(string tablePath, long version, string key, byte[] content, ObjectInfo? file = null)
    {
        List<DeltaAction> actions = [];
        int line = 0, metadata = 0, protocols = 0;
        ReadOnlySpan<byte> rest = content;
        while (!rest.IsEmpty)
        {
            line++;
            int end = rest.IndexOf((byte)'\n');
            ReadOnlySpan<byte> text = end < 0 ? rest : rest[..end];
            rest = end < 0 ? [] : rest[(end + 1)..];
            if (text.Trim(" \t\r"u8).IsEmpty) continue;
            DeltaAction? action;
            try
            {
                action = ActionReader.Read(text);
            }
            catch (Exception exception) when (exception is JsonException or FormatException or InvalidOperationException)
            {
                string torn = end < 0 && exception is JsonException ? " It is the last line and has no end, so the file seems to be cut off." : "";
                throw new CorruptLogException(tablePath, $"this is no action: {exception.Message}.{torn}", version, key, line, exception);
            }

            if (action is null) continue;
            if (action is SidecarFile or CheckpointMetadata) throw new CorruptLogException(tablePath, "a commit holds no actions of checkpoints.", version, key, line);
            if (action is Metadata && ++metadata > 1) throw new CorruptLogException(tablePath, "the commit holds a second metaData; a version has at most one.", version, key, line);
            if (action is Protocol && ++protocols > 1) throw new CorruptLogException(tablePath, "the commit holds a second protocol; a version has at most one.", version, key, line);
            actions.Add(action);
        }

        if (line == 0) throw new CorruptLogException(tablePath, "the commit is empty, so its writer was cut off before it wrote anything.", version, key);
        return new Commit(version, actions) { File = file };
    }
}
