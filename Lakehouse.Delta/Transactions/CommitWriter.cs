using System.Runtime.ExceptionServices;
using Lakehouse.Storage;

namespace Lakehouse.Delta;

/// <summary>Puts commits, and finds out about those whose answer was lost.</summary>
internal sealed class CommitWriter(DeltaLog log, string transactionId)
{
    /// <summary>Writes a commit as the next version.</summary>
    /// <returns>Whether the version is this commit; false when it is another's.</returns>
    /// <exception cref="CommitOutcomeUnknownException">The store cannot tell.</exception>
    /// <exception cref="StorageException">The store failed for certain; nothing was written.</exception>
    public async Task<bool> TryWriteAsync(Commit commit)
    {
        using ActionWriter lines = new();
        foreach (DeltaAction action in commit.Actions) lines.Write(action);
        string key = LogFiles.Commit(log.TablePath, commit.Version);
        bool mayHaveLanded = false;
        for (int attempt = 1; ; attempt++)
        {
            IOException failure;
            try
            {
                if (await log.Store.TryPutIfAbsentAsync(key, lines.Written, CancellationToken.None).ConfigureAwait(false)) return true;

                // After an unknown outcome, what stands there may be what we put: its id tells.
                if (!mayHaveLanded) return false;
                return await IsOursAsync(commit.Version).ConfigureAwait(false) ?? throw new StorageException(log.Store.Name, key, "The store says that the object exists, and that it does not");
            }
            catch (IOException exception)
            {
                failure = exception;
                mayHaveLanded |= exception is UnknownOutcomeException or not StorageException;
            }

            try
            {
                // Absent now is no proof: the write may still be on its way. Putting again is safe, as only one put can win.
                if (mayHaveLanded && await IsOursAsync(commit.Version).ConfigureAwait(false) is { } ours) return ours;
            }
            catch (IOException exception)
            {
                failure = exception;
            }

            if (attempt >= log.Options.MaxStoreAttempts)
            {
                if (mayHaveLanded) throw new CommitOutcomeUnknownException(log.TablePath, commit.Version, transactionId, failure);
                ExceptionDispatchInfo.Throw(failure);
            }

            await WaitAsync(attempt, CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <summary>Waits between two attempts: twice as long each time up to the limit, and a random part of that.</summary>
    public Task WaitAsync(int attempt, CancellationToken cancellationToken) => WaitAsync(attempt, TimeSpan.FromMilliseconds(2), cancellationToken);

    /// <summary>
    /// Waits after versions were lost to others: not at all after the first, a random part of the time that the attempt took after
    /// the second, of twice that after the third, and so on up to the limit. So many writers space themselves out to about as many
    /// attempts as the store takes commits, fast on a disk and slow in a bucket, without knowing of each other (binary exponential
    /// backoff; Metcalfe and Boggs, 1976).
    /// </summary>
    public Task StandBackAsync(int lost, TimeSpan took, CancellationToken cancellationToken) =>
        lost == 1 ? Task.CompletedTask : WaitAsync(lost - 1, took, cancellationToken);

    private Task WaitAsync(int attempt, TimeSpan first, CancellationToken cancellationToken)
    {
        double limit = Math.Min(first.TotalMilliseconds * Math.Pow(2, Math.Min(attempt - 1, 30)), log.Options.MaxRetryDelay.TotalMilliseconds);
        double part;
        lock (log.Options.Random) part = log.Options.Random.NextDouble();
        return Task.Delay(TimeSpan.FromMilliseconds(limit * part), log.Options.Time, cancellationToken);
    }

    /// <summary>Whether a version is this transaction's; null when there is no such version.</summary>
    private async Task<bool?> IsOursAsync(long version)
    {
        Commit? found = await Commit.TryReadAsync(log.Store, log.TablePath, version, CancellationToken.None).ConfigureAwait(false);
        return found is null ? null : found.Info?.TransactionId == transactionId;
    }
}
