using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Lakehouse.Storage.Cache;

/// <summary>
/// Copies of objects on disk, bounded in size, least recently used first to go. Several processes may share the folder: a copy
/// appears under its name only when it is whole and durable, and one that is in use has a second name (a hard link) in its user's
/// own folder, so that nobody can take it away. What a killed process leaves is swept by the next to come.
/// </summary>
/// <remarks>
/// <c>objects/ab/abcd….parquet</c>: the copies, named by a hash of store, key and tag. <c>users/ID</c> with <c>users/ID.lock</c>: what a
/// living process holds or is about to write; the lock is the operating system's and goes with the process.
/// </remarks>
internal sealed class DiskCache : IAsyncDisposable
{
    private readonly DiskCacheOptions _options;
    private readonly string _objects;
    private readonly CacheUser _user;
    private readonly ConcurrentDictionary<string, Hold> _holds = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<Task, bool> _publishing = new();
    private readonly CacheTrim _trim;

    public DiskCache(DiskCacheOptions options)
    {
        _options = options;
        string folder = Path.GetFullPath(options.Folder);
        try
        {
            if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
            else Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            _objects = Directory.CreateDirectory(Path.Combine(folder, "objects")).FullName;
            _user = CacheUser.Enter(Path.Combine(folder, "users"));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new StorageException(folder, null, $"The cache folder cannot be used: {exception.Message}. Set LAKEHOUSE_CACHE to one that this user may write", exception);
        }

        _trim = new CacheTrim(_objects, Path.Combine(folder, "trim.lock"), options.MaxBytes);
    }

    /// <summary>A folder of this process's own, on the cache's disk, for files that will be objects.</summary>
    public string StagingFolder => _user.Folder;

    /// <summary>A copy of an object, fetched when it is not here yet. Callers that want one object at once share one fetch.</summary>
    /// <param name="store">The store's name.</param>
    /// <param name="key">The object's key.</param>
    /// <param name="tag">What tells this content from others under the key; null for keys that never have another.</param>
    /// <param name="fetch">Copies the object into a new file.</param>
    /// <param name="cancellationToken">Stops waiting. The fetch stops when nobody waits.</param>
    public async Task<HeldFile> HoldAsync(string store, string key, string? tag, Func<string, CancellationToken, Task> fetch, CancellationToken cancellationToken)
    {
        string name = NameOf(store, key, tag);
        Hold hold = Take(name, fetch);
        try
        {
            string path = await hold.Ready.WaitAsync(cancellationToken).ConfigureAwait(false);
            return new HeldFile(path, () => Release(name, hold));
        }
        catch
        {
            Release(name, hold);
            throw;
        }
    }

    /// <summary>Takes a file on the cache's disk as the copy of an object, by a second name. Where that fails there is no copy, and no harm.</summary>
    public void Adopt(string store, string key, string path)
    {
        string own = OwnName();
        try
        {
            if (!HardLink.TryCreate(path, own)) return;
        }
        catch (IOException)
        {
            return;
        }

        Publish(() => PublishAsync(own, EntryOf(NameOf(store, key, null))));
    }

    /// <summary>Forgets the copy of an object.</summary>
    public void Forget(string store, string key)
    {
        try
        {
            File.Delete(EntryOf(NameOf(store, key, null)));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It goes with age.
        }
    }

    /// <summary>Waits for copies that are being made durable, and lets go of all.</summary>
    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_publishing.Keys).ConfigureAwait(false);
        _user.Dispose();
    }

    private static string NameOf(string store, string key, string? tag)
    {
        string hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{store}\n{key}\n{tag}")).AsSpan(0, 20));
        return hash + (key.EndsWith(".parquet", StringComparison.Ordinal) ? ".parquet" : "");
    }

    private string EntryOf(string name) => Path.Combine(_objects, name[..2], name);

    private Hold Take(string name, Func<string, CancellationToken, Task> fetch)
    {
        while (true)
        {
            Hold hold = _holds.GetOrAdd(name, static _ => new Hold());
            if (!hold.TryEnter(out bool isFirst)) continue; // on its way out of the dictionary
            if (isFirst) hold.Begin(token => FetchAsync(name, hold, fetch, token));
            return hold;
        }
    }

    private void Release(string name, Hold hold)
    {
        if (!hold.Leave()) return;
        File.Delete(PinOf(name));
        _holds.TryRemove(new KeyValuePair<string, Hold>(name, hold));
        hold.Dispose();
    }

    private string OwnName() => Path.Combine(_user.Folder, ".own-" + Guid.NewGuid().ToString("N"));

    private string PinOf(string name) => Path.Combine(_user.Folder, name);

    private async Task<string> FetchAsync(string name, Hold hold, Func<string, CancellationToken, Task> fetch, CancellationToken cancellationToken)
    {
        string entry = EntryOf(name), pin = PinOf(name), own = OwnName();
        bool isHere = HardLink.TryCreate(entry, own);
        if (isHere) CacheTrim.Touch(entry);
        else await FetchAsync(own, fetch, cancellationToken).ConfigureAwait(false);

        // Entered like one more user, the hold cannot end before the file has its name.
        if (!hold.TryEnter(out _))
        {
            File.Delete(own);
            throw new OperationCanceledException("Nobody waits for the copy any more.");
        }

        File.Delete(pin);
        File.Move(own, pin);
        if (isHere)
        {
            Release(name, hold);
            return pin;
        }

        // Whoever waits can read at once; others find the copy when it is durable.
        Publish(async () =>
        {
            string copy = OwnName();
            try
            {
                if (HardLink.TryCreate(pin, copy)) await PublishAsync(copy, entry).ConfigureAwait(false);
            }
            finally
            {
                Release(name, hold);
            }
        });
        return pin;
    }

    private async Task FetchAsync(string file, Func<string, CancellationToken, Task> fetch, CancellationToken cancellationToken)
    {
        try
        {
            await fetch(file, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            File.Delete(file);
            if (exception is IOException and not StorageException)
                throw new StorageException(_options.Folder, null, $"A copy cannot be written to the cache: {exception.Message}. Make room there, or set LAKEHOUSE_CACHE to another folder", exception);
            throw;
        }
    }

    /// <summary>Runs in the background what makes a copy known; when it fails there is none.</summary>
    private void Publish(Func<Task> publish)
    {
        Task task = Task.Run(async () =>
        {
            try
            {
                await publish().ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // The disk is full, or somebody took the folder away: the next use fetches the object again.
            }
        });
        _publishing[task] = true;
        task.ContinueWith(done => _publishing.TryRemove(done, out bool _), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    private async Task PublishAsync(string file, string entry)
    {
        long size;
        using (SafeFileHandle handle = File.OpenHandle(file, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete))
        {
            // A name without its bytes, after a power cut, would be a torn copy.
            RandomAccess.FlushToDisk(handle);
            size = RandomAccess.GetLength(handle);
        }

        Directory.CreateDirectory(Path.GetDirectoryName(entry)!);
        File.Move(file, entry, overwrite: true);
        await _trim.AddedAsync(size).ConfigureAwait(false);
    }

    /// <summary>One object in use: how many use it, and the file once it is here.</summary>
    private sealed class Hold : IDisposable
    {
        private readonly TaskCompletionSource<string> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly CancellationTokenSource _nobodyWaits = new();
        private readonly Lock _lock = new();
        private int _users;
        private bool _isOver;
        private bool _hasBegun;

        public Task<string> Ready => _ready.Task;

        public bool TryEnter(out bool isFirst)
        {
            lock (_lock)
            {
                isFirst = !_hasBegun && !_isOver;
                if (_isOver) return false;
                _hasBegun = true;
                _users++;
                return true;
            }
        }

        /// <summary>Whether the last user left, and the hold is over.</summary>
        public bool Leave()
        {
            lock (_lock)
            {
                if (--_users > 0) return false;
                _isOver = true;
            }

            if (!_ready.Task.IsCompleted) _nobodyWaits.Cancel();
            return true;
        }

        public void Begin(Func<CancellationToken, Task<string>> fetch) => _ = Task.Run(async () =>
        {
            try
            {
                _ready.SetResult(await fetch(_nobodyWaits.Token).ConfigureAwait(false));
            }
#pragma warning disable CA1031 // Whatever it is, it is told to those who wait.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                _ready.SetException(exception);
                _ = _ready.Task.Exception;
            }
        });

        public void Dispose()
        {
            if (_ready.Task.IsCompleted) _nobodyWaits.Dispose();
        }
    }
}
