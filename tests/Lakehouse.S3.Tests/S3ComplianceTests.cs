using Lakehouse.Storage;
using Lakehouse.Testing;
using Lakehouse.Testing.S3;

[assembly: AssemblyFixture(typeof(RadosGateway))]

namespace Lakehouse.S3.Tests;

/// <summary>A bucket of a real S3 server is a store like any other.</summary>
public sealed class S3ComplianceTests(RadosGateway gateway) : ObjectStoreCompliance, IAsyncLifetime
{
    private S3ObjectStore? _store;

    protected override IObjectStore Store => _store!;

    public async ValueTask InitializeAsync() => _store = new S3ObjectStore((await gateway.CreateBucketAsync()) with { Prefix = "below/a prefix" });

    public async ValueTask DisposeAsync() => await (_store?.DisposeAsync() ?? ValueTask.CompletedTask);
}

/// <summary>So it is with a cache before it.</summary>
public sealed class CachedS3ComplianceTests(RadosGateway gateway) : ObjectStoreCompliance, IAsyncLifetime
{
    private readonly TemporaryFolder _cache = new();
    private CachedObjectStore? _store;

    protected override IObjectStore Store => _store!;

    public async ValueTask InitializeAsync() =>
        _store = new CachedObjectStore(new S3ObjectStore(await gateway.CreateBucketAsync()), new DiskCacheOptions { Folder = _cache.Path });

    public async ValueTask DisposeAsync()
    {
        await (_store?.DisposeAsync() ?? ValueTask.CompletedTask);
        _cache.Dispose();
    }
}
