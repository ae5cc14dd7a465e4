using System.Globalization;

namespace Lakehouse.Delta;

/// <summary>
/// The times of a run of commits, for time travel: file times before the version that enabled in-commit timestamps, the commits'
/// own from it on (PROTOCOL.md, "Recommendations for Readers of Tables with In-Commit Timestamps").
/// </summary>
internal sealed class CommitTimes
{
    private readonly DeltaLog _log;
    private readonly IReadOnlyList<CommitFile> _commits;
    private readonly IReadOnlyList<DateTimeOffset> _fileTimes;
    private readonly int _firstTimed;

    public CommitTimes(DeltaLog log, IReadOnlyList<CommitFile> commits, Metadata latest)
    {
        _log = log;
        _commits = commits;
        _fileTimes = CommitTime.OfFiles(commits);
        _firstTimed = 0;
        while (_firstTimed < commits.Count && !CommitTime.HasInCommitTimestamp(latest, commits[_firstTimed].Version)) _firstTimed++;
    }

    /// <summary>The last version of a time or before, or null.</summary>
    public async Task<long?> FindLastAsync(DateTimeOffset time, CancellationToken cancellationToken)
    {
        bool timed = _firstTimed < _commits.Count && await TimeAsync(_firstTimed, cancellationToken).ConfigureAwait(false) <= time;
        int low = timed ? _firstTimed : 0, high = timed ? _commits.Count : _firstTimed;

        // Invariant: everything before low is at the time or before, everything from high on is after it.
        while (low < high)
        {
            int middle = low + ((high - low) / 2);
            if (await TimeAsync(middle, cancellationToken).ConfigureAwait(false) <= time) low = middle + 1;
            else high = middle;
        }

        return low == 0 ? null : _commits[low - 1].Version;
    }

    /// <summary>The range in words.</summary>
    public async Task<string> DescribeAsync(CancellationToken cancellationToken)
    {
        if (_commits.Count == 0) return "no commit is left";
        DateTimeOffset first = await TimeAsync(0, cancellationToken).ConfigureAwait(false);
        DateTimeOffset last = await TimeAsync(_commits.Count - 1, cancellationToken).ConfigureAwait(false);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"the oldest that can be read is version {_commits[0].Version} of {first:O}, the newest version {_commits[^1].Version} of {last:O}");
    }

    private async ValueTask<DateTimeOffset> TimeAsync(int index, CancellationToken cancellationToken)
    {
        if (index < _firstTimed) return _fileTimes[index];
        Commit commit = await Commit.ReadAsync(_log.Store, _log.TablePath, _commits[index].Version, cancellationToken).ConfigureAwait(false);
        return commit.Info?.InCommitTimestamp is { } own ? DateTimeOffset.FromUnixTimeMilliseconds(own) : _fileTimes[index];
    }
}
