namespace Lakehouse.Cli.Demo;

/// <summary>The demo's folders. Temporary ones are deleted on dispose, and those of killed demos by the next one.</summary>
public sealed class DemoWorkspace : IDisposable
{
    private const string Prefix = "lakehouse-demo-";
    private const string LockSuffix = ".lock";

    private readonly FileStream? _owned;

    private DemoWorkspace(string folder, FileStream? owned)
    {
        Folder = folder;
        _owned = owned;
    }

    /// <summary>Everything below one folder.</summary>
    public string Folder { get; }

    /// <summary>The lake.</summary>
    public string Lake => Path.Combine(Folder, "lake");

    /// <summary>The database's folder; null leaves a temporary one to the server, which knows how to clear away a killed one's.</summary>
    public string? PostgresFolder => IsKept ? Path.Combine(Folder, "postgres") : null;

    /// <summary>Whether the lake is still there afterwards.</summary>
    public bool IsKept => _owned is null;

    /// <summary>Makes what is missing.</summary>
    public static DemoWorkspace Open(DemoOptions options) => options.DataFolder is { } data
        ? new DemoWorkspace(Directory.CreateDirectory(Path.GetFullPath(data)).FullName, owned: null)
        : OpenTemporary(Path.GetTempPath());

    /// <summary>A folder of its own below <paramref name="root"/>, after clearing away those whose demos were killed.</summary>
    public static DemoWorkspace OpenTemporary(string root)
    {
        DeleteAbandoned(root);
        while (true)
        {
            string folder = Path.Combine(root, Prefix + Guid.NewGuid().ToString("N"));
            // The lock comes first: a folder whose lock is free is taken for abandoned. Another demo may try it just now.
            if (TryLock(folder + LockSuffix) is not { } owned)
                continue;
            if (OperatingSystem.IsWindows())
                Directory.CreateDirectory(folder);
            else
                Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            return new DemoWorkspace(folder, owned);
        }
    }

    /// <summary>Deletes a temporary folder.</summary>
    public void Dispose()
    {
        if (_owned is null)
            return;
        try
        {
            if (Directory.Exists(Folder))
                Directory.Delete(Folder, recursive: true);
        }
        finally
        {
            _owned.Dispose();
        }
    }

    /// <summary>A process that was killed leaves its folder behind; its lock went with it.</summary>
    private static void DeleteAbandoned(string root)
    {
        foreach (string lockFile in Directory.GetFiles(root, Prefix + "*" + LockSuffix))
        {
            try
            {
                using FileStream? abandoned = TryLock(lockFile);
                string folder = lockFile[..^LockSuffix.Length];
                if (abandoned is not null && Directory.Exists(folder))
                    Directory.Delete(folder, recursive: true);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // Another user's, or one that cannot be deleted now: a later demo tries again.
            }
        }
    }

    /// <summary>The lock, whose file goes with it; null where another process holds it.</summary>
    private static FileStream? TryLock(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);
        }
        catch (IOException) when (File.Exists(path))
        {
            return null;
        }
    }
}
