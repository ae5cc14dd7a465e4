using Lakehouse.Delta;
using Lakehouse.Storage;

namespace Lakehouse.Engine.Scan;

/// <summary>Files of a snapshot as a folder of its own: one commit, and the files it names.</summary>
internal static class SnapshotFolder
{
    private const string OnlyCommit = "_delta_log/00000000000000000000.json";

    public static async Task MakeAsync(LakeTable table, Snapshot snapshot, IReadOnlyList<AddFile> shown, string folder, CancellationToken cancellationToken)
    {
        var slices = shown.Select(file => new FileSlice(file.Path, file.PartitionValues, null, [], null)).ToList();
        var files = new List<AddFile>(slices.Count);
        using (var local = await LocalFiles.OpenAsync(table, slices, snapshot.Version, cancellationToken).ConfigureAwait(false))
        {
            foreach (var file in shown)
            {
                // Of what lies outside of the table, the folder names files on this disk as they are, and takes those of buckets in.
                var path = !DataPath.IsAbsolute(file.Path) ? DataPath.Decode(file.Path) : table.TryFind(file.Path) is null ? null : $"outside/{files.Count}.parquet";
                if (path is not null)
                    using (var held = new HeldFile(local.PathOf(file.Path))) held.LinkTo(NewFile(folder, path));
                files.Add(file with
                {
                    Path = path is null ? file.Path : DataPath.Encode(path),
                    DeletionVector = file.DeletionVector is { StorageType: DeletionVectorDescriptor.AbsoluteFile } vector
                        ? DeletionVectorStore.Inline(await table.DeletionVectors.ReadAsync(vector, cancellationToken).ConfigureAwait(false))
                        : file.DeletionVector,
                });
            }
        }
        foreach (var key in shown.Select(file => file.DeletionVector).OfType<DeletionVectorDescriptor>()
            .Where(vector => vector.StorageType == DeletionVectorDescriptor.RelativeFile).Select(vector => table.DeletionVectors.Locate(vector).Key!).Distinct(StringComparer.Ordinal))
        {
            using var file = await table.Store.HoldFileAsync(key, cancellationToken).ConfigureAwait(false);
            file.LinkTo(NewFile(folder, table.Log.TablePath.Length == 0 ? key : key[(table.Log.TablePath.Length + 1)..]));
        }
        await using var commit = new FileStream(NewFile(folder, OnlyCommit), FileMode.CreateNew, FileAccess.Write);
        ActionJson.Write(commit, [snapshot.Protocol, snapshot.Metadata, .. files]);
    }

    private static string NewFile(string folder, string relative)
    {
        var path = Path.Combine(folder, relative);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        return path;
    }
}
