namespace Lakehouse.Engine;

/// <summary>A folder of a process's own for what need not survive it. A process that is killed leaves its folder behind; the next that makes
/// one beside it takes it away. The two are told apart by a lock on a file beside the folder, which the kernel gives up however a process ends.</summary>
internal sealed class ScratchFolder : IDisposable
{
    private const string Prefix = "lakehouse-";
    private const string LockSuffix = ".lock";

    private readonly FileStream _lock;

    private ScratchFolder(string path, FileStream held) => (Path, _lock) = (path, held);

    /// <summary>The folder; it exists.</summary>
    public string Path { get; }

    /// <summary>Makes a folder below <paramref name="parent"/>, which is made too, and deletes those of processes that have ended.</summary>
    /// <exception cref="IOException">Nothing can be written there.</exception>
    public static ScratchFolder Under(string parent)
    {
        Directory.CreateDirectory(parent);
        while (true)
        {
            var path = System.IO.Path.Combine(parent, Prefix + Guid.NewGuid().ToString("N"));
            // A neighbour that looks for abandoned folders just now may hold a file that is not locked yet; the next name is another.
            if (TryLock(path + LockSuffix, FileMode.CreateNew) is not { } held) continue;
            Directory.CreateDirectory(path);
            // On a file system that keeps no locks nobody can be told to have ended.
            if (TryLock(path + LockSuffix, FileMode.Open) is { } second) second.Dispose();
            else DeleteAbandoned(parent);
            return new ScratchFolder(path, held);
        }
    }

    /// <summary>Deletes the folder with what is in it.</summary>
    /// <exception cref="IOException">A file in it is still used; a later start deletes it.</exception>
    public void Dispose()
    {
        Delete(Path);
        _lock.Dispose();
        File.Delete(Path + LockSuffix);
    }

    private static void DeleteAbandoned(string parent)
    {
        foreach (var lockFile in Directory.EnumerateFiles(parent, Prefix + "*" + LockSuffix))
        {
            try
            {
                using (var abandoned = TryLock(lockFile, FileMode.Open))
                {
                    if (abandoned is null) continue;
                    Delete(lockFile[..^LockSuffix.Length]);
                }
                File.Delete(lockFile);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Another user's, or another process deletes it at this moment.
            }
        }
    }

    private static void Delete(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // Someone cleaned the temporary folder: what was wanted is the case.
        }
    }

    /// <summary>The lock; null where another holds it.</summary>
    private static FileStream? TryLock(string path, FileMode mode)
    {
        try
        {
            return new FileStream(path, mode, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
        }
        catch (IOException) when (File.Exists(path))
        {
            return null;
        }
    }
}
