using System.IO.Enumeration;
using System.Runtime.CompilerServices;
using Microsoft.Win32.SafeHandles;

namespace Lakehouse.Storage;

/// <summary>
/// A folder as an object store: a key is a path below it. Whatever was put is whole at every moment and durable when the put
/// returns; files that other programs write below the folder count as objects too.
/// </summary>
/// <remarks>Put-if-absent needs a file system with hard links (POSIX) or NTFS/ReFS (Windows).</remarks>
public sealed class LocalObjectStore : IObjectStore
{
    private readonly string _folder;

    /// <summary>A store over <paramref name="folder"/>, which is created with the first object.</summary>
    public LocalObjectStore(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        _folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
    }

    /// <inheritdoc/>
    public string Name => _folder;

    /// <inheritdoc/>
    public ValueTask<ObjectInfo?> FindAsync(string key, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new ValueTask<ObjectInfo?>(Find(key, PathOf(key)));
    }

    /// <inheritdoc/>
    public Task<Stream> OpenReadAsync(string key, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult<Stream>(OpenRead(key));
    }

    /// <inheritdoc/>
    public Task<Stream> OpenReadAsync(string key, long offset, long length, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        cancellationToken.ThrowIfCancellationRequested();
        FileStream file = OpenRead(key);
        file.Position = offset;
        return Task.FromResult<Stream>(new BoundedReadStream(file, length));
    }

    /// <inheritdoc/>
    public Task<ObjectContent?> TryReadAsync(string key, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        string path = PathOf(key);

        // An exception for each look at a commit that is not there yet would cost more than the look.
        if (!File.Exists(path)) return Task.FromResult<ObjectContent?>(null);
        try
        {
            using SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            byte[] content = new byte[checked((int)RandomAccess.GetLength(file))];
            int read = 0;
            while (read < content.Length && RandomAccess.Read(file, content.AsSpan(read), read) is > 0 and int more) read += more;
            ObjectInfo info = new(key, content.Length, File.GetLastWriteTimeUtc(file));
            return Task.FromResult<ObjectContent?>(new ObjectContent(info, read == content.Length ? content : content[..read]));
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return Task.FromResult<ObjectContent?>(null);
        }
        catch (Exception exception) when (IsFileFailure(exception))
        {
            throw Failure(key, "read", exception);
        }
    }

    /// <inheritdoc/>
    public async Task<ObjectInfo> PutAsync(string key, Stream content, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(content);
        string path = PathOf(key);
        string temporary = TemporaryBeside(path);
        try
        {
            try
            {
                CreateFolder(Path.GetDirectoryName(path)!);
                await using FileStream file = new(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
                await content.CopyToAsync(file, 128 * 1024, cancellationToken).ConfigureAwait(false);
                file.Flush(flushToDisk: true);
            }
            catch (Exception exception) when (IsFileFailure(exception))
            {
                throw Failure(key, "write", exception);
            }

            try
            {
                File.Move(temporary, path, overwrite: true);
                SyncFolder(Path.GetDirectoryName(path)!);
            }
            catch (Exception exception) when (IsFileFailure(exception))
            {
                throw new UnknownOutcomeException(Name, key, $"The file was written, but not moved into its place for certain: {exception.Message}", exception);
            }
        }
        catch
        {
            DeleteQuietly(temporary);
            throw;
        }

        return Find(key, path) ?? throw new ObjectNotFoundException(Name, key);
    }

    /// <inheritdoc/>
    public Task<bool> TryPutIfAbsentAsync(string key, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default)
    {
        string path = PathOf(key);

        // fsync can take tens of milliseconds on a busy disk: not on the caller's thread.
        return Task.Run(() => TryPutIfAbsent(key, path, content.Span), cancellationToken);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ObjectInfo> ListAsync(string prefix, string? startAfter = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ObjectKey.ValidatePrefix(Name, prefix);
        int slash = prefix.LastIndexOf('/') + 1;
        foreach (ObjectInfo info in List(prefix[..slash], prefix, startAfter))
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return info;
        }

        await ValueTask.CompletedTask.ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public Task DeleteAsync(string key, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        string path = PathOf(key);
        try
        {
            File.Delete(path);
        }
        catch (DirectoryNotFoundException)
        {
            // Idempotent: with its folder the object is absent too.
        }
        catch (Exception exception) when (IsFileFailure(exception))
        {
            throw Failure(key, "delete", exception);
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public bool TryGetLocalPath(string key, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out string? path)
    {
        path = PathOf(key);
        return true;
    }

    /// <inheritdoc/>
    public Task MakeDurableAsync(IReadOnlyCollection<string> keys, CancellationToken cancellationToken = default)
    {
        (string Key, string Path)[] files = [.. keys.Select(key => (key, PathOf(key)))];
        return Task.Run(
            () =>
            {
                foreach ((string key, string path) in files)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    Run(key, "make durable", () =>
                    {
                        // fsync works on any descriptor of the file, but Windows wants one that may write.
                        using SafeFileHandle handle = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
                        RandomAccess.FlushToDisk(handle);
                    });
                }

                foreach (string folder in files.Select(file => Path.GetDirectoryName(file.Path)!).Distinct(StringComparer.Ordinal))
                    Run(null, "make durable", () => SyncFolderAndParents(folder));
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public Task<int> DeleteUnfinishedAsync(string prefix, DateTimeOffset writtenBefore, CancellationToken cancellationToken = default)
    {
        ObjectKey.ValidatePrefix(Name, prefix);
        return Task.Run(
            () =>
            {
                int deleted = 0;
                Run(prefix, "look for unfinished files in", () =>
                {
                    DirectoryInfo folder = new(Path.Combine(_folder, prefix));
                    if (!folder.Exists) return;
                    EnumerationOptions all = new() { RecurseSubdirectories = true, AttributesToSkip = 0, IgnoreInaccessible = false };
                    foreach (FileInfo file in folder.EnumerateFiles(ObjectKey.TemporaryPrefix + "*", all))
                    {
                        cancellationToken.ThrowIfCancellationRequested();
                        if (file.LastWriteTimeUtc >= writtenBefore.UtcDateTime) continue;
                        file.Delete();
                        deleted++;
                    }
                });
                return deleted;
            },
            cancellationToken);
    }

    private bool TryPutIfAbsent(string key, string path, ReadOnlySpan<byte> content)
    {
        string folder = Path.GetDirectoryName(path)!;
        string temporary = TemporaryBeside(path);
        try
        {
            // A lost race is cheap to see early; the link below is what decides.
            if (File.Exists(path)) return false;
            CreateFolder(folder);
            using (FileStream file = new(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0))
            {
                file.Write(content);
                file.Flush(flushToDisk: true);
            }

            if (!TryMoveIfAbsent(temporary, path))
            {
                File.Delete(temporary);
                return false;
            }
        }
        catch (Exception exception) when (IsFileFailure(exception))
        {
            DeleteQuietly(temporary);
            throw Failure(key, "create", exception);
        }

        try
        {
            SyncFolder(folder);
            return true;
        }
        catch (Exception exception) when (IsFileFailure(exception))
        {
            throw new UnknownOutcomeException(Name, key, $"The object was created, but a power cut may still undo it: {exception.Message}", exception);
        }
    }

    private static bool TryMoveIfAbsent(string temporary, string path)
    {
        if (OperatingSystem.IsWindows())
        {
            try
            {
                File.Move(temporary, path, overwrite: false);
                return true;
            }
            catch (IOException) when (File.Exists(path))
            {
                return false;
            }
        }

        // Not File.Move: where it cannot link it falls back to "look, then rename", which two racers can both win.
        if (!Posix.TryLink(temporary, path)) return false;
        DeleteQuietly(temporary);
        return true;
    }

    private IEnumerable<ObjectInfo> List(string folderKey, string prefix, string? startAfter)
    {
        foreach ((string key, bool isFolder) in Entries(folderKey, prefix, startAfter))
        {
            if (isFolder)
            {
                foreach (ObjectInfo info in List(key, prefix, startAfter)) yield return info;
            }
            else if (Find(key, PathOf(key)) is { } info)
            {
                yield return info;
            }
        }
    }

    /// <summary>The names in one folder that can matter, as keys in order; folders end with a slash so that they sort where their objects do.</summary>
    private List<(string Key, bool IsFolder)> Entries(string folderKey, string prefix, string? startAfter)
    {
        string folder = Path.Combine(_folder, folderKey);
        List<(string Key, bool IsFolder)> entries = [];
        try
        {
            FileSystemEnumerable<(string, bool)> names = new(
                folder,
                (ref FileSystemEntry entry) => (entry.FileName.ToString(), entry.IsDirectory),
                new EnumerationOptions { AttributesToSkip = 0, IgnoreInaccessible = false });
            foreach ((string name, bool isFolder) in names)
            {
                if (name.StartsWith(ObjectKey.TemporaryPrefix, StringComparison.Ordinal)) continue;
                string key = isFolder ? $"{folderKey}{name}/" : folderKey + name;
                bool canMatch = key.StartsWith(prefix, StringComparison.Ordinal) || (isFolder && prefix.StartsWith(key, StringComparison.Ordinal));
                if (canMatch && IsWanted(key, isFolder, startAfter)) entries.Add((key, isFolder));
            }
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
        catch (Exception exception) when (IsFileFailure(exception))
        {
            throw new StorageException(Name, folderKey, $"Cannot list the folder: {exception.Message}", exception);
        }

        entries.Sort(static (left, right) => string.CompareOrdinal(left.Key, right.Key));
        return entries;
    }

    private static bool IsWanted(string key, bool isFolder, string? startAfter) =>
        startAfter is null
        || string.CompareOrdinal(key, startAfter) > 0
        || (isFolder && startAfter.StartsWith(key, StringComparison.Ordinal));

    private static ObjectInfo? Find(string key, string path)
    {
        FileInfo file = new(path);
        return file.Exists ? new ObjectInfo(key, file.Length, file.LastWriteTimeUtc) : null;
    }

    private FileStream OpenRead(string key)
    {
        string path = PathOf(key);
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException || (exception is UnauthorizedAccessException && Directory.Exists(path)))
        {
            throw new ObjectNotFoundException(Name, key, exception);
        }
        catch (Exception exception) when (IsFileFailure(exception))
        {
            throw Failure(key, "open", exception);
        }
    }

    private string PathOf(string key)
    {
        ObjectKey.Validate(Name, key);
        return Path.Combine(_folder, key);
    }

    private static string TemporaryBeside(string path) =>
        Path.Combine(Path.GetDirectoryName(path)!, ObjectKey.TemporaryPrefix + Guid.NewGuid().ToString("N"));

    /// <summary>Creates a folder with its parents and makes their names durable: an object in a folder that a power cut undoes is lost.</summary>
    private static void CreateFolder(string folder)
    {
        if (Directory.Exists(folder)) return;
        string? parent = Path.GetDirectoryName(folder);
        if (parent is not null) CreateFolder(parent);
        Directory.CreateDirectory(folder);
        if (parent is not null) SyncFolder(parent);
    }

    private void SyncFolderAndParents(string folder)
    {
        SyncFolder(folder);
        while (folder.Length > _folder.Length && Path.GetDirectoryName(folder) is { } parent)
        {
            SyncFolder(parent);
            folder = parent;
        }
    }

    private static void SyncFolder(string folder)
    {
        // NTFS journals names by itself and has no call for it.
        if (!OperatingSystem.IsWindows()) Posix.SyncFolder(folder);
    }

    private static void DeleteQuietly(string temporary)
    {
        try
        {
            File.Delete(temporary);
        }
        catch (Exception exception) when (IsFileFailure(exception))
        {
            // A leftover is invisible to every reader; the failure that brought us here is the one to tell.
        }
    }

    private void Run(string? key, string verb, Action action)
    {
        try
        {
            action();
        }
        catch (Exception exception) when (key is not null && (exception is FileNotFoundException or DirectoryNotFoundException))
        {
            throw new ObjectNotFoundException(Name, key, exception);
        }
        catch (Exception exception) when (IsFileFailure(exception))
        {
            throw Failure(key, verb, exception);
        }
    }

    private static bool IsFileFailure(Exception exception) => exception is not StorageException and (IOException or UnauthorizedAccessException);

    private StorageException Failure(string? key, string verb, Exception exception) =>
        new(Name, key, $"Cannot {verb} the file: {exception.Message}", exception);
}
