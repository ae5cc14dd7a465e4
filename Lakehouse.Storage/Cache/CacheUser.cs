namespace Lakehouse.Storage.Cache;

/// <summary>A process's own folder in a shared cache. It lives as long as the process holds the lock beside it.</summary>
internal sealed class CacheUser : IDisposable
{
    private const string LockExtension = ".lock";

    private readonly FileStream _lock;

    private CacheUser(string folder, FileStream held) => (Folder, _lock) = (folder, held);

    /// <summary>The folder.</summary>
    public string Folder { get; }

    /// <summary>Makes a folder below <paramref name="users"/>, and sweeps those of processes that are no more.</summary>
    public static CacheUser Enter(string users)
    {
        Directory.CreateDirectory(users);
        Sweep(users);
        while (true)
        {
            string folder = Path.Combine(users, Guid.NewGuid().ToString("N"));
            if (TryLock(folder + LockExtension, FileMode.CreateNew) is not { } held) continue;
            // A sweep may have come between the file's making and its locking.
            if (!File.Exists(folder + LockExtension))
            {
                held.Dispose();
                continue;
            }

            return new CacheUser(Directory.CreateDirectory(folder).FullName, held);
        }
    }

    public void Dispose()
    {
        Delete(Folder);
        File.Delete(Folder + LockExtension);
        _lock.Dispose();
    }

    private static void Sweep(string users)
    {
        foreach (string file in Directory.GetFiles(users, "*" + LockExtension))
        {
            using FileStream? dead = TryLock(file, FileMode.Open);
            if (dead is null) continue;
            Delete(file[..^LockExtension.Length]);
            File.Delete(file);
        }
    }

    private static FileStream? TryLock(string file, FileMode mode)
    {
        try
        {
            return new FileStream(file, mode, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Somebody lives there, or has just swept it.
            return null;
        }
    }

    private static void Delete(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It was not made yet, or a reader on Windows has a file open: the next sweep takes what is left.
        }
    }
}
