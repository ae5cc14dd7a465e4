using Lakehouse.Delta.Iceberg.Manifests;
using Lakehouse.Storage;

namespace Lakehouse.Delta.Iceberg;

/// <summary>Deletes metadata that no snapshot needs any more: of expired snapshots, and what writers that failed or were second left.</summary>
internal sealed class IcebergCleanUp(IcebergFolder folder, TimeProvider time)
{
    /// <summary>Files younger than this may belong to metadata in the making, or to one that a client was given just now.</summary>
    private static readonly TimeSpan MinimalAge = TimeSpan.FromHours(1);

    /// <returns>How many files were deleted.</returns>
    /// <exception cref="FormatException">A manifest or a manifest list that is needed is damaged; nothing was deleted.</exception>
    public async Task<int> RunAsync(TableMetadata table, CancellationToken cancellationToken)
    {
        DateTimeOffset before = time.GetUtcNow() - MinimalAge;
        List<(string Name, ObjectInfo Info)> files = await folder.ListAsync(cancellationToken).ConfigureAwait(false);
        HashSet<string> needed = [.. table.Snapshots.Select(snapshot => IcebergFolder.MetadataName(snapshot.Id)), .. table.Snapshots.Select(snapshot => folder.NameOf(snapshot.ManifestList))];
        foreach ((string name, ObjectInfo info) in files)
        {
            if (info.LastModified >= before || IcebergFolder.Parse(name).Number > table.Current.Id) needed.Add(name);
        }

        // What the lists that stay name stays too.
        HashSet<string> read = [];
        foreach (string list in needed.Where(name => IcebergFolder.Parse(name).Kind == IcebergFileKind.ManifestList).ToList())
        {
            foreach (ManifestFile manifest in ManifestList.Read(await ReadAsync(list).ConfigureAwait(false)))
            {
                string name = folder.NameOf(manifest.Path);
                needed.Add(name);
                if (manifest.Content != FileContent.PositionDeletes || !read.Add(name)) continue;
                foreach (ManifestEntry entry in ManifestReader.Read(await ReadAsync(name).ConfigureAwait(false), manifest).Live) needed.Add(folder.NameOf(entry.FilePath));
            }
        }

        List<string> old = [.. files.Where(file => IcebergFolder.Parse(file.Name).Kind != IcebergFileKind.Other && !needed.Contains(file.Name)).Select(file => file.Info.Key)];
        await folder.Store.DeleteAsync(old, cancellationToken).ConfigureAwait(false);
        return old.Count;

        Task<byte[]> ReadAsync(string name) => folder.Store.ReadAllBytesAsync(folder.KeyOf(name), cancellationToken);
    }
}
