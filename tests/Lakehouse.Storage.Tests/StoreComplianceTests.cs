using Lakehouse.Testing;

namespace Lakehouse.Storage.Tests;

/// <summary>What stores do besides whose objects are files.</summary>
public abstract class FileStoreCompliance : ObjectStoreCompliance
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_file_written_at_the_local_path_is_an_object()
    {
        Assert.True(Store.TryGetLocalPath("t/data.parquet", out string? path));
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await File.WriteAllTextAsync(path, "written outside", Token);

        await Store.MakeDurableAsync(["t/data.parquet"], Token);

        Assert.Equal("written outside"u8.ToArray(), await Store.ReadAllBytesAsync("t/data.parquet", Token));
        Assert.Equal(["t/data.parquet"], await Store.ListAsync("t/", null, Token).Select(info => info.Key).ToListAsync(Token));
        await Assert.ThrowsAsync<ObjectNotFoundException>(() => Store.MakeDurableAsync(["t/absent"], Token));
    }
}

public sealed class LocalObjectStoreComplianceTests : FileStoreCompliance, IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("lakehouse-storage-");

    protected override IObjectStore Store => new LocalObjectStore(_folder.FullName);

    public void Dispose() => _folder.Delete(recursive: true);
}

/// <summary>Without faults the flaky store is a store like any other.</summary>
public sealed class FlakyObjectStoreComplianceTests : FileStoreCompliance, IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("lakehouse-storage-");

    protected override IObjectStore Store => new FlakyObjectStore(new LocalObjectStore(_folder.FullName));

    public void Dispose() => _folder.Delete(recursive: true);
}

/// <summary>A cache before a store changes nothing of what it does.</summary>
public sealed class CachedObjectStoreComplianceTests : ObjectStoreCompliance, IAsyncDisposable
{
    private readonly TemporaryFolder _objects = new(), _cache = new();
    private readonly CachedObjectStore _store;

    public CachedObjectStoreComplianceTests() => _store = new CachedObjectStore(new LocalObjectStore(_objects.Path), new DiskCacheOptions { Folder = _cache.Path });

    protected override IObjectStore Store => _store;

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        _objects.Dispose();
        _cache.Dispose();
    }
}

public sealed class MemoryObjectStoreComplianceTests : ObjectStoreCompliance
{
    protected override IObjectStore Store { get; } = new MemoryObjectStore();
}
