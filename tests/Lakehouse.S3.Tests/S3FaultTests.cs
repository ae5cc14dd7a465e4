using System.Text;
using Amazon.Runtime;
using Amazon.S3;
using Lakehouse.Storage;
using Lakehouse.Testing.S3;

namespace Lakehouse.S3.Tests;

/// <summary>A store over a way that throttles, breaks, stands still and loses answers, to a server that is real.</summary>
public sealed class S3FaultTests(RadosGateway gateway) : IAsyncDisposable
{
    private readonly List<IAsyncDisposable> _open = [];
    private S3Options? _bucket;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Throttled_requests_are_tried_again()
    {
        HashSet<string> seen = [];
        S3ObjectStore store = await StoreAsync(request => First(seen, $"{request.Method} {request.Target}") ? HttpFault.SlowDown : HttpFault.None);

        Assert.True(await store.TryPutIfAbsentAsync("log/0", "created"u8.ToArray(), Token));
        await PutAsync(store, "data", "put");
        Assert.Equal("put", await ReadAsync(store, "data"));
        Assert.Equal(3, (await store.FindAsync("data", Token))!.Value.Size);
        Assert.Equal(["data", "log/0"], await store.ListAsync("", null, Token).Select(info => info.Key).Where(key => !key.StartsWith('_')).ToListAsync(Token));
        await store.DeleteAsync(["data", "log/0"], Token);
        Assert.Null(await store.FindAsync("data", Token));
    }

    [Fact]
    public async Task Throttling_that_does_not_end_is_told_and_nothing_is_written()
    {
        S3ObjectStore store = await StoreAsync(request => request.Method == "PUT" && request.Target.Contains("/never", StringComparison.Ordinal) ? HttpFault.SlowDown : HttpFault.None);

        StorageException failure = await Assert.ThrowsAsync<StorageException>(() => store.TryPutIfAbsentAsync("never", "x"u8.ToArray(), Token));

        Assert.Contains("SlowDown", failure.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<StorageException>(() => PutAsync(store, "never", "x"));
        Assert.Null(await store.FindAsync("never", Token));
    }

    [Theory]
    [InlineData(HttpFault.LostAnswer)]
    [InlineData(HttpFault.FalseFailure)]
    [InlineData(HttpFault.ResetBefore)]
    public async Task A_put_if_absent_whose_answer_was_lost_knows_its_own_object(HttpFault fault)
    {
        HashSet<string> seen = [];
        S3ObjectStore store = await StoreAsync(request => request.IsConditional && First(seen, request.Target) ? fault : HttpFault.None);

        Assert.True(await store.TryPutIfAbsentAsync("log/0", "first"u8.ToArray(), Token));
        Assert.False(await store.TryPutIfAbsentAsync("log/0", "first"u8.ToArray(), Token));
    }

    [Theory]
    [InlineData(HttpFault.LostAnswer)]
    [InlineData(HttpFault.ResetBefore)]
    public async Task Of_sixteen_racers_with_lost_answers_one_wins(HttpFault fault)
    {
        int conditional = 0;
        S3ObjectStore store = await StoreAsync(request => request.IsConditional && Interlocked.Increment(ref conditional) % 2 == 0 ? fault : HttpFault.None);
        await store.ProvePutIfAbsentAsync(Token);

        for (int round = 0; round < 5; round++)
        {
            // All the same content: the bytes alone would not tell whose object it is.
            bool[] won = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => store.TryPutIfAbsentAsync($"race/{round}", "the same"u8.ToArray(), Token)));
            Assert.Equal(1, won.Count(winner => winner));
        }
    }

    [Fact]
    public async Task A_put_if_absent_that_nobody_can_tell_of_is_unknown()
    {
        bool broken = false;
        S3ObjectStore store = await StoreAsync(request => !broken ? HttpFault.None : request.Method == "PUT" ? HttpFault.LostAnswer : HttpFault.ResetBefore);
        await store.ProvePutIfAbsentAsync(Token);
        broken = true;

        await Assert.ThrowsAsync<UnknownOutcomeException>(() => store.TryPutIfAbsentAsync("log/0", "x"u8.ToArray(), Token));

        broken = false;
        Assert.Equal("x", await ReadAsync(store, "log/0"));
    }

    [Theory]
    [InlineData(HttpFault.ResetInBody)]
    [InlineData(HttpFault.StalledBody)]
    public async Task A_body_that_breaks_is_continued_where_it_broke(HttpFault fault)
    {
        byte[] content = Bytes(3_000_000);
        S3ObjectStore plain = await StoreAsync(_ => HttpFault.None);
        await plain.PutAsync("large", new MemoryStream(content), Token);
        int reads = 0;
        S3ObjectStore store = await StoreAsync(request => request.Method == "GET" && Interlocked.Increment(ref reads) <= 3 ? fault : HttpFault.None);

        Assert.True((await store.ReadAllBytesAsync("large", Token)).AsSpan().SequenceEqual(content));
        Assert.Equal(4, reads);
        reads = 0;
        await using Stream range = await store.OpenReadAsync("large", 1000, 2_000_000, Token);
        using MemoryStream copy = new();
        await range.CopyToAsync(copy, Token);
        Assert.True(content.AsSpan(1000, 2_000_000).SequenceEqual(copy.ToArray()));
    }

    [Fact]
    public async Task An_object_that_is_replaced_while_it_is_read_again_is_not_spliced()
    {
        S3ObjectStore plain = await StoreAsync(_ => HttpFault.None);
        await plain.PutAsync("changing", new MemoryStream(Bytes(2_000_000)), Token);
        bool broke = false;
        S3ObjectStore store = await StoreAsync(request =>
        {
            if (request.Method != "GET" || broke) return HttpFault.None;
            broke = true;
            return HttpFault.ResetInBody;
        });
        await using Stream stream = await store.OpenReadAsync("changing", Token);
        await plain.PutAsync("changing", new MemoryStream(Bytes(2_000_001)), Token);

        StorageException failure = await Assert.ThrowsAsync<StorageException>(() => stream.CopyToAsync(Stream.Null, Token));

        Assert.Contains("replaced", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_object_that_is_deleted_while_it_is_read_again_is_told()
    {
        S3ObjectStore plain = await StoreAsync(_ => HttpFault.None);
        await plain.PutAsync("going", new MemoryStream(Bytes(2_000_000)), Token);
        bool broke = false;
        S3ObjectStore store = await StoreAsync(request =>
        {
            if (request.Method != "GET" || broke) return HttpFault.None;
            broke = true;
            return HttpFault.ResetInBody;
        });
        await using Stream stream = await store.OpenReadAsync("going", Token);
        await plain.DeleteAsync("going", Token);

        StorageException failure = await Assert.ThrowsAsync<StorageException>(() => stream.CopyToAsync(Stream.Null, Token));

        Assert.Contains("deleted", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_absent_object_is_an_answer_and_an_absent_bucket_a_failure()
    {
        S3Options bucket = await gateway.CreateBucketAsync();
        await using S3ObjectStore store = new(bucket);
        await using S3ObjectStore nowhere = new(bucket with { Bucket = "there-is-none-of-this-name" });

        Assert.Null(await store.TryReadAsync("absent", Token));
        Assert.Null(await store.FindAsync("absent", Token));
        await Assert.ThrowsAsync<ObjectNotFoundException>(() => store.OpenReadAsync("absent", Token));
        StorageException failure = await Assert.ThrowsAsync<StorageException>(() => nowhere.TryReadAsync("absent", Token));

        Assert.Contains("no such bucket", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(HttpFault.None)]
    [InlineData(HttpFault.SlowDown)]
    [InlineData(HttpFault.LostAnswer)]
    [InlineData(HttpFault.FalseFailure)]
    public async Task An_upload_in_parts_gives_the_whole_object(HttpFault fault)
    {
        HashSet<string> seen = [];
        S3ObjectStore store = await StoreAsync(request => request.Method is "PUT" or "POST" && request.Target.Contains('?', StringComparison.Ordinal) && First(seen, $"{request.Method} {request.Target}") ? fault : HttpFault.None);
        byte[] content = Bytes(13_000_001);

        Assert.Equal(content.Length, (await store.PutAsync("parts", new Unseekable(content), Token)).Size);

        Assert.True((await store.ReadAllBytesAsync("parts", Token)).AsSpan().SequenceEqual(content));
        string file = Path.Combine(Path.GetTempPath(), $"lakehouse-parts-{Guid.NewGuid():N}");
        try
        {
            Assert.Equal(content.Length, await store.DownloadAsync("parts", file, Token));
            Assert.True((await File.ReadAllBytesAsync(file, Token)).AsSpan().SequenceEqual(content));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task An_upload_that_fails_is_aborted()
    {
        S3ObjectStore store = await StoreAsync(request => request.Method == "PUT" && request.Target.Contains("partNumber=2", StringComparison.Ordinal) ? HttpFault.SlowDown : HttpFault.None);

        await Assert.ThrowsAsync<StorageException>(() => store.PutAsync("parts", new Unseekable(Bytes(13_000_001)), Token));

        Assert.Null(await store.FindAsync("parts", Token));
        using AmazonS3Client client = new(
            new BasicAWSCredentials(RadosGateway.AccessKey, RadosGateway.SecretKey),
            new AmazonS3Config { ServiceURL = _bucket!.Endpoint!.AbsoluteUri, ForcePathStyle = true, AuthenticationRegion = "us-east-1" });
        Assert.Empty((await client.ListMultipartUploadsAsync(_bucket.Bucket, Token)).MultipartUploads ?? []);
    }

    [Theory]
    [InlineData(HttpFault.FalseSuccess, "16 were accepted")]
    [InlineData(HttpFault.NotImplemented, "501")]
    public async Task A_bucket_without_put_if_absent_is_not_written_by_several(HttpFault fault, string reason)
    {
        S3ObjectStore store = await StoreAsync(request => request.IsConditional ? fault : HttpFault.None);

        ConditionalPutException refusal = await Assert.ThrowsAsync<ConditionalPutException>(() => store.TryPutIfAbsentAsync("log/0", "x"u8.ToArray(), Token));

        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
        Assert.Contains("Writers=One", refusal.Message, StringComparison.Ordinal);
        Assert.Null(await store.FindAsync("log/0", Token));
    }

    [Fact]
    public async Task One_writer_may_write_a_bucket_without_put_if_absent_and_a_second_is_refused()
    {
        static HttpFault Plan(ProxiedRequest request) => request.IsConditional ? HttpFault.FalseSuccess : HttpFault.None;
        S3ObjectStore one = await StoreAsync(Plan, options => options with { SingleWriter = true }), two = await StoreAsync(Plan, options => options with { SingleWriter = true });

        Assert.True(await one.TryPutIfAbsentAsync("log/0", "one"u8.ToArray(), Token));
        Assert.False(await one.TryPutIfAbsentAsync("log/0", "again"u8.ToArray(), Token));
        ConditionalPutException refusal = await Assert.ThrowsAsync<ConditionalPutException>(() => two.TryPutIfAbsentAsync("log/1", "two"u8.ToArray(), Token));
        Assert.Contains("Another process writes here", refusal.Message, StringComparison.Ordinal);

        await one.DisposeAsync();
        Assert.True(await two.TryPutIfAbsentAsync("log/1", "two"u8.ToArray(), Token));
        Assert.Equal("one", await ReadAsync(two, "log/0"));
    }

    [Fact]
    public async Task A_wrong_key_is_told_without_it()
    {
        S3Options bucket = await gateway.CreateBucketAsync();
        await using S3ObjectStore store = new(bucket with { SecretKey = "not-the-secret" });

        StorageException failure = await Assert.ThrowsAsync<StorageException>(() => store.ListAsync("", null, Token).ToListAsync(Token).AsTask());

        Assert.Contains("Not allowed", failure.Message, StringComparison.Ordinal);
        for (Exception? part = failure; part is not null; part = part.InnerException) Assert.DoesNotContain("not-the-secret", part.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Random_faults_change_nothing_of_what_is_read_back()
    {
        const int Seed = 20261121;
        S3ObjectStore store = await StoreAsync(FaultProxy.Randomly(Seed, 0.15), options => options with { MaxAttempts = 30 });
        await Parallel.ForEachAsync(Enumerable.Range(0, 60), new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = Token }, async (i, token) =>
        {
            Assert.True(await store.TryPutIfAbsentAsync($"log/{i:00}", Encoding.UTF8.GetBytes($"commit {i}"), token), $"seed {Seed}, commit {i}");
            await PutAsync(store, $"data/{i:00}", new string((char)('a' + i % 26), i * 1000));
            Assert.Equal($"commit {i}", await ReadAsync(store, $"log/{i:00}"));
            Assert.Equal(new string((char)('a' + i % 26), i * 1000), await ReadAsync(store, $"data/{i:00}"));
        });
        Assert.Equal(60, await store.ListAsync("log/", null, Token).CountAsync(Token));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (IAsyncDisposable open in Enumerable.Reverse(_open)) await open.DisposeAsync();
    }

    private async Task<S3ObjectStore> StoreAsync(Func<ProxiedRequest, HttpFault> plan, Func<S3Options, S3Options>? configure = null)
    {
        _bucket ??= await gateway.CreateBucketAsync();
        FaultProxy proxy = new(_bucket.Endpoint!, plan);
        S3Options options = _bucket with
        {
            Endpoint = proxy.Endpoint,
            PartBytes = 5 << 20,
            MaxAttempts = 6,
            RetryDelay = TimeSpan.FromMilliseconds(2),
            MaxRetryDelay = TimeSpan.FromMilliseconds(50),
            ReadTimeout = TimeSpan.FromSeconds(1),
            RequestTimeout = TimeSpan.FromSeconds(5),
            WriterRenewal = TimeSpan.FromMilliseconds(400),
        };
        S3ObjectStore store = new(configure?.Invoke(options) ?? options);
        _open.AddRange([proxy, store]);
        return store;
    }

    private static bool First(HashSet<string> seen, string what)
    {
        lock (seen) return seen.Add(what);
    }

    private static async Task PutAsync(S3ObjectStore store, string key, string content)
    {
        using MemoryStream stream = new(Encoding.UTF8.GetBytes(content));
        await store.PutAsync(key, stream, Token);
    }

    private static async Task<string> ReadAsync(S3ObjectStore store, string key) => Encoding.UTF8.GetString(await store.ReadAllBytesAsync(key, Token));

    private static byte[] Bytes(int count)
    {
        byte[] bytes = new byte[count];
        new Random(count).NextBytes(bytes);
        return bytes;
    }

    private sealed class Unseekable(byte[] content) : MemoryStream(content)
    {
        public override bool CanSeek => false;
    }
}
