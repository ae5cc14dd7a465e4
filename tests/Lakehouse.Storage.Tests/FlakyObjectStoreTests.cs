using Lakehouse.Testing;

namespace Lakehouse.Storage.Tests;

public sealed class FlakyObjectStoreTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("lakehouse-storage-");

    private LocalObjectStore Inner => new(_folder.FullName);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(Fault.Before, false, typeof(StorageException))]
    [InlineData(Fault.BeforeUnknown, false, typeof(UnknownOutcomeException))]
    [InlineData(Fault.AfterUnknown, true, typeof(UnknownOutcomeException))]
    public async Task A_write_fails_as_planned(Fault fault, bool happens, Type exception)
    {
        FlakyObjectStore store = new(Inner, call => call.Operation == "create" ? fault : Fault.None);

        await Assert.ThrowsAsync(exception, () => store.TryPutIfAbsentAsync("a", new byte[1], Token));

        Assert.Equal(happens, await Inner.FindAsync("a", Token) is not null);
    }

    [Fact]
    public async Task Reads_fail_as_planned()
    {
        await Inner.TryPutIfAbsentAsync("a", new byte[1], Token);
        FlakyObjectStore store = new(Inner, _ => Fault.AfterUnknown);

        await Assert.ThrowsAsync<StorageException>(() => store.OpenReadAsync("a", Token));
        await Assert.ThrowsAsync<StorageException>(async () => await store.FindAsync("a", Token));
        await Assert.ThrowsAsync<StorageException>(async () =>
        {
            await foreach (ObjectInfo _ in store.ListAsync("", null, Token))
            {
            }
        });
    }

    [Fact]
    public void The_same_seed_gives_the_same_faults()
    {
        Func<StoreCall, Fault> left = FlakyObjectStore.Randomly(7, 0.3), right = FlakyObjectStore.Randomly(7, 0.3);
        StoreCall call = new(1, "put", "a");

        Fault[] faults = [.. Enumerable.Range(0, 1000).Select(_ => left(call))];

        Assert.Equal(faults, Enumerable.Range(0, 1000).Select(_ => right(call)));
        Assert.InRange(faults.Count(fault => fault != Fault.None), 200, 400);
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
