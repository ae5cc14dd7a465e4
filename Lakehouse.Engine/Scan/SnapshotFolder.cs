using Lakehouse.Delta;
using Lakehouse.Storage;

namespace Lakehouse.Engine.Scan;

/// <summary>A snapshot as a folder of its own: one commit, and the files it names.</summary>
internal static class SnapshotFolder
{
    private const string OnlyCommit = "_delta_log/00000000000000000000.json";

    public static async Task MakeAsync(LakeTable table, Snapshot snapshot, string folder, CancellationToken cancellationToken)
    {
        var slices = snapshot.Files.Select(file => new FileSlice(file.Path, file.PartitionValues, null, [], null)).ToList();
        using (var local = await LocalFiles.OpenAsync(table, slices, snapshot.Version, cancellationToken).ConfigureAwait(false))
        {
            foreach (var slice in slices.Where(slice => !DataPath.IsAbsolute(slice.Path)))
                using (var file = new HeldFile(local.PathOf(slice.Path))) file.LinkTo(NewFile(folder, DataPath.Decode(slice.Path)));
        }
        foreach (var key in snapshot.Files.Select(file => file.DeletionVector).OfType<DeletionVectorDescriptor>()
            .Where(vector => vector.StorageType == DeletionVectorDescriptor.RelativeFile).Select(vector => table.DeletionVectors.Locate(vector).Key!).Distinct(StringComparer.Ordinal))
        {
            using var file = await table.Store.HoldFileAsync(key, cancellationToken).ConfigureAwait(false);
            file.LinkTo(NewFile(folder, table.Log.TablePath.Length == 0 ? key : key[(table.Log.TablePath.Length + 1)..]));
        }
        await using var commit = new FileStream(NewFile(folder, OnlyCommit), FileMode.CreateNew, FileAccess.Write);
        ActionJson.Write(commit, [snapshot.Protocol, snapshot.Metadata, .. snapshot.Files]);
    }

    private static string NewFile(string folder, string relative)
    {
        var path = Path.Combine(folder, relative);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        return path;
    }
}
