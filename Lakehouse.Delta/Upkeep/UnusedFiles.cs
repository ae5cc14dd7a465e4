using Lakehouse.Storage;

namespace Lakehouse.Delta;

/// <summary>
/// Files below a table that no version of the retention window names: what a failed write left behind, and what left the table
/// long enough ago. Found by listing the folder, since the log no longer tells of what is oldest.
/// </summary>
internal sealed class UnusedFiles
{
    private const string LogFolder = "_delta_log";

    private readonly IObjectStore _store;
    private readonly string _prefix;
    private readonly DateTimeOffset _before;
    private readonly bool _hasIceberg;
    private readonly HashSet<string> _used = new(StringComparer.Ordinal);

    /// <summary>Names of files that the log names by absolute paths. These may lead into the table's own folder, in any spelling of the
    /// store's address; what has the same name stays.</summary>
    private readonly HashSet<string> _usedNames = new(StringComparer.Ordinal);

    /// <param name="store">Where the table is.</param>
    /// <param name="snapshot">Its newest version.</param>
    /// <param name="before">What left the table at this time or before, and was written before, is not used any more.</param>
    public UnusedFiles(IObjectStore store, Snapshot snapshot, DateTimeOffset before)
    {
        _store = store;
        _before = before;
        _prefix = LogFiles.KeyOf(snapshot.TablePath, "");
        _hasIceberg = snapshot.Metadata.AsksForIceberg();
        DeletionVectorStore vectors = new(store, snapshot.TablePath);
        long expired = before.ToUnixTimeMilliseconds();
        foreach (AddFile file in snapshot.Files) Use(file);
        foreach (RemoveFile removed in snapshot.State.Tombstones)
        {
            if ((removed.DeletionTimestamp ?? 0) > expired) Use(removed);
        }

        void Use(FileAction file)
        {
            UseAt(DataPath.Resolve(snapshot.TablePath, file.Path));
            if (file.DeletionVector is { StorageType: not DeletionVectorDescriptor.Inline } vector) UseAt(vectors.Locate(vector));
        }

        void UseAt(DataLocation location)
        {
            if (location.Key is { } key) _used.Add(key);
            else _usedNames.Add(NameOf(DataPath.Decode(location.AbsoluteUri!)));
        }
    }

    /// <summary>The files in ordinal order of their keys.</summary>
    public async Task<IReadOnlyList<ObjectInfo>> FindAsync(CancellationToken cancellationToken)
    {
        List<ObjectInfo> found = [];
        List<string> others = [];
        await foreach (ObjectInfo info in _store.ListAsync(_prefix, null, cancellationToken).ConfigureAwait(false))
        {
            string relative = info.Key[_prefix.Length..];
            int log = relative.IndexOf($"/{LogFolder}/", StringComparison.Ordinal);

            // A table of its own inside this one's folder: none of its files is ours.
            if (log >= 0) others.Add(_prefix + relative[..(log + 1)]);
            else if (!IsHidden(relative) && !IsIceberg(relative) && info.LastModified < _before && !IsUsed(info.Key)) found.Add(info);
        }

        return others.Count == 0 ? found : [.. found.Where(info => !others.Exists(other => info.Key.StartsWith(other, StringComparison.Ordinal)))];
    }

    private bool IsUsed(string key) => _used.Contains(key) || (_usedNames.Count > 0 && _usedNames.Contains(NameOf(key)));

    private static string NameOf(string path) => path[(path.LastIndexOf('/') + 1)..];

    /// <summary>Iceberg metadata has a clean-up of its own, while the table asks for it. Spark keeps to the same folder.</summary>
    private bool IsIceberg(string relative) => _hasIceberg && relative.StartsWith("metadata/", StringComparison.Ordinal);

    /// <summary>Names that begin with _ or . are not the table's data, but for partitions by such a column and for change files.</summary>
    private static bool IsHidden(string relative)
    {
        foreach (string name in relative.Split('/'))
        {
            if (name.Length > 0 && name[0] is '_' or '.' && name != "_change_data" && !(name[0] == '_' && name.Contains('=', StringComparison.Ordinal))) return true;
        }

        return false;
    }
}
