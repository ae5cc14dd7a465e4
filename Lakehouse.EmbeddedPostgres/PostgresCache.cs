namespace Lakehouse.EmbeddedPostgres;

/// <summary>The folder below which native programs are unpacked and temporary clusters live: private to the user, readable to all.</summary>
internal static class PostgresCache
{
    /// <summary>The environment variable that names another cache folder.</summary>
    public const string Variable = "LAKEHOUSE_CACHE";

    // Root's own cache lies below a home folder that the server's user may not enter.
    private const string SystemCache = "/var/cache/lakehouse";

    private static readonly TimeSpan LockTimeout = TimeSpan.FromSeconds(60);

    /// <summary>The cache's folder of that name, created when absent.</summary>
    /// <exception cref="EmbeddedPostgresException">The folder cannot be made.</exception>
    public static string Folder(string name)
    {
        string folder = Path.Combine(Root(), name);
        try
        {
            Directory.CreateDirectory(folder);
            return folder;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EmbeddedPostgresException($"The cache folder '{folder}' cannot be made: {e.Message} Name another folder in {Variable}.", e);
        }
    }

    /// <summary>Waits until this process alone holds the lock file; the lock ends with the stream, or with the process.</summary>
    /// <exception cref="IOException">Another process has held the lock for a minute.</exception>
    public static FileStream Lock(string path)
    {
        for (long start = Environment.TickCount64; ; Thread.Sleep(20))
        {
            if (TryLock(path) is { } stream) return stream;
            if (Environment.TickCount64 - start > LockTimeout.TotalMilliseconds)
                throw new IOException($"Another process holds '{path}'.");
        }
    }

    /// <summary>The lock, or null where somebody else holds it.</summary>
    public static FileStream? TryLock(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException) when (File.Exists(path))
        {
            return null;
        }
    }

    private static string Root()
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } chosen) return Path.GetFullPath(chosen);
        if (OperatingSystem.IsLinux())
        {
            if (Environment.IsPrivilegedProcess) return SystemCache;
            if (Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } cache) return Path.Combine(cache, "lakehouse");
        }
        string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        if (OperatingSystem.IsWindows()) home = Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData);
        if (home.Length == 0)
            throw new EmbeddedPostgresException($"This user has no home folder to unpack PostgreSQL in; name a folder in {Variable}.");
        if (OperatingSystem.IsWindows()) return Path.Combine(home, "Lakehouse", "Cache");
        return OperatingSystem.IsMacOS()
            ? Path.Combine(home, "Library", "Caches", "lakehouse")
            : Path.Combine(home, ".cache", "lakehouse");
    }
}
