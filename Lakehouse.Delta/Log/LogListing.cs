using Lakehouse.Storage;

namespace Lakehouse.Delta;

/// <summary>What a table's log holds, by name only.</summary>
internal sealed class LogListing
{
    private readonly string _tablePath;
    private readonly List<CheckpointFiles> _checkpoints = [];
    private readonly List<CommitFile> _commits = [];
    private bool _hasV2Checkpoint;

    private LogListing(string tablePath) => _tablePath = tablePath;

    /// <summary>Every commit, ascending.</summary>
    public IReadOnlyList<CommitFile> Commits => _commits;

    /// <summary>Whether the log holds nothing that could make a version.</summary>
    public bool IsEmpty => _commits.Count == 0 && _checkpoints.Count == 0 && !_hasV2Checkpoint;

    /// <summary>The newest version there is a file of, or -1.</summary>
    public long LatestVersion => Math.Max(_commits.Count == 0 ? -1 : _commits[^1].Version, _checkpoints.Count == 0 ? -1 : _checkpoints[^1].Version);

    /// <summary>The oldest version that can be rebuilt, or null when none can.</summary>
    public long? EarliestVersion
    {
        get
        {
            if (_commits.Count > 0 && _commits[0].Version == 0) return 0;
            return _checkpoints.Count == 0 ? null : _checkpoints[0].Version;
        }
    }

    /// <summary>Lists the log's files of version <paramref name="from"/> and later.</summary>
    public static async Task<LogListing> ReadAsync(IObjectStore store, string tablePath, long from, CancellationToken cancellationToken)
    {
        LogListing listing = new(tablePath);
        string prefix = LogFiles.Prefix(tablePath);
        List<(LogFileName Name, ObjectInfo Info)> parts = [];
        await foreach (ObjectInfo info in store.ListAsync(prefix, LogFiles.Before(tablePath, from), cancellationToken).ConfigureAwait(false))
        {
            // Names that begin with a digit come first; folders such as _sidecars are not worth walking.
            if (info.Key[prefix.Length] > '9') break;
            LogFileName name = LogFiles.Parse(info.Key.AsSpan(prefix.Length));
            switch (name.Kind)
            {
                case LogFileKind.Commit: listing._commits.Add(new CommitFile(name.Version, info)); break;
                case LogFileKind.ClassicCheckpoint or LogFileKind.MultiPartCheckpoint: parts.Add((name, info)); break;
                case LogFileKind.V2Checkpoint: listing._hasV2Checkpoint = true; break;
            }
        }

        // A single file wins over parts of the same version; parts count only when all are there.
        foreach (IGrouping<long, (LogFileName Name, ObjectInfo Info)> version in parts.GroupBy(part => part.Name.Version).OrderBy(group => group.Key))
        {
            ObjectInfo[]? complete = version
                .GroupBy(part => part.Name.Kind == LogFileKind.ClassicCheckpoint ? 0 : part.Name.Parts)
                .OrderBy(group => group.Key)
                .FirstOrDefault(group => group.Select(part => part.Name.Part).Distinct().Count() == Math.Max(1, group.Key))
                ?.OrderBy(part => part.Name.Part).Select(part => part.Info).ToArray();
            if (complete is not null) listing._checkpoints.Add(new CheckpointFiles(version.Key, complete));
        }

        return listing;
    }

    /// <summary>Whether a complete checkpoint of this version or a later one (up to a limit) is here.</summary>
    public bool HasCheckpoint(long from, long? upTo) => _checkpoints.Exists(checkpoint => checkpoint.Version >= from && checkpoint.Version <= (upTo ?? long.MaxValue));

    /// <summary>The files that lead to a version without some of the checkpoints; null when there are not enough.</summary>
    public LogSegment? TrySegmentTo(long version, IReadOnlySet<long> unreadable)
    {
        LogListing rest = new(_tablePath) { _hasV2Checkpoint = _hasV2Checkpoint };
        rest._commits.AddRange(_commits);
        rest._checkpoints.AddRange(_checkpoints.Where(checkpoint => !unreadable.Contains(checkpoint.Version)));
        try
        {
            return rest.SegmentTo(version);
        }
        catch (DeltaException)
        {
            return null;
        }
    }

    /// <summary>The files that lead to a version; null for the latest.</summary>
    /// <exception cref="VersionNotFoundException">The version does not exist, or can no longer be rebuilt.</exception>
    /// <exception cref="CorruptLogException">A commit is missing.</exception>
    /// <exception cref="UnsupportedFeatureException">The log can only be read from a v2 checkpoint.</exception>
    public LogSegment SegmentTo(long? version)
    {
        long end = version ?? LatestVersion;
        if (end > LatestVersion) throw NotFound(end);
        CheckpointFiles? checkpoint = _checkpoints.FindLast(candidate => candidate.Version <= end);
        long first = checkpoint is null ? 0 : checkpoint.Version + 1;
        CommitFile[] commits = [.. _commits.Where(commit => commit.Version >= first && commit.Version <= end)];
        if (checkpoint is null && (commits.Length == 0 || commits[0].Version != 0))
        {
            if (_hasV2Checkpoint) throw new UnsupportedFeatureException(_tablePath, ["v2Checkpoint"], "cannot be read, because its log begins at a v2 checkpoint", end);
            if (version is not null && EarliestVersion is not null) throw NotFound(end);
            throw new CorruptLogException(
                _tablePath,
                $"the first commit is missing and there is no complete checkpoint: the oldest commit is version {_commits[0].Version}.",
                0,
                LogFiles.Commit(_tablePath, 0));
        }

        CommitFile? checkpointCommit = checkpoint is null ? null : _commits.Cast<CommitFile?>().FirstOrDefault(commit => commit!.Value.Version == checkpoint.Version);
        LogSegment segment = new(_tablePath, checkpoint, commits, checkpointCommit);
        if (segment.EndVersion != end)
            throw new CorruptLogException(_tablePath, $"the commit is missing, though later versions are there.", segment.EndVersion + 1, LogFiles.Commit(_tablePath, segment.EndVersion + 1));
        return segment;
    }

    private VersionNotFoundException NotFound(long version) =>
        new(_tablePath, $"version {version} cannot be read: the versions {EarliestVersion?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "?"} to {LatestVersion} can.", version);
}
