using System.Globalization;
using Lakehouse.Delta;
using Lakehouse.Engine.Write;

namespace Lakehouse.Engine.Upkeep;

/// <summary>Makes a table what it was: files that left it since come back, and those that came go. The protocol is not lowered.</summary>
internal sealed class TableRestore(LakeTable table)
{
    /// <summary>So many questions are put to a bucket at once.</summary>
    private const int LooksAtOnce = 16;

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
                foreach (var file in back) transaction.AddKnown(file with { DataChange = true });
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

    /// <summary>Looks for what a vacuum may have taken: data files, and deletion vectors of files that are there with newer ones.</summary>
    private Task EnsureThereAsync(Snapshot target, IReadOnlyList<AddFile> files, CancellationToken cancellationToken)
    {
        var needed = new HashSet<DataLocation>();
        foreach (var file in files)
        {
            needed.Add(DataPath.Resolve(table.Log.TablePath, file.Path));
            if (file.DeletionVector is { StorageType: not DeletionVectorDescriptor.Inline } vector) needed.Add(table.DeletionVectors.Locate(vector));
        }
        return Parallel.ForEachAsync(needed, new ParallelOptions { MaxDegreeOfParallelism = LooksAtOnce, CancellationToken = cancellationToken }, async (location, token) =>
        {
            if (!await ExistsAsync(location, token).ConfigureAwait(false))
            {
                var path = location.Key ?? location.AbsoluteUri!;
                throw new DataFileMissingException(table.ToString(), target.Version, path, new FileNotFoundException(path));
            }
        });
    }

    private async ValueTask<bool> ExistsAsync(DataLocation location, CancellationToken cancellationToken)
    {
        if (location.Key is { } key) return await table.Store.FindAsync(key, cancellationToken).ConfigureAwait(false) is not null;
        if (table.Neighbours.TryFind(location.AbsoluteUri!, out var store, out var outside)) return await store.FindAsync(outside, cancellationToken).ConfigureAwait(false) is not null;
        return DataPath.TryGetLocalFile(location.AbsoluteUri!, out var path) && File.Exists(path);
    }
}
