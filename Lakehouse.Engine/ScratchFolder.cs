namespace Lakehouse.Engine;

/// <summary>A folder of a process's own for what need not survive it. A process that is killed leaves its folder behind; the next that makes
/// one beside it takes it away. The two are told apart by a lock on a file beside the folder, which the kernel gives up however a process ends.</summary>
internal sealed class ScratchFolder : IDisposable
{
    private const string Prefix = "lakehouse-";
    private const string LockSuffix = ".lock";
    private const int Attempts = 20;

    private readonly FileStream _lock;

    private ScratchFolder(string path, FileStream held) => (Path, _lock) = (path, held);

    /// <summary>The folder; it exists.</summary>
    public string Path { get; }

    /// <summary>Makes a folder below <paramref name="parent"/>, which is made too, and deletes those of processes that have ended.</summary>
    /// <exception cref="IOException">Nothing can be written there.</exception>
    public static ScratchFolder Under(string parent)
    {
        Directory.CreateDirectory(parent);
        for (var attempt = 1; ; attempt++)
        {
            var path = System.IO.Path.Combine(parent, Prefix + Guid.NewGuid().ToString("N"));
            try
            {
                var held = Lock(path + LockSuffix, FileMode.CreateNew);
                Directory.CreateDirectory(path);
                // On a file system that keeps no locks nobody can be told to have ended.
                if (!IsFree(path + LockSuffix)) DeleteAbandoned(parent);
                return new ScratchFolder(path, held);
            }
            catch (IOException) when (attempt < Attempts)
            {
                // A neighbour that looks for abandoned folders just now had the file before it was locked; the next name is another.
            }
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
                // A folder that is used keeps its lock: this throws.
                using (Lock(lockFile, FileMode.Open)) Delete(lockFile[..^LockSuffix.Length]);
                File.Delete(lockFile);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Used, another user's, or another process deletes it at this moment.
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

    private static bool IsFree(string lockFile)
    {
        try
        {
            Lock(lockFile, FileMode.Open).Dispose();
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <exception cref="IOException">Another holds the lock, or has just deleted its file.</exception>
    private static FileStream Lock(string path, FileMode mode) => new(path, mode, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
}
