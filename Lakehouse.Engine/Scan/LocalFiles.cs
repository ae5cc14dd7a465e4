using Lakehouse.Delta;
using Lakehouse.Storage;

namespace Lakehouse.Engine.Scan;

/// <summary>Data files of a table as files on this machine, where DuckDB reads them, held until this is disposed of. Of a lake in a
/// folder they are the files themselves; of one in a bucket they are copies, fetched several at once.</summary>
internal sealed class LocalFiles : IDisposable
{
    private const int AtOnce = 8;

    private readonly LakeTable _table;
    private readonly Dictionary<string, HeldFile> _held = new(StringComparer.Ordinal);

    private LocalFiles(LakeTable table) => _table = table;

    /// <summary>Fetches what is not here yet.</summary>
    /// <exception cref="DataFileMissingException">A file of a bucket is gone.</exception>
    public static async Task<LocalFiles> OpenAsync(LakeTable table, IReadOnlyList<FileSlice> slices, long version, CancellationToken cancellationToken)
    {
        var files = new LocalFiles(table);
        if (!table.IsRemote) return files;
        try
        {
            var wanted = slices.Select(slice => slice.Path).Distinct(StringComparer.Ordinal).ToList();
            await Parallel.ForEachAsync(wanted, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken }, async (path, token) =>
            {
                // A file that lies outside of the table may be on this machine's disk all the same.
                if (table.TryFind(path) is not { } found) return;
                HeldFile file;
                try
                {
                    file = await found.Store.HoldFileAsync(found.Key, token).ConfigureAwait(false);
                }
                catch (ObjectNotFoundException exception)
                {
                    throw new DataFileMissingException(table.ToString(), version, path, exception);
                }
                lock (files._held) files._held[path] = file;
            }).ConfigureAwait(false);
            return files;
        }
        catch
        {
            files.Dispose();
            throw;
        }
    }

    /// <summary>Where a file that the log names is.</summary>
    public string PathOf(string logPath) => _held.TryGetValue(logPath, out var file) ? file.Path : _table.LocalPath(logPath);

    /// <summary>Lets the files go.</summary>
    public void Dispose()
    {
        foreach (var file in _held.Values) file.Dispose();
        _held.Clear();
    }
}
