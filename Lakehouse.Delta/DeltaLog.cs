using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Lakehouse.Delta.Iceberg;
using Lakehouse.Storage;

namespace Lakehouse.Delta;

/// <summary>
/// A Delta table's log below a path of a store. Holds no state of the table: any number of threads and processes may use the same one.
/// </summary>
public sealed class DeltaLog
{
    private const int ReadAhead = 32;

    private readonly Checkpoint _checkpoints;
    private readonly LogCleanUp _cleanUp;
    private readonly HashSet<Task> _checkpointing = [];
    private readonly IcebergTurns _iceberg;
    private volatile bool _isWrittenTo;
    private volatile bool _isContended;

    /// <summary>The log of a table; the table may not exist.</summary>
    /// <param name="store">Where the table is.</param>
    /// <param name="tablePath">Its path below the store, e.g. <c>silver/orders</c>; empty when the store is the table.</param>
    /// <param name="checkpoints">Reads and writes checkpoint files.</param>
    /// <param name="options">How the log behaves.</param>
    /// <exception cref="InvalidKeyException">The path is no key.</exception>
    public DeltaLog(IObjectStore store, string tablePath, ICheckpointCodec checkpoints, DeltaLogOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(tablePath);
        ArgumentNullException.ThrowIfNull(checkpoints);
        if (tablePath.Length > 0) ObjectKey.Validate(store.Name, tablePath);
        Store = store;
        TablePath = tablePath;
        _checkpoints = new Checkpoint(store, tablePath, checkpoints);
        _cleanUp = new LogCleanUp(store, tablePath, _checkpoints);
        Options = options ?? new DeltaLogOptions();
        Turns = new CommitTurns(Options.MaxRetryDelay);
        _iceberg = new IcebergTurns(TryWriteIcebergAsync);
    }

    /// <summary>Where the table is.</summary>
    public IObjectStore Store { get; }

    /// <summary>The table's path below the store.</summary>
    public string TablePath { get; }

    /// <summary>How the log behaves.</summary>
    public DeltaLogOptions Options { get; }

    /// <summary>The order in which this process commits to the table.</summary>
    internal CommitTurns Turns { get; }

    /// <summary>Whether the last commit found that others had come first.</summary>
    internal bool IsContended
    {
        get => _isContended;
        set => _isContended = value;
    }

    /// <summary>The table at a version, the latest by default; null when there is no table.</summary>
    /// <exception cref="VersionNotFoundException">There is a table, but not that version, or it can no longer be rebuilt.</exception>
    /// <exception cref="CorruptLogException">The log breaks the protocol.</exception>
    /// <exception cref="UnsupportedFeatureException">The table needs a reader feature that is not supported.</exception>
    public async Task<Snapshot?> TryLoadAsync(long? version = null, CancellationToken cancellationToken = default)
    {
        if (version < 0) throw new VersionNotFoundException(TablePath, $"version {version} cannot be read: versions count from 0.", version);
        long number = Turns.Number;
        LogListing? listing = await ListAsync(version, cancellationToken).ConfigureAwait(false);
        Turns.Seen(listing?.LatestVersion ?? -1, number);
        return listing is null ? null : await BuildAsync(listing, version, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The table at a version, the latest by default.</summary>
    /// <exception cref="TableNotFoundException">There is no table.</exception>
    /// <exception cref="VersionNotFoundException">There is a table, but not that version, or it can no longer be rebuilt.</exception>
    /// <exception cref="CorruptLogException">The log breaks the protocol.</exception>
    /// <exception cref="UnsupportedFeatureException">The table needs a reader feature that is not supported.</exception>
    public async Task<Snapshot> LoadAsync(long? version = null, CancellationToken cancellationToken = default) =>
        await TryLoadAsync(version, cancellationToken).ConfigureAwait(false) ?? throw new TableNotFoundException(TablePath, Store.Name);

    /// <summary>The table as it was at a time: its last version committed then or before.</summary>
    /// <exception cref="TableNotFoundException">There is no table.</exception>
    /// <exception cref="VersionNotFoundException">The time is before the oldest version that can be rebuilt; the message gives the range.</exception>
    public async Task<Snapshot> LoadAtAsync(DateTimeOffset timestamp, CancellationToken cancellationToken = default)
    {
        LogListing listing = await ListAllAsync(cancellationToken).ConfigureAwait(false);
        long earliest = listing.EarliestVersion ?? throw new CorruptLogException(TablePath, "the first commit is missing and there is no complete checkpoint.");
        Snapshot latest = await BuildAsync(listing, null, cancellationToken).ConfigureAwait(false);
        CommitTimes times = new(this, [.. listing.Commits.Where(commit => commit.Version >= earliest)], latest.Metadata);
        if (await times.FindLastAsync(timestamp, cancellationToken).ConfigureAwait(false) is not { } version)
        {
            string range = await times.DescribeAsync(cancellationToken).ConfigureAwait(false);
            throw new VersionNotFoundException(TablePath, string.Create(CultureInfo.InvariantCulture, $"there is no version of {timestamp:O} or before: {range}."));
        }

        return version == latest.Version ? latest : await BuildAsync(listing, version, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// The latest version, starting from a known one: reads only newer commits, and shares the rest. Returns
    /// <paramref name="known"/> itself when nothing is new.
    /// </summary>
    /// <exception cref="TableNotFoundException">The table was deleted meanwhile.</exception>
    public async Task<Snapshot> RefreshAsync(Snapshot known, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(known);
        if (known.CommitFile is null) return await LoadAsync(null, cancellationToken).ConfigureAwait(false);

        // All questions at once: in a bucket each takes as long as all the rest together. Where the last look found something, others
        // are writing, and the version after the next one (or its absence) is asked for as well.
        long number = Turns.Number;
        CommitsAhead ahead = new(Store, TablePath, known.Version + 1, _isWrittenTo ? 2 : 1, cancellationToken);
        await using (ahead.ConfigureAwait(false))
        {
            // Another file under the same name: the table was deleted and created anew, so nothing that is known holds.
            ObjectInfo? file = await Store.FindAsync(LogFiles.Commit(TablePath, known.Version), cancellationToken).ConfigureAwait(false);
            if (file != known.CommitFile) return await LoadAsync(null, cancellationToken).ConfigureAwait(false);

            Snapshot snapshot = known;
            while (await ahead.NextAsync().ConfigureAwait(false) is { } commit) snapshot = snapshot.Apply(commit, commit.File);
            Turns.Seen(snapshot.Version, number);
            _isWrittenTo = snapshot != known;
            return snapshot;
        }
    }

    /// <summary>Whether a snapshot is still one of the table: not where that was deleted, or made anew under the same path.</summary>
    public async Task<bool> HoldsAsync(Snapshot known, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(known);
        return known.CommitFile is { } file && await Store.FindAsync(file.Key, cancellationToken).ConfigureAwait(false) == file;
    }

    /// <summary>The table's versions, newest first, as far back as their commits are there.</summary>
    /// <param name="limit">How many at most.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    /// <exception cref="TableNotFoundException">There is no table.</exception>
    public async IAsyncEnumerable<CommitRecord> HistoryAsync(int? limit = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        LogListing listing = await ListAllAsync(cancellationToken).ConfigureAwait(false);
        IReadOnlyList<DateTimeOffset> times = CommitTime.OfFiles(listing.Commits);
        int left = limit ?? int.MaxValue;
        for (int i = listing.Commits.Count - 1; i >= 0 && left-- > 0; i--)
        {
            Commit commit = await Commit.ReadAsync(Store, TablePath, listing.Commits[i].Version, cancellationToken).ConfigureAwait(false);
            DateTimeOffset time = commit.Info?.InCommitTimestamp is { } own ? DateTimeOffset.FromUnixTimeMilliseconds(own) : times[i];
            yield return new CommitRecord(commit.Version, time, commit.Info);
        }
    }

    /// <summary>What each version in (<paramref name="afterVersion"/>, <paramref name="upToVersion"/>] changed, ascending.</summary>
    /// <exception cref="VersionNotFoundException">One of the versions does not exist, or its commit has been cleaned up.</exception>
    public async IAsyncEnumerable<CommitChanges> ChangesAsync(long afterVersion, long upToVersion, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (Commit commit in ReadAsync(afterVersion + 1, upToVersion, MissingChange, cancellationToken).ConfigureAwait(false))
        {
            DateTimeOffset time = commit.Info?.InCommitTimestamp is { } own
                ? DateTimeOffset.FromUnixTimeMilliseconds(own)
                : CommitTime.Milliseconds(commit.File?.LastModified ?? default);
            yield return new CommitChanges
            {
                Version = commit.Version,
                Timestamp = time,
                Info = commit.Info,
                Adds = [.. commit.Actions.OfType<AddFile>()],
                Removes = [.. commit.Actions.OfType<RemoveFile>()],
                ChangeFiles = [.. commit.Actions.OfType<AddCdcFile>()],
                Metadata = commit.Metadata,
                Protocol = commit.Protocol,
                Transactions = [.. commit.Actions.OfType<SetTransaction>()],
            };
        }

        DeltaException MissingChange(long version) =>
            new VersionNotFoundException(TablePath, $"the commit of version {version} is not there: it has been cleaned up, or was never made. Read the whole table instead of its changes.", version);
    }

    /// <summary>
    /// Begins the transaction that creates the table as version 0. Without a protocol the table gets ours: reader 3 and writer 7
    /// with deletion vectors enabled, unless <c>delta.enableDeletionVectors</c> says otherwise.
    /// </summary>
    public DeltaTransaction Create(Metadata metadata, Protocol? protocol = null)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        if (protocol is null && !metadata.Configuration.ContainsKey(TableProperties.EnableDeletionVectors))
            metadata = metadata.WithProperty(TableProperties.EnableDeletionVectors, "true");
        return new DeltaTransaction(this, null, protocol ?? Protocol.For(metadata), metadata);
    }

    /// <summary>Begins a transaction on a snapshot.</summary>
    /// <exception cref="UnsupportedFeatureException">The table can only be read.</exception>
    public DeltaTransaction Begin(Snapshot basedOn)
    {
        ArgumentNullException.ThrowIfNull(basedOn);
        basedOn.Protocol.EnsureWritable(TablePath, basedOn.Metadata, basedOn.Version);
        return new DeltaTransaction(this, basedOn, null, null);
    }

    /// <summary>
    /// Writes a checkpoint of a snapshot and points <c>_last_checkpoint</c> to it, unless that points further already: a single
    /// file of the v1 spec or, where <c>delta.checkpointPolicy</c> is <c>v2</c>, one of the v2 spec with sidecars. Tombstones that
    /// have expired are left out.
    /// </summary>
    public async Task CheckpointAsync(Snapshot snapshot, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        DateTimeOffset now = Options.Time.GetUtcNow();
        CheckpointActions actions = new(snapshot, now - snapshot.Metadata.DeletedFileRetentionOf());
        LastCheckpoint written = snapshot.Metadata.HasV2CheckpointPolicy() && snapshot.Protocol.Supports(TableFeatures.V2Checkpoint)
            ? await _checkpoints.WriteV2Async(snapshot, actions, now, cancellationToken).ConfigureAwait(false)
            : await _checkpoints.WriteClassicAsync(snapshot, actions, cancellationToken).ConfigureAwait(false);
        LastCheckpoint? last = await LastCheckpoint.TryReadAsync(Store, TablePath, cancellationToken).ConfigureAwait(false);

        // A pointer to what is not there must not keep every later one from being written.
        if (last is not null && last.Version > snapshot.Version
            && (await LogListing.ReadAsync(Store, TablePath, last.Version, cancellationToken).ConfigureAwait(false)).HasCheckpoint(last.Version, null)) return;
        await written.WriteAsync(Store, TablePath, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The version of the newest checkpoint that the log has, whatever it points to; null when it has none.</summary>
    public async Task<long?> CheckpointVersionAsync(CancellationToken cancellationToken = default) =>
        await ListAsync(null, cancellationToken).ConfigureAwait(false) is { Checkpoints: [.., var newest] } ? newest.Version : null;

    /// <summary>
    /// Deletes commits, checkpoints and what belongs to them that are older than <c>delta.logRetentionDuration</c>, as far as a
    /// checkpoint stands for them. Happens after automatic checkpoints too, unless <c>delta.enableExpiredLogCleanup</c> is false.
    /// Versions that are gone cannot be read any more.
    /// </summary>
    /// <returns>How many files were deleted.</returns>
    public Task<int> CleanUpAsync(Snapshot snapshot, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        return _cleanUp.RunAsync(Options.Time.GetUtcNow(), snapshot.Metadata.LogRetentionOf(), snapshot.Metadata.ProtectedBeforeVersionOf(), exact: false, cancellationToken);
    }

    /// <summary>Deletes what is older than a retention of the caller's, as far as a checkpoint stands for it.</summary>
    /// <returns>How many files were deleted.</returns>
    public Task<int> CleanUpAsync(Snapshot snapshot, TimeSpan retention, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        return _cleanUp.RunAsync(Options.Time.GetUtcNow(), retention, snapshot.Metadata.ProtectedBeforeVersionOf(), exact: true, cancellationToken);
    }

    /// <summary>The oldest version that can be read.</summary>
    /// <exception cref="TableNotFoundException">There is no table.</exception>
    public async Task<long> EarliestVersionAsync(CancellationToken cancellationToken = default) =>
        (await ListAllAsync(cancellationToken).ConfigureAwait(false)).EarliestVersion ?? throw new CorruptLogException(TablePath, "the first commit is missing and there is no complete checkpoint.");

    /// <summary>
    /// The files below the table that no reader of the retention window needs: they left the table, or a failed write left them,
    /// at <paramref name="before"/> or earlier. Files of the log are not among them.
    /// </summary>
    public Task<IReadOnlyList<ObjectInfo>> UnusedFilesAsync(Snapshot snapshot, DateTimeOffset before, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        return new UnusedFiles(Store, snapshot, before).FindAsync(cancellationToken);
    }

    /// <summary>
    /// Makes a version readable by Iceberg clients, whether the table asks for it or not: what commits do in the background. Nothing is
    /// done where they see it, or a later one, already.
    /// </summary>
    /// <exception cref="IcebergMappingException">The table has something that Iceberg lacks, or its folder has metadata that is not ours.</exception>
    /// <exception cref="InvalidOperationException">The log was opened without <see cref="DeltaLogOptions.Iceberg"/>.</exception>
    public Task<IcebergState> WriteIcebergAsync(Snapshot snapshot, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        return new IcebergWriter(this, RequireIceberg()).WriteAsync(snapshot, cancellationToken);
    }

    /// <summary>What Iceberg clients see of the table; null when there is nothing that they could.</summary>
    /// <exception cref="InvalidOperationException">The log was opened without <see cref="DeltaLogOptions.Iceberg"/>.</exception>
    public Task<IcebergState?> TryReadIcebergAsync(Snapshot snapshot, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        return IcebergStatus.TryReadAsync(this, RequireIceberg(), snapshot.Metadata, cancellationToken);
    }

    /// <summary>What keeps a version from being shown to Iceberg clients, in a sentence; null when nothing does.</summary>
    public string? FindIcebergObstacle(Snapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        return IcebergStatus.FindObstacle(this, snapshot);
    }

    /// <summary>
    /// Returns when no checkpoint and no Iceberg metadata that a commit of this log brought about is still being written: for owners who
    /// are about to close what they are written with, or to take the table's folder away.
    /// </summary>
    public Task CheckpointsWrittenAsync()
    {
        lock (_checkpointing) return Task.WhenAll([.. _checkpointing, _iceberg.IdleAsync()]);
    }

    /// <summary>The Iceberg metadata that a commit brings about: in the background, and its failure is told, not thrown.</summary>
    internal Task WriteIcebergIfAskedAsync(Snapshot snapshot) =>
        Options.Iceberg is { Automatic: true } && snapshot.Metadata.AsksForIceberg() ? _iceberg.RunAsync(snapshot) : Task.CompletedTask;

    /// <summary>The checkpoint that a commit brings about: in the background, and its failure is told, not thrown.</summary>
    internal Task CheckpointIfDueAsync(Snapshot snapshot)
    {
        if (!Options.AutomaticCheckpoints || snapshot.Version == 0 || snapshot.Version % snapshot.Metadata.CheckpointIntervalOf() != 0) return Task.CompletedTask;
        Task writing = Task.Run(async () =>
        {
            try
            {
                await CheckpointAsync(snapshot, CancellationToken.None).ConfigureAwait(false);
                if (!string.Equals(snapshot.Configuration.GetValueOrDefault(TableProperties.EnableExpiredLogCleanup), "false", StringComparison.OrdinalIgnoreCase))
                    await CleanUpAsync(snapshot, CancellationToken.None).ConfigureAwait(false);
            }
#pragma warning disable CA1031 // Whatever a codec throws: the commit stands, and the log is whole without the checkpoint.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                Options.CheckpointFailed?.Invoke(new CheckpointFailure(TablePath, snapshot.Version, exception));
            }
        });
        lock (_checkpointing) _checkpointing.Add(writing);
        return writing.ContinueWith(
            done =>
            {
                lock (_checkpointing) _checkpointing.Remove(done);
            },
            CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    /// <summary>Whether the log holds any version at all.</summary>
    internal async Task<bool> ExistsAsync(CancellationToken cancellationToken) => await ListAsync(null, cancellationToken).ConfigureAwait(false) is not null;

    private IcebergOptions RequireIceberg() => Options.Iceberg ?? throw new InvalidOperationException("The log was opened without options for Iceberg.");

    private async Task TryWriteIcebergAsync(Snapshot snapshot)
    {
        long started = Stopwatch.GetTimestamp();
        using Activity? activity = Telemetry.StartIceberg(TablePath, snapshot.Version);
        try
        {
            await WriteIcebergAsync(snapshot, CancellationToken.None).ConfigureAwait(false);
            Telemetry.IcebergWritten(activity, TablePath, started, null);
        }
#pragma warning disable CA1031 // Whatever a codec throws: the commit stands, and the next one makes up for it.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Telemetry.IcebergWritten(activity, TablePath, started, exception);
            Options.Iceberg!.Failed?.Invoke(new IcebergFailure(TablePath, snapshot.Version, exception));
        }
    }

    private async Task<LogListing?> ListAsync(long? version, CancellationToken cancellationToken)
    {
        LastCheckpoint? last = await LastCheckpoint.TryReadAsync(Store, TablePath, cancellationToken).ConfigureAwait(false);
        if (last is not null && (version is null || version >= last.Version))
        {
            LogListing tail = await LogListing.ReadAsync(Store, TablePath, last.Version, cancellationToken).ConfigureAwait(false);
            // What says that a version is not there says which are: that takes the whole log.
            if (tail.HasCheckpoint(last.Version, version) && !(version > tail.LatestVersion)) return tail;
        }

        LogListing listing = await LogListing.ReadAsync(Store, TablePath, 0, cancellationToken).ConfigureAwait(false);
        return listing.IsEmpty ? null : listing;
    }

    private async Task<LogListing> ListAllAsync(CancellationToken cancellationToken)
    {
        LogListing listing = await LogListing.ReadAsync(Store, TablePath, 0, cancellationToken).ConfigureAwait(false);
        return listing.IsEmpty ? throw new TableNotFoundException(TablePath, Store.Name) : listing;
    }

    /// <summary>
    /// The snapshot of a version. Checkpoints and compactions only save reading what they stand for: where one cannot be read, the
    /// checkpoint before it and the commits since, or all commits, tell the same.
    /// </summary>
    private async Task<Snapshot> BuildAsync(LogListing listing, long? version, CancellationToken cancellationToken)
    {
        LogSegment segment = listing.SegmentTo(version);
        HashSet<string> unreadable = new(StringComparer.Ordinal);
        while (true)
        {
            CorruptLogException failure;
            try
            {
                TableState.Builder state = await ReadCheckpointAsync(segment.Checkpoint, cancellationToken).ConfigureAwait(false);
                Snapshot snapshot = await BuildAsync(segment, state, cancellationToken).ConfigureAwait(false);
                if (Options.VerifyChecksums && listing.HasChecksum(snapshot.Version)
                    && await VersionChecksum.TryReadAsync(Store, TablePath, snapshot.Version, cancellationToken).ConfigureAwait(false) is { } checksum)
                {
                    checksum.Verify(snapshot);
                }

                return snapshot;
            }
            catch (ShortcutException exception)
            {
                failure = exception.Failure;
                unreadable.Add(exception.Key);
            }

            LogListing whole = await ListAllAsync(cancellationToken).ConfigureAwait(false);
            segment = whole.TrySegmentTo(segment.EndVersion, unreadable) ?? throw failure;
            Options.CheckpointFailed?.Invoke(new CheckpointFailure(TablePath, failure.Version!.Value, failure));
        }
    }

    private async Task<TableState.Builder> ReadCheckpointAsync(CheckpointFiles? checkpoint, CancellationToken cancellationToken)
    {
        if (checkpoint is null) return new TableState.Builder(TableState.Empty);
        TableState.Builder state;
        string key = checkpoint.Parts[0].Key;
        try
        {
            state = new TableState.Builder(TableState.Of(await _checkpoints.ReadAsync(checkpoint, cancellationToken).ConfigureAwait(false)));
        }
        catch (Exception exception) when (exception is CorruptLogException or FormatException or JsonException or InvalidDataException or ObjectNotFoundException)
        {
            CorruptLogException? told = exception as CorruptLogException;
            throw Corrupt(told?.Path ?? (exception as ObjectNotFoundException)?.Key ?? key, told?.InnerException?.Message ?? exception.Message, exception);
        }

        return state.IsTable ? state : throw Corrupt(key, "it lacks the protocol or the metaData action", null);

        ShortcutException Corrupt(string path, string reason, Exception? cause) => new(key, new CorruptLogException(
            TablePath,
            $"the checkpoint cannot be read ({reason}), and the log does not have every commit that it stands for. Restore the file.",
            checkpoint.Version,
            path,
            null,
            cause));
    }

    private async Task<Snapshot> BuildAsync(LogSegment segment, TableState.Builder state, CancellationToken cancellationToken)
    {
        CommitInfo? info = null;
        if (segment.CheckpointCommit is { } own && segment.Commits.Count == 0)
            info = (await Commit.ReadAsync(Store, TablePath, own.Version, cancellationToken).ConfigureAwait(false)).Info;
        long next = segment.Checkpoint is { } checkpoint ? checkpoint.Version + 1 : 0;
        foreach (CompactionFile compaction in segment.Compactions)
        {
            await ApplyAsync(next, compaction.From - 1).ConfigureAwait(false);
            state.Apply((await ReadCompactionAsync(compaction, cancellationToken).ConfigureAwait(false)).Actions);
            next = compaction.To + 1;
        }

        await ApplyAsync(next, segment.EndVersion).ConfigureAwait(false);
        if (segment.Commits.Count > 0 && next > segment.EndVersion)
            info = (await Commit.TryReadAsync(Store, TablePath, segment.EndVersion, cancellationToken).ConfigureAwait(false) ?? throw MissingCommit(segment.EndVersion)).Info;

        TableState result = state.ToImmutable();
        if (result.Metadata is null) throw new CorruptLogException(TablePath, "the log has no metaData action up to this version.", segment.EndVersion);
        CommitFile? end = segment.Commits.Count > 0 ? segment.Commits[^1] : segment.CheckpointCommit;
        DateTimeOffset? previous = null;
        if (segment.Commits.Count > 0)
        {
            if (segment.CheckpointCommit is { } first) previous = CommitTime.Milliseconds(first.Info.LastModified);
            foreach (CommitFile commit in segment.Commits.Take(segment.Commits.Count - 1))
                previous = CommitTime.Of(null, result.Metadata, commit.Version, commit.Info, previous);
        }

        ObjectInfo? file = end?.Info ?? segment.Checkpoint?.Parts[^1];
        DateTimeOffset timestamp = CommitTime.Of(info, result.Metadata, segment.EndVersion, file, previous);
        Snapshot snapshot = new(TablePath, segment.EndVersion, timestamp, result, info, end?.Info);
        snapshot.Validate();
        return snapshot;

        async Task ApplyAsync(long first, long last)
        {
            await foreach (Commit commit in ReadAsync(first, last, MissingCommit, cancellationToken).ConfigureAwait(false))
            {
                state.Apply(commit.Actions);
                info = commit.Info;
            }
        }

        DeltaException MissingCommit(long version) =>
            new CorruptLogException(TablePath, "the commit was listed, but is gone: the log is being cleaned up or deleted.", version, LogFiles.Commit(TablePath, version));
    }

    private async Task<Commit> ReadCompactionAsync(CompactionFile compaction, CancellationToken cancellationToken)
    {
        try
        {
            return await Commit.ReadAsync(Store, TablePath, compaction, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is CorruptLogException or ObjectNotFoundException)
        {
            CorruptLogException failure = exception as CorruptLogException ?? new CorruptLogException(TablePath, "the compaction was listed, but is gone.", compaction.To, compaction.Info.Key, null, exception);
            throw new ShortcutException(compaction.Info.Key, failure);
        }
    }

    /// <summary>Commits in order, read a few ahead; many are read and parsed on several threads.</summary>
    private async IAsyncEnumerable<Commit> ReadAsync(long first, long last, Func<long, DeltaException> missing, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        bool onThreads = last - first >= ReadAhead;
        Queue<Task<Commit?>> reads = new();
        long next = first;
        for (long version = first; version <= last; version++)
        {
            for (; next <= last && reads.Count < ReadAhead; next++) reads.Enqueue(Read(next));
            yield return await reads.Dequeue().ConfigureAwait(false) ?? throw missing(version);
        }

        Task<Commit?> Read(long version) => onThreads
            ? Task.Run(() => Commit.TryReadAsync(Store, TablePath, version, cancellationToken), cancellationToken)
            : Commit.TryReadAsync(Store, TablePath, version, cancellationToken);
    }

    /// <summary>Carries a failure from where a checkpoint or compaction is read to where the log is tried without it.</summary>
    private sealed class ShortcutException(string key, CorruptLogException failure) : Exception
    {
        public string Key { get; } = key;

        public CorruptLogException Failure { get; } = failure;
    }
}
