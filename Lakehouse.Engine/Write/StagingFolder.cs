using Lakehouse.Delta;

namespace Lakehouse.Engine.Write;

/// <summary>Where DuckDB writes a table's new data files. Of a lake in a folder it is the table's own folder, where they stay; of one in
/// a bucket it is a folder on this machine, from which they are sent.</summary>
internal sealed class StagingFolder : IDisposable
{
    private const int AtOnce = 4;

    private readonly LakeTable _table;

    private StagingFolder(LakeTable table, string path) => (_table, Path) = (table, path);

    /// <summary>The folder; it exists.</summary>
    public string Path { get; }

    public static StagingFolder For(LakeTable table)
    {
        var path = table.IsRemote
            ? System.IO.Path.Combine(table.Store.StagingFolder ?? table.Lake.TempFolder, "stage-" + Guid.NewGuid().ToString("N"))
            : table.LocalFolder;
        Directory.CreateDirectory(path);
        return new StagingFolder(table, path);
    }

    /// <summary>Makes the files objects that survive a power cut. When it fails, none of a bucket's is left behind.</summary>
    public async Task PublishAsync(IReadOnlyList<AddFile> files, CancellationToken cancellationToken)
    {
        if (!_table.IsRemote)
        {
            await _table.Store.MakeDurableAsync([.. files.Select(file => _table.KeyOf(file.Path))], cancellationToken).ConfigureAwait(false);
            return;
        }
        try
        {
            await Parallel.ForEachAsync(files, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken }, async (file, token) =>
                await _table.Store.PutFileAsync(_table.KeyOf(file.Path), System.IO.Path.Combine(Path, DataPath.Decode(file.Path)), token).ConfigureAwait(false)).ConfigureAwait(false);
        }
        catch
        {
            _table.Discard([.. files.Select(file => _table.KeyOf(file.Path))]);
            throw;
        }
    }

    /// <summary>Takes a bucket's staging folder away, with what was not sent.</summary>
    public void Dispose()
    {
        if (_table.IsRemote) Directory.Delete(Path, recursive: true);
    }
}
