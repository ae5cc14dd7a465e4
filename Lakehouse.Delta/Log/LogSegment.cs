using Lakehouse.Storage;

namespace Lakehouse.Delta;

/// <summary>A checkpoint with all its parts, in order.</summary>
internal sealed record CheckpointFiles(long Version, IReadOnlyList<ObjectInfo> Parts);

/// <summary>A commit's file.</summary>
internal readonly record struct CommitFile(long Version, ObjectInfo Info);

/// <summary>A file that tells what a run of commits amounts to (PROTOCOL.md, "Log Compaction Files").</summary>
internal readonly record struct CompactionFile(long From, long To, ObjectInfo Info);

/// <summary>A gap-free run of commits from a complete checkpoint (or version 0) up to <see cref="EndVersion"/>.</summary>
internal sealed class LogSegment
{
    /// <exception cref="CorruptLogException">A commit is missing.</exception>
    public LogSegment(string tablePath, CheckpointFiles? checkpoint, IReadOnlyList<CommitFile> commits, CommitFile? checkpointCommit = null)
    {
        long expected = checkpoint is null ? 0 : checkpoint.Version + 1;
        foreach (CommitFile commit in commits)
        {
            if (commit.Version != expected)
            {
                string start = checkpoint is null ? "there is no checkpoint" : $"the newest checkpoint is of version {checkpoint.Version}";
                throw new CorruptLogException(
                    tablePath,
                    $"the commit is missing, though version {commit.Version} is there and {start}. Restore the file, or ask for a version before it.",
                    expected,
                    LogFiles.Commit(tablePath, expected));
            }

            expected++;
        }

        if (expected == 0) throw new CorruptLogException(tablePath, "the log holds neither a commit nor a checkpoint.");
        Checkpoint = checkpoint;
        Commits = commits;
        CheckpointCommit = checkpointCommit;
        EndVersion = expected - 1;
    }

    /// <summary>Where the state starts, or null for version 0.</summary>
    public CheckpointFiles? Checkpoint { get; }

    /// <summary>The commits after it, ascending.</summary>
    public IReadOnlyList<CommitFile> Commits { get; }

    /// <summary>The commit of the checkpoint's own version, while the log still has it: it knows the version's time and operation.</summary>
    public CommitFile? CheckpointCommit { get; }

    /// <summary>Files that may be read in place of some of the commits: ascending, within the segment, without overlap.</summary>
    public IReadOnlyList<CompactionFile> Compactions { get; init; } = [];

    /// <summary>The version the segment leads to.</summary>
    public long EndVersion { get; }
}
