namespace Lakehouse.Storage.Cache;

/// <summary>Keeps a folder of copies below its bound. When a file was used last is its access time, which is set and not left to the mount.</summary>
internal sealed class CacheTrim(string objects, string lockFile, long maxBytes)
{
    /// <summary>Below the bound by so much, so that not every new copy looks through the folder.</summary>
    private const double Target = 0.9;

    private static readonly TimeSpan TouchEvery = TimeSpan.FromMinutes(1);

    private readonly SemaphoreSlim _turn = new(1, 1);
    private long _bytes = -1;

    /// <summary>Notes a use.</summary>
    public static void Touch(string file)
    {
        try
        {
            DateTime now = DateTime.UtcNow;
            if (now - File.GetLastAccessTimeUtc(file) > TouchEvery) File.SetLastAccessTimeUtc(file, now);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Another process took it away meanwhile; our link to it stays.
        }
    }

    /// <summary>Notes a new copy, and makes room when there are too many bytes.</summary>
    public async Task AddedAsync(long size)
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            // Others add as well: what is there is looked up anew when a tenth of the bound has come from us.
            _bytes = _bytes < 0 ? maxBytes : _bytes + size;
            if (_bytes >= maxBytes) Trim();
        }
        finally
        {
            _turn.Release();
        }
    }

    private void Trim()
    {
        using FileStream? alone = TryLock();
        List<FileInfo> files = Files();
        long total = files.Sum(file => file.Length);
        if (total > maxBytes && alone is not null)
        {
            files.Sort(static (left, right) => left.LastAccessTimeUtc.CompareTo(right.LastAccessTimeUtc));
            foreach (FileInfo file in files)
            {
                if (total <= maxBytes * Target) break;
                try
                {
                    long length = file.Length;
                    file.Delete();
                    total -= length;
                }
                catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
                {
                    // In use on Windows: the next one, then.
                }
            }
        }

        _bytes = Math.Max(total, (long)(maxBytes * Target));
    }

    private List<FileInfo> Files()
    {
        try
        {
            // The attributes are read while the folder is: a file that goes meanwhile keeps those it had.
            List<FileInfo> files = [];
            foreach (FileInfo file in new DirectoryInfo(objects).EnumerateFiles("*", SearchOption.AllDirectories))
            {
                file.Refresh();
                if (file.Exists) files.Add(file);
            }

            return files;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private FileStream? TryLock()
    {
        try
        {
            return new FileStream(lockFile, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Another process makes room already.
            return null;
        }
    }
}
