using Lakehouse.Delta;
using Lakehouse.Engine.Write;

namespace Lakehouse.Engine.Dml;

/// <summary>Takes every file out of a table. Readers of changes see its rows deleted, as for any file that goes whole.</summary>
internal sealed class TableTruncate(LakeTable table, WriteOptions options)
{
    public async Task<CommitResult> RunAsync(CancellationToken cancellationToken)
    {
        await table.Turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            for (var attempt = 1; ; attempt++)
            {
                var snapshot = await table.SnapshotAsync(null, cancellationToken).ConfigureAwait(false);
                if (Commits.Done(snapshot, options) is { } done) return done;
                var transaction = table.Log.Begin(snapshot);
                transaction.ReadWholeTable();
                if (options.Transaction is { } application) transaction.SetTransaction(application.AppId, application.Version);
                foreach (var file in snapshot.Files) transaction.Remove(file);
                try
                {
                    var info = Commits.Describe(table, options, "TRUNCATE", Commits.Parameters(snapshot.Metadata), [("numRemovedFiles", snapshot.Files.Count)]);
                    return table.Learn(await transaction.CommitAsync(info, cancellationToken).ConfigureAwait(false));
                }
                catch (CommitConflictException) when (attempt < table.Lake.Options.MaxAttempts)
                {
                    // Once more, on what the winner left.
                }
            }
        }
        finally
        {
            table.Turn.Release();
        }
    }
}
