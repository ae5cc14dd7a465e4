namespace Lakehouse.AppHost.Tests;

/// <summary>One healthy platform for the tests that leave it as they found it.</summary>
public sealed class SharedPlatform : IAsyncLifetime
{
    internal Platform Platform { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Platform = await Platform.StartAsync();
        await Platform.UntilHealthyAsync();
    }

    public ValueTask DisposeAsync() => Platform.DisposeAsync();
}

/// <summary>The tests that share a platform come one after the other.</summary>
[CollectionDefinition(Name)]
public sealed class OnSharedPlatform : ICollectionFixture<SharedPlatform>
{
    public const string Name = "on a shared platform";
}
