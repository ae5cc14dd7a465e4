using Lakehouse.Testing;

namespace Lakehouse.Storage.Tests;

/// <summary>Copies on disk: whole or absent, bounded, shared, and never taken away from under a reader.</summary>
public sealed class DiskCacheTests : IDisposable
{
    private readonly TemporaryFolder _objects = new(), _cache = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Readers_that_come_together_share_one_fetch()
    {
        string key = await PutAsync(1000);
        int opened = 0;
        await using CachedObjectStore store = Open(call => call.Operation == "open" && Interlocked.Increment(ref opened) > 1 ? Fault.Before : Fault.None);

        HeldFile[] held = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => store.HoldFileAsync(key, Token)));

        Assert.Equal(1, opened);
        Assert.Single(held.Select(file => file.Path).Distinct());
        foreach (HeldFile file in held) file.Dispose();
        await store.DisposeAsync();
        Assert.False(File.Exists(held[0].Path));
    }

    [Fact]
    public async Task A_fetch_that_fails_leaves_nothing_and_the_next_works()
    {
        string key = await PutAsync(1000);
        bool broken = true;
        await using (CachedObjectStore store = Open(call => broken && call.Operation == "open" ? Fault.Before : Fault.None))
        {
            await Assert.ThrowsAsync<StorageException>(() => store.HoldFileAsync(key, Token));
            Assert.Empty(Files());
            broken = false;
            using HeldFile file = await store.HoldFileAsync(key, Token);
            Assert.Equal(1000, new FileInfo(file.Path).Length);
        }

        Assert.Single(Files());
    }

    [Fact]
    public async Task The_copies_stay_below_the_bound_and_the_least_used_go_first()
    {
        string[] keys = [.. await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => PutAsync(1000)))];
        foreach (string key in keys)
        {
            // Each in a process of its own, so to say: none knows what the others have put there.
            await using CachedObjectStore store = Open(maxBytes: 4500);
            (await store.HoldFileAsync(key, Token)).Dispose();
            foreach (string file in Files()) File.SetLastAccessTimeUtc(file, File.GetLastAccessTimeUtc(file).AddHours(-1));
        }

        Assert.Equal(4, Files().Length);
        await using CachedObjectStore offline = Open(call => call.Operation == "open" ? Fault.Before : Fault.None);
        (await offline.HoldFileAsync(keys[^1], Token)).Dispose();
        await Assert.ThrowsAsync<StorageException>(() => offline.HoldFileAsync(keys[0], Token));
    }

    [Fact]
    public async Task A_copy_in_use_outlives_its_eviction()
    {
        string key = await PutAsync(1000);
        await using CachedObjectStore reader = Open(), other = Open(maxBytes: 1);
        using HeldFile held = await reader.HoldFileAsync(key, Token);
        await using (CachedObjectStore third = Open(maxBytes: 1)) (await third.HoldFileAsync(await PutAsync(500), Token)).Dispose();

        Assert.Equal(1000, (await File.ReadAllBytesAsync(held.Path, Token)).Length);
    }

    [Fact]
    public async Task What_a_killed_process_left_is_swept_and_what_a_living_one_holds_is_not()
    {
        string key = await PutAsync(1000);
        await using CachedObjectStore living = Open();
        using HeldFile held = await living.HoldFileAsync(key, Token);
        string dead = Path.Combine(_cache.Path, "users", "0123456789abcdef0123456789abcdef");
        Directory.CreateDirectory(dead);
        await File.WriteAllTextAsync(Path.Combine(dead, ".own-half"), "half a copy", Token);
        await File.WriteAllTextAsync(dead + ".lock", "", Token);

        await using CachedObjectStore next = Open();

        Assert.False(Directory.Exists(dead));
        Assert.True(File.Exists(held.Path));
    }

    [Fact]
    public async Task A_file_that_was_put_is_its_own_copy()
    {
        await using CachedObjectStore store = Open();
        string key = $"data/{Guid.NewGuid()}.parquet", staged = Path.Combine(store.StagingFolder, "staged");
        await File.WriteAllTextAsync(staged, "written here", Token);
        await store.PutFileAsync(key, staged, Token);
        File.Delete(staged);
        await store.DisposeAsync();

        await using CachedObjectStore offline = Open(call => call.Operation == "open" ? Fault.Before : Fault.None);
        using HeldFile held = await offline.HoldFileAsync(key, Token);
        Assert.Equal("written here", await File.ReadAllTextAsync(held.Path, Token));
    }

    [Fact]
    public async Task A_folder_that_cannot_be_used_is_told_with_what_to_do()
    {
        await File.WriteAllTextAsync(_cache.File("file"), "", Token);

        StorageException failure = Assert.Throws<StorageException>(() => new CachedObjectStore(new LocalObjectStore(_objects.Path), new DiskCacheOptions { Folder = _cache.File("file") }));

        Assert.Contains("LAKEHOUSE_CACHE", failure.Message, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _objects.Dispose();
        _cache.Dispose();
    }

    private CachedObjectStore Open(Func<StoreCall, Fault>? plan = null, long maxBytes = 1 << 20) =>
        new(new FetchedStore(new LocalObjectStore(_objects.Path), plan), new DiskCacheOptions { Folder = _cache.Path, MaxBytes = maxBytes });

    private async Task<string> PutAsync(int size)
    {
        string key = $"data/part-{Guid.NewGuid()}.parquet";
        using MemoryStream content = new(new byte[size]);
        await new LocalObjectStore(_objects.Path).PutAsync(key, content, Token);
        return key;
    }

    private string[] Files() => Directory.GetFiles(Path.Combine(_cache.Path, "objects"), "*", SearchOption.AllDirectories);

    /// <summary>A store as a bucket is: its objects are fetched by reading them.</summary>
    private sealed class FetchedStore(IObjectStore inner, Func<StoreCall, Fault>? plan) : IObjectStore
    {
        private readonly FlakyObjectStore _store = new(inner, plan);

        public string Name => inner.Name;
        public ValueTask<ObjectInfo?> FindAsync(string key, CancellationToken cancellationToken = default) => _store.FindAsync(key, cancellationToken);
        public Task<Stream> OpenReadAsync(string key, CancellationToken cancellationToken = default) => _store.OpenReadAsync(key, cancellationToken);
        public Task<Stream> OpenReadAsync(string key, long offset, long length, CancellationToken cancellationToken = default) => _store.OpenReadAsync(key, offset, length, cancellationToken);
        public Task<ObjectInfo> PutAsync(string key, Stream content, CancellationToken cancellationToken = default) => _store.PutAsync(key, content, cancellationToken);
        public Task<bool> TryPutIfAbsentAsync(string key, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default) => _store.TryPutIfAbsentAsync(key, content, cancellationToken);
        public IAsyncEnumerable<ObjectInfo> ListAsync(string prefix, string? startAfter = null, CancellationToken cancellationToken = default) => _store.ListAsync(prefix, startAfter, cancellationToken);
        public Task DeleteAsync(string key, CancellationToken cancellationToken = default) => _store.DeleteAsync(key, cancellationToken);

        public bool TryGetLocalPath(string key, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out string? path)
        {
            path = null;
            return false;
        }
    }
}
