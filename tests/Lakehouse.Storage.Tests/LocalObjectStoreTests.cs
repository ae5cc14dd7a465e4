using System.Text;

namespace Lakehouse.Storage.Tests;

public sealed class LocalObjectStoreTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("lakehouse-storage-");

    private LocalObjectStore Store => new(_folder.FullName);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Unfinished_files_are_not_listed()
    {
        await Store.TryPutIfAbsentAsync("t/a", "x"u8.ToArray(), Token);
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "t", ObjectKey.TemporaryPrefix + "left-over"), "half", Token);

        Assert.Equal(["t/a"], await Store.ListAsync("", null, Token).Select(info => info.Key).ToListAsync(Token));
    }

    [Fact]
    public async Task Unfinished_files_of_writers_that_died_can_be_deleted_and_those_of_writers_at_work_stay()
    {
        await Store.TryPutIfAbsentAsync("t/a", "x"u8.ToArray(), Token);
        foreach (string name in new[] { "t/old", "t/deep/old", "t/young", "other/old" })
        {
            string path = Path.Combine(_folder.FullName, Path.GetDirectoryName(name)!, ObjectKey.TemporaryPrefix + Path.GetFileName(name));
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await File.WriteAllTextAsync(path, "half", Token);
            if (path.EndsWith("old", StringComparison.Ordinal)) File.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddDays(-2));
        }

        int deleted = await Store.DeleteUnfinishedAsync("t/", DateTimeOffset.UtcNow.AddDays(-1), Token);

        Assert.Equal(2, deleted);
        Assert.Equal(["other/old", "t/young"], Directory.GetFiles(_folder.FullName, ObjectKey.TemporaryPrefix + "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 })
            .Select(path => Path.GetRelativePath(_folder.FullName, path).Replace(ObjectKey.TemporaryPrefix, "")).Order());
        Assert.NotNull(await Store.FindAsync("t/a", Token));
    }

    [Fact]
    public async Task Nothing_is_left_beside_what_was_written_or_refused()
    {
        await Store.TryPutIfAbsentAsync("t/a", "x"u8.ToArray(), Token);
        await Store.TryPutIfAbsentAsync("t/a", "y"u8.ToArray(), Token);
        using MemoryStream content = new("z"u8.ToArray());
        await Store.PutAsync("t/b", content, Token);

        Assert.Equal(["a", "b"], Directory.GetFiles(Path.Combine(_folder.FullName, "t")).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task A_failure_names_the_key_and_the_store()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "file"), "in the way of a folder", Token);

        StorageException exception = await Assert.ThrowsAnyAsync<StorageException>(() => Store.TryPutIfAbsentAsync("file/below", Encoding.UTF8.GetBytes("x"), Token));

        Assert.Equal("file/below", exception.Key);
        Assert.Contains(_folder.FullName, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_store_over_a_folder_that_does_not_exist_is_empty_and_makes_it()
    {
        LocalObjectStore store = new(Path.Combine(_folder.FullName, "not", "yet"));

        Assert.Empty(await store.ListAsync("", null, Token).ToListAsync(Token));
        Assert.Null(await store.FindAsync("a", Token));
        Assert.True(await store.TryPutIfAbsentAsync("a", "x"u8.ToArray(), Token));
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
