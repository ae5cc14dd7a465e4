using System.Globalization;
using Lakehouse.Storage;

namespace Lakehouse.Delta;

/// <summary>What a table's log holds, by name only.</summary>
internal sealed class LogListing
{
    private readonly string _tablePath;
    private readonly List<CheckpointFiles> _checkpoints = [];
    private readonly List<CommitFile> _commits = [];
    private readonly List<CompactionFile> _compactions = [];
    private readonly HashSet<long> _checksums = [];

    private LogListing(string tablePath) => _tablePath = tablePath;

    /// <summary>Every commit, ascending.</summary>
    public IReadOnlyList<CommitFile> Commits => _commits;

    /// <summary>Every complete checkpoint, by version ascending; of one version the one to prefer comes last.</summary>
    public IReadOnlyList<CheckpointFiles> Checkpoints => _checkpoints;

    /// <summary>Whether the log holds nothing that could make a version.</summary>
    public bool IsEmpty => _commits.Count == 0 && _checkpoints.Count == 0;

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
                case LogFileKind.ClassicCheckpoint or LogFileKind.MultiPartCheckpoint or LogFileKind.V2Checkpoint: parts.Add((name, info)); break;
                case LogFileKind.Compaction: listing._compactions.Add(new CompactionFile(name.Version, name.To, info)); break;
                case LogFileKind.Checksum: listing._checksums.Add(name.Version); break;
            }
        }

        foreach (IGrouping<long, (LogFileName Name, ObjectInfo Info)> version in parts.GroupBy(part => part.Name.Version).OrderBy(group => group.Key))
            listing._checkpoints.AddRange(Candidates(version.Key, version));
        return listing;
    }

    /// <summary>Whether the log has a checksum of the version.</summary>
    public bool HasChecksum(long version) => _checksums.Contains(version);

    /// <summary>The keys of compactions that begin, and of checksums that are, before a version or at it (checksums: before).</summary>
    public IEnumerable<string> Others(long version) => _compactions.Where(compaction => compaction.From <= version).Select(compaction => compaction.Info.Key)
        .Concat(_checksums.Where(checksum => checksum < version).Order().Select(checksum => LogFiles.Checksum(_tablePath, checksum)));

    /// <summary>Whether a complete checkpoint of this version or a later one (up to a limit) is here.</summary>
    public bool HasCheckpoint(long from, long? upTo) => _checkpoints.Exists(checkpoint => checkpoint.Version >= from && checkpoint.Version <= (upTo ?? long.MaxValue));

    /// <summary>The files that lead to a version without some checkpoints and compactions (by their keys); null when there are not enough.</summary>
    public LogSegment? TrySegmentTo(long version, IReadOnlySet<string> unreadable)
    {
        LogListing rest = new(_tablePath);
        rest._commits.AddRange(_commits);
        rest._checkpoints.AddRange(_checkpoints.Where(checkpoint => !unreadable.Contains(checkpoint.Parts[0].Key)));
        rest._compactions.AddRange(_compactions.Where(compaction => !unreadable.Contains(compaction.Info.Key)));
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
    public LogSegment SegmentTo(long? version)
    {
        long end = version ?? LatestVersion;
        if (end > LatestVersion) throw NotFound(end);
        CheckpointFiles? checkpoint = _checkpoints.FindLast(candidate => candidate.Version <= end);
        long first = checkpoint is null ? 0 : checkpoint.Version + 1;
        CommitFile[] commits = [.. _commits.Where(commit => commit.Version >= first && commit.Version <= end)];
        if (checkpoint is null && (commits.Length == 0 || commits[0].Version != 0))
        {
            if (version is not null && EarliestVersion is not null) throw NotFound(end);
            throw new CorruptLogException(
                _tablePath,
                $"the first commit is missing and there is no complete checkpoint: the oldest commit is version {_commits[0].Version}.",
                0,
                LogFiles.Commit(_tablePath, 0));
        }

        CommitFile? checkpointCommit = checkpoint is null ? null : _commits.Cast<CommitFile?>().FirstOrDefault(commit => commit!.Value.Version == checkpoint.Version);
        LogSegment segment = new(_tablePath, checkpoint, commits, checkpointCommit) { Compactions = CompactionsIn(first, end) };
        if (segment.EndVersion != end)
            throw new CorruptLogException(_tablePath, $"the commit is missing, though later versions are there.", segment.EndVersion + 1, LogFiles.Commit(_tablePath, segment.EndVersion + 1));
        return segment;
    }

    /// <summary>The compactions to read in place of commits: each time the one that goes furthest.</summary>
    private List<CompactionFile> CompactionsIn(long first, long end)
    {
        List<CompactionFile> chosen = [];
        foreach (CompactionFile compaction in _compactions.OrderBy(compaction => compaction.From).ThenByDescending(compaction => compaction.To))
        {
            if (compaction.From < first || compaction.To > end) continue;
            chosen.Add(compaction);
            first = compaction.To + 1;
        }

        return chosen;
    }

    /// <summary>The complete checkpoints of a version, the one to prefer last: a single file over one with sidecars over parts, few parts over many.</summary>
    private static IEnumerable<CheckpointFiles> Candidates(long version, IEnumerable<(LogFileName Name, ObjectInfo Info)> files) => files
        .GroupBy(file => file.Name.Kind switch
        {
            LogFileKind.ClassicCheckpoint => (Rank: 0, Parts: 1, Key: ""),
            LogFileKind.V2Checkpoint => (Rank: 1, Parts: 1, file.Info.Key),
            _ => (Rank: 2, file.Name.Parts, Key: ""),
        })
        .Where(group => group.Select(file => file.Name.Part).Distinct().Count() == group.Key.Parts)
        .OrderByDescending(group => group.Key)
        .Select(group => new CheckpointFiles(version, [.. group.OrderBy(file => file.Name.Part).Select(file => file.Info)]));

    private VersionNotFoundException NotFound(long version) =>
        new(_tablePath, $"version {version} cannot be read: the versions {EarliestVersion?.ToString(CultureInfo.InvariantCulture) ?? "?"} to {LatestVersion} can.", version);
}
