using System.Diagnostics;
using System.Globalization;
using Lakehouse.Storage;

namespace Lakehouse.Delta;

/// <summary>
/// One commit in the making: what it read, what it changes. For one thread. Committing it either makes the next version or
/// changes nothing.
/// </summary>
public sealed class DeltaTransaction
{
    private readonly DeltaLog _log;
    private readonly ReadSet _reads = new();
    private readonly Dictionary<string, AddFile> _adds = new(StringComparer.Ordinal);
    private readonly Dictionary<string, RemoveFile> _removes = new(StringComparer.Ordinal);
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private readonly List<AddCdcFile> _changeFiles = [];
    private readonly Dictionary<string, SetTransaction> _transactions = new(StringComparer.Ordinal);
    private readonly Dictionary<string, DomainMetadata> _domains = new(StringComparer.Ordinal);
    private readonly VectorMerge _vectors;
    private Protocol? _protocol;
    private Metadata? _metadata;
    private long _rowIdsFrom = -1;
    private bool _used;

    internal DeltaTransaction(DeltaLog log, Snapshot? basedOn, Protocol? protocol, Metadata? metadata)
    {
        _log = log;
        _vectors = new VectorMerge(log);
        BasedOn = basedOn;
        _protocol = protocol;
        _metadata = metadata;
    }

    /// <summary>The snapshot the transaction began on; null when it creates the table.</summary>
    public Snapshot? BasedOn { get; }

    /// <summary>The id by which the commit is recognised, in its <c>commitInfo.txnId</c>.</summary>
    public string TransactionId { get; } = Guid.NewGuid().ToString();

    /// <summary>The table's metadata as this transaction leaves it.</summary>
    public Metadata Metadata => _metadata ?? BasedOn!.Metadata;

    /// <summary>Adds a logical file. A file that is there with another deletion vector must be removed as well.</summary>
    /// <exception cref="ArgumentException">The path climbs out of the table or is added twice; or the file does not fit the table (see the message).</exception>
    public void Add(AddFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        if (!DataPath.IsAbsolute(file.Path) && ObjectKey.FindFault(DataPath.Decode(file.Path)) is { } fault)
            throw new ArgumentException($"The file '{file.Path}' cannot be added: {fault}.", nameof(file));
        if (file.DeletionVector is not null && file.Statistics.NumRecords is null)
            throw new ArgumentException($"The file '{file.Path}' has a deletion vector, so its statistics must tell numRecords.", nameof(file));
        if (!_adds.TryAdd(DataPath.Canonical(file.Path), file))
            throw new ArgumentException($"The file '{file.Path}' is added twice in one commit.", nameof(file));
    }

    /// <summary>Adds a logical file of an earlier version, or of another table: its deletion vector is none of those that the table may take
    /// no more of (<see cref="TableProperties.EnableDeletionVectors"/>).</summary>
    /// <exception cref="ArgumentException">As for <see cref="Add"/>.</exception>
    public void AddKnown(AddFile file)
    {
        Add(file);
        _known.Add(file.Path);
    }

    /// <summary>Removes a logical file of the snapshot.</summary>
    /// <param name="file">The file, as the snapshot has it.</param>
    /// <param name="dataChange">False when its rows live on in files that the commit adds.</param>
    /// <exception cref="ArgumentException">The snapshot has no such file, or it is removed twice.</exception>
    public void Remove(AddFile file, bool dataChange = true)
    {
        ArgumentNullException.ThrowIfNull(file);
        if (BasedOn?.Find(file.Key) is not { } known)
            throw new ArgumentException($"The file '{file.Path}' cannot be removed: it is not in version {BasedOn?.Version.ToString(CultureInfo.InvariantCulture) ?? "-"} with this deletion vector.", nameof(file));
        if (!_removes.TryAdd(DataPath.Canonical(file.Path), known.ToRemove(Now, dataChange)))
            throw new ArgumentException($"The file '{file.Path}' is removed twice in one commit.", nameof(file));
    }

    /// <summary>
    /// Takes rows out of a logical file of the snapshot, which stays with a new deletion vector. A commit that comes first and took
    /// other rows out of the file does not conflict: the transaction then commits a vector of both, in a file of its own.
    /// </summary>
    /// <param name="file">The file, as the snapshot has it.</param>
    /// <param name="left">The same file with the deletion vector that holds what is gone from it, written for this transaction.</param>
    /// <param name="rows">The rows that this transaction takes out; none of them was gone before. Not to be changed afterwards.</param>
    /// <exception cref="ArgumentException">The snapshot has no such file, it is removed twice, or what is left is another file or has no vector.</exception>
    public void RemoveRows(AddFile file, AddFile left, RoaringBitmapArray rows)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(rows);
        if (left.DeletionVector is null || DataPath.Canonical(left.Path) != DataPath.Canonical(file.Path))
            throw new ArgumentException($"What is left of the file '{file.Path}' must be the same file with a deletion vector.", nameof(left));
        Remove(file);
        Add(left);
        _vectors.Add(file, left, rows);
    }

    /// <summary>Adds a file of change rows, for change readers only.</summary>
    public void AddChangeFile(AddCdcFile file) => _changeFiles.Add(file ?? throw new ArgumentNullException(nameof(file)));

    /// <summary>Replaces the table's metadata. Features that it needs come into the protocol by themselves.</summary>
    public void SetMetadata(Metadata metadata) => _metadata = metadata ?? throw new ArgumentNullException(nameof(metadata));

    /// <summary>Replaces the protocol.</summary>
    public void SetProtocol(Protocol protocol) => _protocol = protocol ?? throw new ArgumentNullException(nameof(protocol));

    /// <summary>Records how far an application has come; two transactions of one application conflict.</summary>
    public void SetTransaction(string applicationId, long version)
    {
        ArgumentException.ThrowIfNullOrEmpty(applicationId);
        _transactions[applicationId] = new SetTransaction(applicationId, version, Now);
    }

    /// <summary>Sets a metadata domain, or takes it away by null.</summary>
    /// <exception cref="ArgumentException">The domain is one of the protocol's own.</exception>
    public void SetDomain(string domain, string? configuration)
    {
        ArgumentException.ThrowIfNullOrEmpty(domain);
        if (domain.StartsWith("delta.", StringComparison.Ordinal)) throw new ArgumentException($"The domain '{domain}' belongs to the protocol.", nameof(domain));
        string before = BasedOn?.DomainMetadata.GetValueOrDefault(domain)?.Configuration ?? "";
        _domains[domain] = new DomainMetadata(domain, configuration ?? before, configuration is null);
    }

    /// <summary>Says which columns the table's rows are placed by, from now on; none takes it back. The feature comes into the protocol.</summary>
    /// <param name="columns">Paths of physical names, one for each column.</param>
    public void SetClusteringColumns(IReadOnlyList<IReadOnlyList<string>> columns)
    {
        ArgumentNullException.ThrowIfNull(columns);
        _domains[ClusteringColumns.Domain] = new DomainMetadata(ClusteringColumns.Domain, ClusteringColumns.Write(columns), Removed: false);
        if (columns.Count > 0) SetProtocol((_protocol ?? BasedOn!.Protocol).With([TableFeatures.Clustering, TableFeatures.DomainMetadata]));
    }

    /// <summary>Makes the new table go on counting where another stands: for a clone, whose rows have the ids that they had there.</summary>
    public void ContinueRowIds(Snapshot source) => _rowIdsFrom = RowTracking.HighWaterMarkOf(source);

    /// <summary>The transaction depends on all rows: any commit that adds or removes some conflicts, but for blind appends.</summary>
    public void ReadWholeTable() => _reads.WholeTable = true;

    /// <summary>The transaction depends on these files: a commit that removes one conflicts.</summary>
    public void ReadFiles(IEnumerable<AddFile> files)
    {
        ArgumentNullException.ThrowIfNull(files);
        foreach (AddFile file in files) _reads.AddFile(file);
    }

    /// <summary>The transaction depends on all files for which <paramref name="predicate"/> holds, there now or added meanwhile: of some partitions, say.</summary>
    public void ReadWhere(Func<AddFile, bool> predicate) => _reads.AddPredicate(predicate ?? throw new ArgumentNullException(nameof(predicate)));

    /// <summary>
    /// The transaction looked at rows one by one, in the files for which <paramref name="mayMatch"/> holds, and takes out those that
    /// it is about (<see cref="Remove"/>, <see cref="RemoveRows"/>): what became of a row hangs on nothing but the row itself. Rows that
    /// other commits take out then do not conflict unless this transaction takes them out too; rows that they add do, where the
    /// predicate holds for their file.
    /// </summary>
    /// <param name="mayMatch">Whether a file may hold such rows.</param>
    /// <param name="dependsOnAbsence">The transaction does something where there is no such row, and leaves alone some that are there, as a merge
    /// does that only inserts: rows of these files that another commit takes out conflict.</param>
    public void MatchRows(Func<AddFile, bool> mayMatch, bool dependsOnAbsence = false) =>
        _reads.AddMatch(mayMatch ?? throw new ArgumentNullException(nameof(mayMatch)), dependsOnAbsence);

    /// <summary>
    /// Makes the next version of the table. Commits that came first are loaded and checked, and when none conflicts the
    /// transaction follows them. A write whose outcome the store cannot tell is resolved by reading the version back. Once the
    /// write has begun, <paramref name="cancellationToken"/> no longer stops it.
    /// </summary>
    /// <exception cref="CommitConflictException">Another commit came first and both cannot stand.</exception>
    /// <exception cref="TableExistsException">The table was to be created, but exists.</exception>
    /// <exception cref="TableNotFoundException">The table was deleted since the snapshot.</exception>
    /// <exception cref="UnsupportedFeatureException">The table can only be read, or only be appended to.</exception>
    /// <exception cref="CommitOutcomeUnknownException">The store failed so that nobody can tell.</exception>
    /// <exception cref="StorageException">The store failed, and nothing was committed.</exception>
    public async Task<CommitResult> CommitAsync(CommitInfo info, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(info);
        long started = Stopwatch.GetTimestamp();
        using Activity? activity = Telemetry.StartCommit(_log.TablePath, info.Operation);
        try
        {
            CommitResult result = await CommitOnceAsync(info, cancellationToken).ConfigureAwait(false);
            Telemetry.Committed(activity, _log.TablePath, info.Operation, started, result);
            return result;
        }
        catch (Exception error)
        {
            Telemetry.Failed(activity, _log.TablePath, info.Operation, started, error);
            throw;
        }
    }

    private async Task<CommitResult> CommitOnceAsync(CommitInfo info, CancellationToken cancellationToken)
    {
        if (_used) throw new InvalidOperationException("This transaction has been committed already: begin another.");
        _used = true;
        List<DeltaAction> actions = Prepare();
        string isolation = ConflictCheck.IsolationOf(Metadata, actions);
        info = info with
        {
            Operation = info.Operation ?? "WRITE",
            EngineInfo = info.EngineInfo ?? CommitInfo.OwnEngineInfo,
            TransactionId = TransactionId,
            IsBlindAppend = _reads.IsEmpty && _removes.Count == 0 && _adds.Count > 0,
            IsolationLevel = isolation,
            ReadVersion = BasedOn?.Version,
        };
        if (BasedOn is null && await _log.ExistsAsync(cancellationToken).ConfigureAwait(false)) throw new TableExistsException(_log.TablePath);
        ConflictCheck check = new(_log.TablePath, actions, _reads, _vectors, isolation);
        CommitWriter writer = new(_log, TransactionId);
        try
        {
            (Commit commit, int attempts, Snapshot? before) = await WriteAsync(writer, check, actions, info, cancellationToken).ConfigureAwait(false);
            Snapshot snapshot = await SnapshotOfAsync(commit, before).ConfigureAwait(false);
            await _vectors.CleanUpAsync(commit.Actions).ConfigureAwait(false);
            return new CommitResult(commit.Version, attempts, snapshot) { Checkpoint = _log.CheckpointIfDueAsync(snapshot), Iceberg = _log.WriteIcebergIfAskedAsync(snapshot) };
        }
        catch (Exception exception) when (exception is not CommitOutcomeUnknownException)
        {
            await _vectors.CleanUpAsync([]).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Writes the next version that can be had; <c>Before</c> is the table as it was then.</summary>
    private async Task<(Commit Commit, int Attempts, Snapshot? Before)> WriteAsync(
        CommitWriter writer, ConflictCheck check, List<DeltaAction> actions, CommitInfo info, CancellationToken cancellationToken)
    {
        Snapshot? current = BasedOn;
        using CommitTurns.Turn turn = await _log.Turns.TakeAsync(cancellationToken).ConfigureAwait(false);
        bool overtaken = false;
        if (current is not null)
        {
            // On a disk to look is nothing beside a commit; in a bucket it would be a fifth of one.
            if (_log.Store.TryGetLocalPath(LogFiles.Commit(_log.TablePath, 0), out _)) await EnsureSameTableAsync(current, cancellationToken).ConfigureAwait(false);
            await FollowAsync(FollowOwn(current, check)).ConfigureAwait(false);
            // Where others came before the last commit they most likely did again, and more of its own than it remembers stand there for
            // certain: to look costs less than to try.
            if (_log.IsContended || _log.Turns.IsPast(current.Metadata.Id, current.Version))
                overtaken = await FollowAsync(await FollowWinnersAsync(current, check, cancellationToken).ConfigureAwait(false)).ConfigureAwait(false);
        }

        for (int attempt = 1; ; attempt++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            long version = current is null ? 0 : current.Version + 1;
            Commit commit = Commit.Own(version, Complete(actions, info, version, current));
            long started = _log.Options.Time.GetTimestamp();
            if (await writer.TryWriteAsync(commit).ConfigureAwait(false))
            {
                _log.IsContended = overtaken || attempt > 1;
                _log.Turns.Made(Metadata.Id, commit);
                return (commit, attempt, current);
            }

            if (current is null) throw new TableExistsException(_log.TablePath);
            if (attempt == 1) await EnsureSameTableAsync(BasedOn!, cancellationToken).ConfigureAwait(false);
            // Many writers that all try again at once lose again, all but one: each lets others go first, for longer the more often it lost.
            await writer.StandBackAsync(attempt, _log.Options.Time.GetElapsedTime(started), cancellationToken).ConfigureAwait(false);
            bool visible = await FollowAsync(await FollowWinnersAsync(current, check, cancellationToken).ConfigureAwait(false)).ConfigureAwait(false);
            if (attempt >= _log.Options.MaxCommitAttempts)
            {
                throw new CommitConflictException(
                    _log.TablePath, CommitConflict.TooManyAttempts, current.Version, current.CommitInfo?.Operation, $"Other commits came first {attempt} times in a row.");
            }

            // A winner that cannot be seen yet would make this a busy loop.
            if (!visible) await writer.WaitAsync(attempt, cancellationToken).ConfigureAwait(false);
        }

        async Task<bool> FollowAsync(Snapshot latest)
        {
            if (ReferenceEquals(latest, current)) return false;
            current = latest;
            actions = await _vectors.ResolveAsync(actions, cancellationToken).ConfigureAwait(false);
            return true;
        }
    }

    /// <summary>
    /// Throws where the table has been deleted since the snapshot: its next version would be a hole in the log of one that was made anew
    /// under the same path, or that table's own next version with files of another schema.
    /// </summary>
    private async Task EnsureSameTableAsync(Snapshot known, CancellationToken cancellationToken)
    {
        if (known.CommitFile is not { } expected) return;
        Snapshot? latest;
        try
        {
            ObjectInfo? found = await _log.Store.FindAsync(expected.Key, cancellationToken).ConfigureAwait(false);
            if (found == expected) return;
            latest = await _log.TryLoadAsync(null, cancellationToken).ConfigureAwait(false);

            // The log may have been cleaned up meanwhile.
            if (found is null && latest?.Metadata.Id == known.Metadata.Id && latest.Version >= known.Version) return;
        }
        catch (IOException)
        {
            // The commit itself will tell what is wrong with the store.
            return;
        }

        if (latest is null) throw new TableNotFoundException(_log.TablePath, _log.Store.Name);
        throw new CommitConflictException(
            _log.TablePath, CommitConflict.TableReplaced, latest.Version, latest.CommitInfo?.Operation, $"The table was deleted and made anew since version {known.Version} was read.");
    }

    private long Now => _log.Options.Time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Everything to write but the commitInfo, checked.</summary>
    private List<DeltaAction> Prepare()
    {
        PrepareRowTracking();
        Metadata metadata = Metadata;
        if (_metadata is not null) CheckSchema(metadata);
        Protocol protocol = _protocol ?? BasedOn!.Protocol;
        if (_metadata is not null || _protocol is not null) protocol = protocol.With(TableFeatures.RequiredBy(metadata));
        if (_domains.Count > 0) protocol = protocol.With([TableFeatures.DomainMetadata]);
        protocol.EnsureWritable(_log.TablePath, metadata, BasedOn?.Version ?? 0);
        CheckFiles(metadata, protocol);

        List<DeltaAction> actions = new(_adds.Count + _removes.Count + 4);
        if (BasedOn is null || !ReferenceEquals(protocol, BasedOn.Protocol)) actions.Add(protocol);
        if (_metadata is not null) actions.Add(metadata);
        actions.AddRange(_transactions.Values);
        actions.AddRange(_domains.Values);
        actions.AddRange(_removes.Values);
        actions.AddRange(_adds.Values);
        actions.AddRange(_changeFiles);
        return actions;
    }

    private void PrepareRowTracking()
    {
        if (_metadata is null || !_metadata.IsTrue(TableProperties.EnableRowTracking)) return;
        if (BasedOn is not null && !BasedOn.Metadata.IsTrue(TableProperties.EnableRowTracking))
        {
            if (BasedOn.Files.Any(file => file.BaseRowId is null))
            {
                throw new UnsupportedFeatureException(
                    _log.TablePath, [TableFeatures.RowTracking.Name], $"cannot be made to track rows that it has already: set {TableProperties.EnableRowTracking} when the table is made", BasedOn.Version);
            }

            // A file without ids that comes meanwhile is one that this has not looked at.
            _reads.WholeTable = true;
        }

        _metadata = RowTracking.WithColumnNames(_metadata);
    }

    private void CheckSchema(Metadata metadata)
    {
        try
        {
            foreach (string column in metadata.PartitionColumns)
            {
                if (metadata.Schema.Find(column) is null) throw new FormatException($"the partition column '{column}' is not in the schema");
            }
        }
        catch (FormatException exception)
        {
            throw new ArgumentException($"The metadata cannot be committed: {exception.Message}", exception);
        }

        if (metadata.Schema.Fields.Count == 0) throw new SchemaMismatchException(_log.TablePath, "", "a table needs at least one column.");
    }

    private void CheckFiles(Metadata metadata, Protocol protocol)
    {
        if (metadata.IsTrue(TableProperties.AppendOnly) && _removes.Values.FirstOrDefault(remove => remove.DataChange) is not null)
            throw new UnsupportedFeatureException(_log.TablePath, [TableFeatures.AppendOnly.Name], $"rows may only be added, because {TableProperties.AppendOnly} is true", BasedOn?.Version);
        bool takesVectors = protocol.Supports(TableFeatures.DeletionVectors) && metadata.IsTrue(TableProperties.EnableDeletionVectors);
        string[] columns = [.. metadata.PartitionColumns.Select(column => metadata.Schema.Find(column)!.PhysicalName)];
        foreach (AddFile add in _adds.Values)
        {
            if (add.PartitionValues.Count != columns.Length || !columns.All(add.PartitionValues.ContainsKey))
            {
                throw new SchemaMismatchException(
                    _log.TablePath,
                    columns.FirstOrDefault(column => !add.PartitionValues.ContainsKey(column)) ?? add.PartitionValues.Keys.First(key => !columns.Contains(key)),
                    $"the file '{add.Path}' has partition values for [{string.Join(", ", add.PartitionValues.Keys)}], but the table is partitioned by [{string.Join(", ", columns)}].");
            }

            if (add.DeletionVector is null) continue;
            bool isNew = BasedOn?.Find(add.Key) is null;
            if (isNew && !takesVectors && !(_known.Contains(add.Path) && protocol.Supports(TableFeatures.DeletionVectors)))
                throw new UnsupportedFeatureException(_log.TablePath, [TableFeatures.DeletionVectors.Name], $"takes no new deletion vectors, because {TableProperties.EnableDeletionVectors} is not true", BasedOn?.Version);
        }
    }

    /// <summary>The whole commit for one version: its commitInfo comes first, as in-commit timestamps demand.</summary>
    private List<DeltaAction> Complete(List<DeltaAction> actions, CommitInfo info, long version, Snapshot? previous)
    {
        long now = Now;
        Metadata metadata = Metadata;
        bool timed = metadata.IsTrue(TableProperties.EnableInCommitTimestamps);
        long? own = timed ? Math.Max(now, (previous?.Timestamp.ToUnixTimeMilliseconds() ?? -1) + 1) : null;
        List<DeltaAction> complete = new(actions.Count + 1) { info with { Timestamp = now, InCommitTimestamp = own } };
        bool begins = timed && _metadata is not null && previous is not null && !previous.Metadata.IsTrue(TableProperties.EnableInCommitTimestamps);
        foreach (DeltaAction action in actions)
        {
            complete.Add(begins && action is Metadata
                ? metadata
                    .WithProperty(TableProperties.InCommitTimestampEnablementVersion, version.ToString(CultureInfo.InvariantCulture))
                    .WithProperty(TableProperties.InCommitTimestampEnablementTimestamp, own!.Value.ToString(CultureInfo.InvariantCulture))
                : action);
        }

        Protocol protocol = actions.OfType<Protocol>().FirstOrDefault() ?? BasedOn!.Protocol;
        if (protocol.Supports(TableFeatures.RowTracking))
        {
            RowTracking.Assign(complete, Math.Max(_rowIdsFrom, RowTracking.HighWaterMarkOf(previous)), version);
            // Whoever copies or updates rows here carries their ids along.
            if (metadata.IsTrue(TableProperties.EnableRowTracking) && complete[0] is CommitInfo described)
                complete[0] = described with { Tags = new Dictionary<string, string?>(described.Tags) { [RowTracking.PreservedTag] = "true" } };
        }

        return complete;
    }

    /// <summary>Checks the commits that this process made first, and gives the snapshot after them.</summary>
    private Snapshot FollowOwn(Snapshot current, ConflictCheck check)
    {
        while (_log.Turns.Find(current.Metadata.Id, current.Version + 1) is { } earlier)
        {
            check.EnsureFollows(earlier, current);
            current = current.Apply(earlier, null);
        }

        return current;
    }

    /// <summary>Loads the commits that came first, checks each, and gives the snapshot after them.</summary>
    private async Task<Snapshot> FollowWinnersAsync(Snapshot current, ConflictCheck check, CancellationToken cancellationToken)
    {
        CommitsAhead winners = new(_log.Store, _log.TablePath, current.Version + 1, 1, cancellationToken);
        await using (winners.ConfigureAwait(false))
        {
            while (await winners.NextAsync().ConfigureAwait(false) is { } winner)
            {
                check.EnsureFollows(winner, current);
                current = current.Apply(winner, winner.File);
            }

            return current;
        }
    }

    private async Task<Snapshot> SnapshotOfAsync(Commit commit, Snapshot? previous)
    {
        ObjectInfo? file = null;
        try
        {
            file = await _log.Store.FindAsync(LogFiles.Commit(_log.TablePath, commit.Version), CancellationToken.None).ConfigureAwait(false);
        }
        catch (IOException)
        {
            // The commit stands. Without its file's time the snapshot carries the writer's own, and its next refresh loads anew.
        }

        if (previous is not null) return previous.Apply(commit, file);
        TableState state = TableState.Empty.Apply(commit.Actions);
        return new Snapshot(_log.TablePath, 0, CommitTime.Of(commit.Info, state.Metadata!, 0, file, null), state, commit.Info, file);
    }
}
