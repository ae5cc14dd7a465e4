namespace Lakehouse.Delta;

/// <summary>
/// Whether a transaction still holds after a commit that came first, by the rules of Spark's conflict checker at the isolation
/// level WriteSerializable (or the one the table sets): what was read has not changed, but for blind appends, which may be
/// ordered after. Where both only took out rows of a file by deletion vectors, <see cref="VectorMerge"/> has the last word.
/// </summary>
internal sealed class ConflictCheck
{
    public const string Serializable = "Serializable";
    public const string WriteSerializable = "WriteSerializable";
    public const string SnapshotIsolation = "SnapshotIsolation";

    private readonly string _table;
    private readonly IReadOnlyList<DeltaAction> _actions;
    private readonly ReadSet _reads;
    private readonly string _isolation;
    private readonly VectorMerge _vectors;
    private readonly HashSet<string> _removedPaths;
    private readonly HashSet<string> _applications;
    private readonly HashSet<string> _domains;

    public ConflictCheck(string table, IReadOnlyList<DeltaAction> actions, ReadSet reads, VectorMerge vectors, string isolation)
    {
        _table = table;
        _actions = actions;
        _reads = reads;
        _vectors = vectors;
        _isolation = isolation;
        _removedPaths = actions.OfType<RemoveFile>().Select(remove => DataPath.Canonical(remove.Path)).ToHashSet(StringComparer.Ordinal);

        // COPY INTO marks every file that it took in: two of them may meet with many thousands each.
        _applications = actions.OfType<SetTransaction>().Select(transaction => transaction.ApplicationId).ToHashSet(StringComparer.Ordinal);
        _domains = actions.OfType<DomainMetadata>().Select(domain => domain.Domain).ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>The isolation level of a transaction: the table's, but moving rows without changing them needs less.</summary>
    public static string IsolationOf(Metadata metadata, IReadOnlyList<DeltaAction> actions)
    {
        bool changesFiles = false, changesData = false;
        foreach (FileAction file in actions.OfType<FileAction>())
        {
            changesFiles = true;
            changesData |= file.DataChange;
        }

        // With other metadata, rows that came meanwhile would be in files that it does not fit.
        if (changesFiles && !changesData && !actions.OfType<Metadata>().Any()) return SnapshotIsolation;
        return string.Equals(metadata.Configuration.GetValueOrDefault(TableProperties.IsolationLevel), Serializable, StringComparison.OrdinalIgnoreCase)
            ? Serializable
            : WriteSerializable;
    }

    /// <summary>Throws unless the transaction can follow the winner, as far as the two commits tell; what depends on the rows in
    /// deletion vectors is left to <see cref="VectorMerge.ResolveAsync"/>.</summary>
    /// <param name="winner">A commit since the transaction's snapshot.</param>
    /// <param name="before">The table before the winner.</param>
    /// <exception cref="CommitConflictException">It cannot.</exception>
    public void EnsureFollows(Commit winner, Snapshot before)
    {
        if (winner.Protocol is not null) throw Conflict(CommitConflict.ProtocolChanged, winner, "Another commit changed the protocol.");
        if (winner.Metadata is not null) throw Conflict(CommitConflict.MetadataChanged, winner, "Another commit changed the schema or the configuration.");
        Dictionary<string, Shrunken>? shrunk = Shrunk(winner);
        foreach (DeltaAction action in winner.Actions)
        {
            switch (action)
            {
                case SetTransaction theirs when _applications.Contains(theirs.ApplicationId):
                    throw Conflict(CommitConflict.SameTransaction, winner, $"Another commit carries a transaction of the same application '{theirs.ApplicationId}' (its version {theirs.Version}).");
                case DomainMetadata theirs when _domains.Contains(theirs.Domain):
                    throw Conflict(CommitConflict.SameDomain, winner, $"Another commit changed the same metadata domain '{theirs.Domain}'.");
                case RemoveFile removed:
                    EnsureNotNeeded(removed, shrunk, winner, before);
                    break;
                case AddFile { DataChange: true } added when MustHaveRead(winner):
                    EnsureNotMissed(added, shrunk, winner, before);
                    break;
            }
        }
    }

    private void EnsureNotNeeded(RemoveFile removed, Dictionary<string, Shrunken>? shrunk, Commit winner, Snapshot before)
    {
        string path = DataPath.Canonical(removed.Path);
        bool read = _reads.Contains(removed, before.Find(removed.Key));
        if (_removedPaths.Contains(path))
        {
            if (!read && !MissesRows(removed, before) && shrunk?.GetValueOrDefault(path) is { } rest && _vectors.TryFollow(path, rest.Left, winner)) return;
            throw Conflict(CommitConflict.ConcurrentDeleteDelete, winner, $"Another commit removed the file '{removed.Path}', which this transaction removes or replaces too.");
        }

        if (read) throw Conflict(CommitConflict.ConcurrentDeleteRead, winner, $"Another commit removed the file '{removed.Path}', which this transaction read.");

        // What only moved is still there.
        if (MissesRows(removed, before))
            throw Conflict(CommitConflict.ConcurrentDeleteRead, winner, $"Another commit took rows out of the file '{removed.Path}', whose presence this transaction relied on.");
    }

    private bool MissesRows(RemoveFile removed, Snapshot before) =>
        removed.DataChange && before.Find(removed.Key) is { } file && _reads.MissesRowsOf(file);

    private void EnsureNotMissed(AddFile added, Dictionary<string, Shrunken>? shrunk, Commit winner, Snapshot before)
    {
        bool covered = _reads.Covers(added);
        if (!covered && !_reads.MayMatch(added)) return;

        // A file that lost rows brings none: what it kept was there to be looked at.
        string path = DataPath.Canonical(added.Path);
        if (!covered && shrunk?.GetValueOrDefault(path) is { } rest && before.Find(rest.Removed.Key) is { } whole)
        {
            _vectors.ExpectFewer(whole, added, winner);
            return;
        }

        throw Conflict(CommitConflict.ConcurrentAppend, winner, $"Another commit added the file '{added.Path}', which this transaction should have read.");
    }

    /// <summary>The files, by their paths, of which a commit takes out no more than rows: it removes and adds them, with another deletion vector.</summary>
    private static Dictionary<string, Shrunken>? Shrunk(Commit winner)
    {
        Dictionary<string, RemoveFile>? removed = null;
        foreach (DeltaAction action in winner.Actions)
        {
            if (action is RemoveFile remove) (removed ??= new Dictionary<string, RemoveFile>(StringComparer.Ordinal)).TryAdd(DataPath.Canonical(remove.Path), remove);
        }

        if (removed is null) return null;
        Dictionary<string, Shrunken>? shrunk = null;
        foreach (DeltaAction action in winner.Actions)
        {
            if (action is AddFile { DeletionVector: not null } add && removed.TryGetValue(DataPath.Canonical(add.Path), out RemoveFile? remove))
                (shrunk ??= new Dictionary<string, Shrunken>(StringComparer.Ordinal))[DataPath.Canonical(add.Path)] = new Shrunken(remove, add);
        }

        return shrunk;
    }

    /// <summary>Whether what the winner added counts as something to read: a blind append may as well have come after us.</summary>
    private bool MustHaveRead(Commit winner) => _isolation switch
    {
        SnapshotIsolation => false,
        Serializable => true,
        _ => winner.Info?.IsBlindAppend != true || _actions.OfType<Metadata>().Any(),
    };

    private CommitConflictException Conflict(CommitConflict conflict, Commit winner, string detail) =>
        winner.Conflict(_table, conflict, detail);

    /// <param name="Removed">The file as the commit takes it out.</param>
    /// <param name="Left">What it leaves of it.</param>
    private sealed record Shrunken(RemoveFile Removed, AddFile Left);
}
