using Lakehouse.Testing;

namespace Lakehouse.Storage.Tests;

public sealed class LocalObjectStoreComplianceTests : ObjectStoreCompliance, IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("lakehouse-storage-");

    protected override IObjectStore Store => new LocalObjectStore(_folder.FullName);

    public void Dispose() => _folder.Delete(recursive: true);
}

/// <summary>Without faults the flaky store is a store like any other.</summary>
public sealed class FlakyObjectStoreComplianceTests : ObjectStoreCompliance, IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("lakehouse-storage-");

    protected override IObjectStore Store => new FlakyObjectStore(new LocalObjectStore(_folder.FullName));

    public void Dispose() => _folder.Delete(recursive: true);
}
