using System.Globalization;
using Lakehouse.Delta;
using Lakehouse.Engine.Write;

namespace Lakehouse.Engine.Upkeep;

/// <summary>Makes a table what it was: files that left it since come back, and those that came go. The protocol is not lowered.</summary>
internal sealed class TableRestore(LakeTable table)
{
    public async Task<CommitResult> RunAsync(long version, CancellationToken cancellationToken)
    {
        await table.Turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var target = await table.SnapshotAsync(version, cancellationToken).ConfigureAwait(false);
            for (var attempt = 1; ; attempt++)
            {
                var current = await table.SnapshotAsync(null, cancellationToken).ConfigureAwait(false);
                var now = current.Files.Select(file => file.Key).ToHashSet();
                var then = target.Files.Select(file => file.Key).ToHashSet();
                var back = target.Files.Where(file => !now.Contains(file.Key)).ToList();
                var gone = current.Files.Where(file => !then.Contains(file.Key)).ToList();
                await EnsureThereAsync(target, back, cancellationToken).ConfigureAwait(false);
                var transaction = table.Log.Begin(current);
                transaction.ReadWholeTable();
                var schema = IdentityColumn.KeepMarks(target.Schema, current.Schema);
                transaction.SetMetadata(ReferenceEquals(schema, target.Schema) ? target.Metadata : target.Metadata.WithSchema(schema));
                foreach (var file in gone) transaction.Remove(file);
                foreach (var file in back) transaction.Add(file with { DataChange = true });
                var parameters = new Dictionary<string, string?> { ["version"] = version.ToString(CultureInfo.InvariantCulture), ["timestamp"] = null };
                var info = Commits.Describe(table, new WriteOptions(), "RESTORE", parameters, [("numRestoredFiles", back.Count), ("numRemovedFiles", gone.Count), ("restoredFilesSize", back.Sum(file => file.Size)), ("removedFilesSize", gone.Sum(file => file.Size))]);
                try
                {
                    return table.Learn(await transaction.CommitAsync(info, cancellationToken).ConfigureAwait(false));
                }
                catch (CommitConflictException) when (attempt < table.Lake.Options.MaxAttempts)
                {
                    // Once more, against what the winner left.
                }
            }
        }
        finally
        {
            table.Turn.Release();
        }
    }

    private async Task EnsureThereAsync(Snapshot target, IReadOnlyList<AddFile> files, CancellationToken cancellationToken)
    {
        foreach (var file in files)
        {
            if (DataPath.Resolve(table.Log.TablePath, file.Path).Key is not { } key) continue;
            if (await table.Store.FindAsync(key, cancellationToken).ConfigureAwait(false) is null)
                throw new DataFileMissingException(table.ToString(), target.Version, file.Path, new FileNotFoundException(key));
        }
    }
}
