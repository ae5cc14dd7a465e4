using System.Globalization;
using System.Runtime.CompilerServices;
using Amazon.S3.Model;
using Lakehouse.Storage.S3;
using Microsoft.Win32.SafeHandles;

namespace Lakehouse.Storage;

/// <summary>
/// A bucket, or what is below a prefix of one, as an object store: Amazon S3 and everything that speaks its protocol. Put-if-absent
/// is <c>If-None-Match: *</c>, and is proven by a race on the bucket before this process first relies on it
/// (<see cref="ConditionalPutException"/>).
/// </summary>
/// <remarks>
/// Throttling, lost connections and bodies that stand still are tried again. Keys are listed in the order of their UTF-8 bytes,
/// which is ordinal order but for characters beyond U+FFFF. Times have the second that HTTP gives them.
/// </remarks>
public sealed class S3ObjectStore : IObjectStore, IAsyncDisposable
{
    private const int DeletesAtOnce = 1000;

    private readonly S3Options _options;
    private readonly S3Requests _requests;
    private readonly ConditionalPut _conditionalPut;
    private bool _isDisposed;

    /// <summary>A store over a bucket, which must exist. Nothing is asked of it yet.</summary>
    /// <exception cref="ArgumentException">The options name no bucket, or a prefix that is no key.</exception>
    public S3ObjectStore(S3Options options)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentException.ThrowIfNullOrEmpty(options.Bucket);
        if (options.Prefix.Length > 0) ObjectKey.Validate(options.ToString(), options.Prefix);
        _options = options;
        _requests = new S3Requests(options);
        _conditionalPut = new ConditionalPut(_requests, options, ObjectKeyOf);
    }

    /// <inheritdoc/>
    public string Name => _options.ToString();

    /// <inheritdoc/>
    public async ValueTask<ObjectInfo?> FindAsync(string key, CancellationToken cancellationToken = default)
    {
        ObjectKey.Validate(Name, key);
        return await _requests.FindAsync(key, ObjectKeyOf(key), cancellationToken).ConfigureAwait(false) is { } found
            ? new ObjectInfo(key, found.ContentLength, Seconds(found.LastModified)) { Tag = Unquoted(found.ETag) }
            : null;
    }

    /// <inheritdoc/>
    public Task<Stream> OpenReadAsync(string key, CancellationToken cancellationToken = default)
    {
        ObjectKey.Validate(Name, key);
        return OpenAsync(key, null, 0, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<Stream> OpenReadAsync(string key, long offset, long length, CancellationToken cancellationToken = default)
    {
        ObjectKey.Validate(Name, key);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        if (length == 0)
        {
            // HTTP has no empty range.
            return await FindAsync(key, cancellationToken).ConfigureAwait(false) is null ? throw new ObjectNotFoundException(Name, key) : Stream.Null;
        }

        return await OpenAsync(key, offset, length > long.MaxValue - offset ? long.MaxValue : offset + length - 1, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<ObjectContent?> TryReadAsync(string key, CancellationToken cancellationToken = default)
    {
        ObjectKey.Validate(Name, key);
        if (await GetAsync(key, null, 0, cancellationToken).ConfigureAwait(false) is not { } response) return null;
        ObjectInfo info = new(key, response.ContentLength, Seconds(response.LastModified)) { Tag = Unquoted(response.ETag) };
        await using ResumingReadStream body = new(response, 0, (position, token) => GetAsync(key, position, long.MaxValue, token), _requests, _options, key);
        byte[] content = new byte[checked((int)info.Size)];
        int read = await body.ReadAtLeastAsync(content, content.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        return new ObjectContent(info, read == content.Length ? content : content[..read]);
    }

    /// <inheritdoc/>
    public async Task<ObjectInfo> PutAsync(string key, Stream content, CancellationToken cancellationToken = default)
    {
        ObjectKey.Validate(Name, key);
        ArgumentNullException.ThrowIfNull(content);
        (long size, string? tag) = await SendAsync(key, content, cancellationToken).ConfigureAwait(false);
        try
        {
            if (await FindAsync(key, CancellationToken.None).ConfigureAwait(false) is { } found) return found;
        }
        catch (StorageException)
        {
            // The object stands; what is not known is its time by the store's clock.
        }

        return new ObjectInfo(key, size, Seconds(DateTime.UtcNow)) { Tag = tag };
    }

    /// <inheritdoc/>
    public async Task PutFileAsync(string key, string path, CancellationToken cancellationToken = default)
    {
        ObjectKey.Validate(Name, key);
        await using FileStream content = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        await SendAsync(key, content, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    /// <exception cref="ConditionalPutException">The bucket does not keep put-if-absent, or somebody else writes where one writer may.</exception>
    public Task<bool> TryPutIfAbsentAsync(string key, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default)
    {
        ObjectKey.Validate(Name, key);
        return _conditionalPut.TryPutAsync(key, content, cancellationToken);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ObjectInfo> ListAsync(string prefix, string? startAfter = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ObjectKey.ValidatePrefix(Name, prefix);
        ListObjectsV2Request request = new() { BucketName = _options.Bucket, Prefix = ObjectKeyOf(prefix), StartAfter = startAfter is null ? null : ObjectKeyOf(startAfter) };
        while (true)
        {
            ListObjectsV2Response page = await ListPageAsync(prefix, request, cancellationToken).ConfigureAwait(false);
            foreach (S3Object found in page.S3Objects ?? [])
            {
                string key = KeyOf(found.Key);
                // Other programs mark folders by empty objects whose names end with a slash.
                if (ObjectKey.FindFault(key) is not null) continue;
                yield return new ObjectInfo(key, found.Size ?? 0, Seconds(found.LastModified)) { Tag = Unquoted(found.ETag) };
            }

            if (page.IsTruncated != true) yield break;
            request.ContinuationToken = page.NextContinuationToken;
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<string> ListFoldersAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ObjectKey.ValidatePrefix(Name, prefix);
        ListObjectsV2Request request = new() { BucketName = _options.Bucket, Prefix = ObjectKeyOf(prefix), Delimiter = "/" };
        while (true)
        {
            ListObjectsV2Response page = await ListPageAsync(prefix, request, cancellationToken).ConfigureAwait(false);
            foreach (string folder in page.CommonPrefixes ?? []) yield return KeyOf(folder)[prefix.Length..^1];
            if (page.IsTruncated != true) yield break;
            request.ContinuationToken = page.NextContinuationToken;
        }
    }

    /// <inheritdoc/>
    public async Task DeleteAsync(string key, CancellationToken cancellationToken = default)
    {
        ObjectKey.Validate(Name, key);
        try
        {
            await _requests.RunAsync(key, "delete the object", token => _requests.Client.DeleteObjectAsync(_options.Bucket, ObjectKeyOf(key), token), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (S3Failure.IsNotFound(exception))
        {
            // S3 itself says that it deleted it; others say this.
        }
    }

    /// <inheritdoc/>
    public async Task DeleteAsync(IReadOnlyCollection<string> keys, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(keys);
        foreach (string key in keys) ObjectKey.Validate(Name, key);
        foreach (string[] batch in keys.Chunk(DeletesAtOnce))
        {
            DeleteObjectsRequest request = new() { BucketName = _options.Bucket, Quiet = true, Objects = [.. batch.Select(key => new KeyVersion { Key = ObjectKeyOf(key) })] };
            try
            {
                await _requests.RunAsync(batch[0], "delete objects", token => _requests.Client.DeleteObjectsAsync(request, token), cancellationToken).ConfigureAwait(false);
            }
            catch (StorageException) when (batch.Length > 1)
            {
                // Some failed, or the store does not take batches: one by one says which, and why.
                foreach (string key in batch) await DeleteAsync(key, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <inheritdoc/>
    public async Task<long> DownloadAsync(string key, string path, CancellationToken cancellationToken = default)
    {
        ObjectKey.Validate(Name, key);
        // One request for small objects: its answer tells the whole size, and what else is to be asked for.
        using GetObjectResponse first = await GetFirstAsync(key, cancellationToken).ConfigureAwait(false);
        long size = SizeOf(first);
        using SafeFileHandle file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, FileOptions.None, size);
        await CopyAsync(first, 0, _options.PartBytes - 1).ConfigureAwait(false);
        await Parallel.ForEachAsync(
            Parts(_options.PartBytes, size),
            new ParallelOptions { MaxDegreeOfParallelism = _options.ParallelParts, CancellationToken = cancellationToken },
            async (offset, token) =>
            {
                long end = Math.Min(offset + _options.PartBytes, size) - 1;
                using GetObjectResponse? part = await GetPartAsync(offset, end, token).ConfigureAwait(false);
                if (part?.ETag != first.ETag) throw Replaced(key);
                await CopyAsync(part!, offset, end).ConfigureAwait(false);
            }).ConfigureAwait(false);
        return size;

        async Task<GetObjectResponse?> GetPartAsync(long offset, long end, CancellationToken token)
        {
            try
            {
                return await GetAsync(key, offset, end, token).ConfigureAwait(false);
            }
            catch (Exception exception) when (S3Failure.IsRangeBeyondEnd(exception))
            {
                return null;
            }
        }

        async Task CopyAsync(GetObjectResponse response, long offset, long end)
        {
            await using ResumingReadStream body = new(response, offset, (from, token) => GetAsync(key, from, end, token), _requests, _options, key);
            byte[] buffer = new byte[256 * 1024];
            int read;
            while ((read = await body.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
            {
                await RandomAccess.WriteAsync(file, buffer.AsMemory(0, read), offset, cancellationToken).ConfigureAwait(false);
                offset += read;
            }
        }
    }

    /// <inheritdoc/>
    public bool TryGetLocalPath(string key, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out string? path)
    {
        ObjectKey.Validate(Name, key);
        path = null;
        return false;
    }

    /// <summary>Makes the bucket, where there is none of its name. For tests and first steps: a company's buckets have owners and rules.</summary>
    public async Task CreateBucketAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            await _requests.RunAsync(null, "make the bucket", token => _requests.Client.PutBucketAsync(new PutBucketRequest { BucketName = _options.Bucket, UseClientRegion = true }, token), cancellationToken).ConfigureAwait(false);
        }
        catch (StorageException exception) when (exception.InnerException is Amazon.Runtime.AmazonServiceException { ErrorCode: "BucketAlreadyOwnedByYou" })
        {
            // As wanted.
        }
    }

    /// <summary>Proves now, by a race on the bucket, that several writers may use it. Otherwise the first put-if-absent does.</summary>
    /// <exception cref="ConditionalPutException">They may not.</exception>
    public Task ProvePutIfAbsentAsync(CancellationToken cancellationToken = default) => _conditionalPut.ProveAsync(cancellationToken);

    /// <summary>Closes connections.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, true)) return;
        await _conditionalPut.DisposeAsync().ConfigureAwait(false);
        _requests.Dispose();
    }

    private static IEnumerable<long> Parts(long from, long size)
    {
        for (long offset = from; offset < size; offset += from) yield return offset;
    }

    private static DateTimeOffset Seconds(DateTime? time)
    {
        // HEAD tells seconds and LIST may tell milliseconds: both must be one.
        long seconds = time is { } known ? new DateTimeOffset(known.ToUniversalTime(), TimeSpan.Zero).ToUnixTimeSeconds() : 0;
        return DateTimeOffset.FromUnixTimeSeconds(seconds);
    }

    private static string? Unquoted(string? tag) => tag?.Trim('"');

    private static long SizeOf(GetObjectResponse response)
    {
        // "bytes 0-99/1234"
        string? range = response.ContentRange;
        int slash = range?.LastIndexOf('/') ?? -1;
        return slash > 0 && long.TryParse(range.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out long size) ? size : response.ContentLength;
    }

    private async Task<(long Size, string? Tag)> SendAsync(string key, Stream content, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[content.CanSeek ? Math.Clamp(content.Length - content.Position, 1, _options.PartBytes) : _options.PartBytes];
        int filled = await content.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        if (filled < buffer.Length || (content.CanSeek && content.Position >= content.Length))
            return (filled, await SendWholeAsync(key, buffer, filled, cancellationToken).ConfigureAwait(false));
        S3.MultipartUpload upload = new(_requests, _options, key, ObjectKeyOf(key));
        (long size, bool isConfirmed) = await upload.SendAsync(buffer, content, cancellationToken).ConfigureAwait(false);
        if (!isConfirmed && (await FindAsync(key, CancellationToken.None).ConfigureAwait(false))?.Size != size)
            throw new UnknownOutcomeException(Name, key, "All parts were sent, but the store did not answer whether the object stands");
        return (size, null);
    }

    private async Task<string?> SendWholeAsync(string key, byte[] buffer, int length, CancellationToken cancellationToken)
    {
        bool mayHaveLanded = false;
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                using MemoryStream body = new(buffer, 0, length, writable: false);
                PutObjectRequest request = new() { BucketName = _options.Bucket, Key = ObjectKeyOf(key), InputStream = body, UseChunkEncoding = false, AutoCloseStream = false };
                return Unquoted((await _requests.OnceAsync(token => _requests.Client.PutObjectAsync(request, token), cancellationToken).ConfigureAwait(false)).ETag);
            }
            catch (Exception exception) when (attempt < _options.MaxAttempts && S3Failure.IsTransient(exception, cancellationToken))
            {
                mayHaveLanded |= S3Failure.IsAmbiguous(exception);
                await _requests.PauseAsync(attempt, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception) when (S3Requests.IsTold(exception, cancellationToken) || S3Failure.IsNotFound(exception))
            {
                throw mayHaveLanded || S3Failure.IsAmbiguous(exception)
                    ? new UnknownOutcomeException(Name, key, $"The store did not answer whether the object was written: {exception.Message}", exception)
                    : S3Failure.Explain(Name, key, "write the object", exception);
            }
        }
    }

    private async Task<Stream> OpenAsync(string key, long? from, long to, CancellationToken cancellationToken)
    {
        try
        {
            GetObjectResponse response = await GetAsync(key, from, to, cancellationToken).ConfigureAwait(false) ?? throw new ObjectNotFoundException(Name, key);
            return new ResumingReadStream(response, from ?? 0, (position, token) => GetAsync(key, position, from is null ? long.MaxValue : to, token), _requests, _options, key);
        }
        catch (Exception exception) when (S3Failure.IsRangeBeyondEnd(exception))
        {
            return Stream.Null;
        }
    }

    private async Task<GetObjectResponse> GetFirstAsync(string key, CancellationToken cancellationToken)
    {
        GetObjectResponse? first;
        try
        {
            first = await GetAsync(key, 0, _options.PartBytes - 1, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (S3Failure.IsRangeBeyondEnd(exception))
        {
            // It is empty.
            first = await GetAsync(key, null, 0, cancellationToken).ConfigureAwait(false);
        }

        return first ?? throw new ObjectNotFoundException(Name, key);
    }

    private Task<GetObjectResponse?> GetAsync(string key, long? from, long to, CancellationToken cancellationToken) =>
        _requests.GetAsync(key, ObjectKeyOf(key), from is { } offset ? new ByteRange(offset, to) : null, cancellationToken);

    private async Task<ListObjectsV2Response> ListPageAsync(string prefix, ListObjectsV2Request request, CancellationToken cancellationToken)
    {
        try
        {
            return await _requests.RunAsync(prefix, "list objects", token => _requests.Client.ListObjectsV2Async(request, token), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (S3Failure.IsNotFound(exception))
        {
            throw S3Failure.Explain(Name, prefix, "list objects", exception);
        }
    }

    private StorageException Replaced(string key) => new(Name, key, "The object was replaced or deleted while it was read; read it anew");

    private string ObjectKeyOf(string key) => _options.Prefix.Length == 0 ? key : $"{_options.Prefix}/{key}";

    private string KeyOf(string objectKey) => _options.Prefix.Length == 0 ? objectKey : objectKey[(_options.Prefix.Length + 1)..];
}
