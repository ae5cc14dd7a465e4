using System.Text;
using Lakehouse.Storage;
using Xunit;

namespace Lakehouse.Testing;

/// <summary>What every <see cref="IObjectStore"/> does. A store's test class inherits all cases.</summary>
public abstract class ObjectStoreCompliance
{
    /// <summary>An empty store; xunit makes a new instance of the class for each test.</summary>
    protected abstract IObjectStore Store { get; }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_was_put_reads_back()
    {
        ObjectInfo info = await PutAsync("a/b/c.txt", "hello");

        Assert.Equal("hello", await ReadAsync("a/b/c.txt"));
        Assert.Equal(("a/b/c.txt", 5L), (info.Key, info.Size));
        Assert.Equal(info, await Store.FindAsync("a/b/c.txt", Token));
    }

    [Fact]
    public async Task A_large_object_streams_in_and_out()
    {
        byte[] content = new byte[3_000_003];
        new Random(1).NextBytes(content);
        using MemoryStream stream = new(content);
        await Store.PutAsync("large", stream, Token);

        await using Stream read = await Store.OpenReadAsync("large", Token);
        using MemoryStream copy = new();
        await read.CopyToAsync(copy, Token);

        Assert.True(content.AsSpan().SequenceEqual(copy.ToArray()));
    }

    [Fact]
    public async Task An_empty_object_is_an_object()
    {
        await PutAsync("empty", "");

        Assert.Equal(0, (await Store.FindAsync("empty", Token))!.Value.Size);
        Assert.Equal("", await ReadAsync("empty"));
    }

    [Fact]
    public async Task Putting_again_replaces()
    {
        await PutAsync("key", "a long first content");
        await PutAsync("key", "second");

        Assert.Equal("second", await ReadAsync("key"));
    }

    [Fact]
    public async Task A_failed_put_leaves_what_stood_there()
    {
        await PutAsync("key", "first");

        await Assert.ThrowsAnyAsync<Exception>(() => Store.PutAsync("key", new FailingStream(), Token));

        Assert.Equal("first", await ReadAsync("key"));
        Assert.Equal(["key"], await ListAsync(""));
    }

    [Theory]
    [InlineData(0, 4, "0123")]
    [InlineData(3, 4, "3456")]
    [InlineData(8, 5, "89")]
    [InlineData(10, 5, "")]
    [InlineData(50, 5, "")]
    [InlineData(2, 0, "")]
    public async Task A_range_gives_the_bytes_there_are(long offset, long length, string expected)
    {
        await PutAsync("digits", "0123456789");

        await using Stream stream = await Store.OpenReadAsync("digits", offset, length, Token);
        using StreamReader reader = new(stream);

        Assert.Equal(expected, await reader.ReadToEndAsync(Token));
    }

    [Fact]
    public async Task An_absent_object_is_found_by_nobody()
    {
        await PutAsync("folder/object", "x");

        foreach (string key in new[] { "absent", "folder", "folder/absent", "folder/object/below" })
        {
            Assert.Null(await Store.FindAsync(key, Token));
            ObjectNotFoundException exception = await Assert.ThrowsAsync<ObjectNotFoundException>(() => Store.OpenReadAsync(key, Token));
            Assert.Equal(key, exception.Key);
            await Assert.ThrowsAsync<ObjectNotFoundException>(() => Store.OpenReadAsync(key, 0, 1, Token));
            Assert.Null(await Store.TryReadAllBytesAsync(key, Token));
        }
    }

    [Fact]
    public async Task Put_if_absent_creates_once()
    {
        Assert.True(await CreateAsync("log/0.json", "first"));
        Assert.False(await CreateAsync("log/0.json", "second"));

        Assert.Equal("first", await ReadAsync("log/0.json"));
        Assert.Equal(["log/0.json"], await ListAsync(""));
    }

    [Fact]
    public async Task Put_if_absent_does_not_replace_what_was_put()
    {
        await PutAsync("key", "put");

        Assert.False(await CreateAsync("key", "created"));
        Assert.Equal("put", await ReadAsync("key"));
    }

    [Fact]
    public async Task Put_if_absent_creates_again_after_a_delete()
    {
        await CreateAsync("key", "first");
        await Store.DeleteAsync("key", Token);

        Assert.True(await CreateAsync("key", "second"));
        Assert.Equal("second", await ReadAsync("key"));
    }

    [Fact]
    public async Task Of_sixteen_racing_creators_exactly_one_wins()
    {
        for (int round = 0; round < 25; round++)
        {
            string key = $"race/{round}";
            using Barrier start = new(16);
            Task<bool>[] racers = [.. Enumerable.Range(0, 16).Select(racer => Task.Factory.StartNew(
                () =>
                {
                    start.SignalAndWait();
                    return CreateAsync(key, $"racer {racer}");
                },
                CancellationToken.None,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default).Unwrap())];
            bool[] won = await Task.WhenAll(racers);

            Assert.Equal(1, won.Count(winner => winner));
            Assert.Equal($"racer {Array.IndexOf(won, true)}", await ReadAsync(key));
        }
    }

    [Fact]
    public async Task Readers_never_see_a_torn_object_while_it_is_replaced()
    {
        string[] contents = [new('a', 50_000), new('b', 70_000)];
        await PutAsync("key", contents[0]);
        Task writer = Task.Run(
            async () =>
            {
                for (int i = 0; i < 30; i++) await PutAsync("key", contents[i % 2]);
            },
            Token);

        while (!writer.IsCompleted) Assert.Contains(await ReadAsync("key"), contents);
        await writer;
    }

    [Fact]
    public async Task A_list_has_all_keys_of_the_prefix_in_ordinal_order()
    {
        string[] keys = ["a.b", "a/x", "a/y/z", "a0", "ab/c", "b", "a/Y", "a/x.json", "a/x/deep", "é"];
        foreach (string key in keys.Where(key => key != "a/x")) await PutAsync(key, key);

        Assert.Equal(keys.Where(key => key != "a/x").Order(StringComparer.Ordinal), await ListAsync(""));
        Assert.Equal(["a/Y", "a/x.json", "a/x/deep", "a/y/z"], await ListAsync("a/"));
        Assert.Equal(["a/x.json", "a/x/deep"], await ListAsync("a/x"));
        Assert.Equal(["a.b", "a/Y", "a/x.json", "a/x/deep", "a/y/z", "a0", "ab/c"], await ListAsync("a"));
        Assert.Empty(await ListAsync("nothing/"));
        Assert.Empty(await ListAsync("a/x.jsonl"));
    }

    [Fact]
    public async Task A_list_starts_after_a_key_that_need_not_exist()
    {
        string[] keys = ["t/00", "t/01", "t/02/a", "t/02/b", "t/03"];
        foreach (string key in keys) await PutAsync(key, key);

        foreach (string after in new[] { "s", "t", "t/00", "t/005", "t/02", "t/02/a", "t/02/aa", "t/02z", "t/03", "u" })
            Assert.Equal(keys.Where(key => string.CompareOrdinal(key, after) > 0), await ListAsync("t/", after));
    }

    [Fact]
    public async Task A_list_tells_size_and_time_as_find_does()
    {
        await PutAsync("a", "12345");
        ObjectInfo? found = await Store.FindAsync("a", Token);

        await foreach (ObjectInfo info in Store.ListAsync("", null, Token)) Assert.Equal(found, info);
        Assert.InRange(found!.Value.LastModified, DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow.AddMinutes(5));
    }

    [Fact]
    public async Task Deleting_twice_is_no_error()
    {
        await PutAsync("a/b", "x");

        await Store.DeleteAsync("a/b", Token);
        await Store.DeleteAsync("a/b", Token);
        await Store.DeleteAsync("never/there", Token);

        Assert.Null(await Store.FindAsync("a/b", Token));
        Assert.Empty(await ListAsync(""));
    }

    [Theory]
    [InlineData("")]
    [InlineData("/etc/passwd")]
    [InlineData("..")]
    [InlineData("../outside")]
    [InlineData("a/../../outside")]
    [InlineData("a/./b")]
    [InlineData("a//b")]
    [InlineData("a/")]
    [InlineData("a\\b")]
    [InlineData("a\0b")]
    [InlineData(ObjectKey.TemporaryPrefix + "x")]
    public async Task A_key_that_is_none_is_refused_by_every_operation(string key)
    {
        await Assert.ThrowsAsync<InvalidKeyException>(async () => await Store.FindAsync(key, Token));
        await Assert.ThrowsAsync<InvalidKeyException>(() => Store.OpenReadAsync(key, Token));
        await Assert.ThrowsAsync<InvalidKeyException>(() => Store.OpenReadAsync(key, 0, 1, Token));
        await Assert.ThrowsAsync<InvalidKeyException>(() => PutAsync(key, "x"));
        await Assert.ThrowsAsync<InvalidKeyException>(() => CreateAsync(key, "x"));
        await Assert.ThrowsAsync<InvalidKeyException>(() => Store.DeleteAsync(key, Token));
    }

    [Fact]
    public async Task A_prefix_that_climbs_out_is_refused()
    {
        await Assert.ThrowsAsync<InvalidKeyException>(() => ListAsync("../"));
        await Assert.ThrowsAsync<InvalidKeyException>(() => ListAsync("a/../../b"));
        await Assert.ThrowsAsync<InvalidKeyException>(() => ListAsync("/a"));
    }

    [Fact]
    public async Task Names_with_spaces_signs_and_other_scripts_are_keys()
    {
        string[] keys = ["a b/c=d/e%20f", "letter=%2F%2520%25f/x", "名前/😈.parquet", "a:b"];
        if (OperatingSystem.IsWindows()) keys = keys[..^1];
        foreach (string key in keys) await PutAsync(key, key);

        foreach (string key in keys) Assert.Equal(key, await ReadAsync(key));
        Assert.Equal(keys.Order(StringComparer.Ordinal), await ListAsync(""));
    }

    [Fact]
    public async Task An_object_is_held_as_a_file_with_its_content_of_now()
    {
        await PutAsync("held/changing", "first");
        await PutAsync("held/6f1c0a52-3a55-4a6e-9d0b-8a1d5e1f0c11.parquet", "written once");
        using (HeldFile first = await Store.HoldFileAsync("held/changing", Token)) Assert.Equal("first", await File.ReadAllTextAsync(first.Path, Token));
        await PutAsync("held/changing", "second, and longer");

        using HeldFile second = await Store.HoldFileAsync("held/changing", Token), once = await Store.HoldFileAsync("held/6f1c0a52-3a55-4a6e-9d0b-8a1d5e1f0c11.parquet", Token);

        Assert.Equal("second, and longer", await File.ReadAllTextAsync(second.Path, Token));
        Assert.Equal("written once", await File.ReadAllTextAsync(once.Path, Token));
    }

    [Fact]
    public async Task A_file_is_put_and_read_back()
    {
        string file = Path.Combine(Store.StagingFolder ?? Path.GetTempPath(), $"lakehouse-put-{Guid.NewGuid():N}");
        await File.WriteAllTextAsync(file, "from a file", Token);

        await Store.PutFileAsync("data/0b7d9c60-5a7c-4e0e-8f1e-2c4f7f6f2f10.parquet", file, Token);
        File.Delete(file);

        Assert.Equal("from a file", await ReadAsync("data/0b7d9c60-5a7c-4e0e-8f1e-2c4f7f6f2f10.parquet"));
        Assert.Equal(["data/0b7d9c60-5a7c-4e0e-8f1e-2c4f7f6f2f10.parquet"], await ListAsync(""));
    }

    [Fact]
    public async Task Folders_are_listed_without_what_is_in_them()
    {
        foreach (string key in new[] { "top", "a/x", "a/y/z", "a.b/c", "b/c/d/e", "名前/x" }) await PutAsync(key, key);

        Assert.Equal(new[] { "a", "a.b", "b", "名前" }.Order(StringComparer.Ordinal), (await Store.ListFoldersAsync("", Token).ToListAsync(Token)).Order(StringComparer.Ordinal));
        Assert.Equal(["y"], await Store.ListFoldersAsync("a/", Token).ToListAsync(Token));
        Assert.Empty(await Store.ListFoldersAsync("nothing/", Token).ToListAsync(Token));
    }

    [Fact]
    public async Task Many_objects_are_deleted_at_once()
    {
        string[] keys = [.. Enumerable.Range(0, 30).Select(i => $"many/{i:00}")];
        foreach (string key in keys) await PutAsync(key, key);

        await Store.DeleteAsync([.. keys[..29], "many/absent"], Token);

        Assert.Equal(["many/29"], await ListAsync("many/"));
    }

    private async Task<ObjectInfo> PutAsync(string key, string content)
    {
        using MemoryStream stream = new(Encoding.UTF8.GetBytes(content));
        return await Store.PutAsync(key, stream, Token);
    }

    private Task<bool> CreateAsync(string key, string content) => Store.TryPutIfAbsentAsync(key, Encoding.UTF8.GetBytes(content), Token);

    private async Task<string> ReadAsync(string key) => Encoding.UTF8.GetString(await Store.ReadAllBytesAsync(key, Token));

    private async Task<List<string>> ListAsync(string prefix, string? startAfter = null)
    {
        List<string> keys = [];
        await foreach (ObjectInfo info in Store.ListAsync(prefix, startAfter, Token)) keys.Add(info.Key);
        return keys;
    }

    /// <summary>Gives some bytes and then fails, as a lost connection does.</summary>
    private sealed class FailingStream : MemoryStream
    {
        private int _reads;

        public override bool CanSeek => false;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_reads++ > 0) throw new IOException("the source broke");
            buffer.Span[..10].Fill(1);
            return ValueTask.FromResult(10);
        }

        public override Task CopyToAsync(Stream destination, int bufferSize, CancellationToken cancellationToken) => CopySlowlyAsync(destination, cancellationToken);

        private async Task CopySlowlyAsync(Stream destination, CancellationToken cancellationToken)
        {
            byte[] buffer = new byte[10];
            for (; ; )
            {
                int read = await ReadAsync(buffer, cancellationToken);
                await destination.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            }
        }
    }
}
