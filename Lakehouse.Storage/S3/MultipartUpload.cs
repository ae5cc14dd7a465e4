using Amazon.S3.Model;

namespace Lakehouse.Storage.S3;

/// <summary>
/// A large object in parts, a few on their way at once. It appears when all parts are there, whole; until then nothing is to be
/// seen, and an upload that fails is aborted so that its parts do not stay to be paid for.
/// </summary>
internal sealed class MultipartUpload(S3Requests requests, S3Options options, string key, string objectKey)
{
    // S3 numbers parts from 1 to 10,000; what is left then must fit, so parts grow.
    private const int PartsBeforeGrowth = 1_000;

    /// <summary>Sends what was read already and all that follows.</summary>
    /// <param name="first">A full first part.</param>
    /// <param name="rest">The bytes after it.</param>
    /// <param name="cancellationToken">Stops, and aborts the upload.</param>
    /// <exception cref="StorageException">It failed, and nothing became visible.</exception>
    /// <exception cref="UnknownOutcomeException">All parts were sent, but whether the object stands nobody can tell.</exception>
    /// <returns>The object's size, and whether the store said that it stands; if not, it does when it has that size.</returns>
    public async Task<(long Size, bool IsConfirmed)> SendAsync(byte[] first, Stream rest, CancellationToken cancellationToken)
    {
        string upload = (await requests.RunAsync(
            key,
            "begin an upload",
            token => requests.Client.InitiateMultipartUploadAsync(new InitiateMultipartUploadRequest { BucketName = options.Bucket, Key = objectKey }, token),
            cancellationToken).ConfigureAwait(false)).UploadId;
        List<PartETag> parts;
        long size;
        try
        {
            (parts, size) = await SendPartsAsync(upload, first, rest, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await AbortAsync(upload).ConfigureAwait(false);
            throw;
        }

        return (size, await CompleteAsync(upload, parts).ConfigureAwait(false));
    }

    private async Task<(List<PartETag> Parts, long Size)> SendPartsAsync(string upload, byte[] first, Stream rest, CancellationToken cancellationToken)
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        List<PartETag> sent = [];
        List<Task<(byte[] Buffer, PartETag Part)>> underway = [];
        Stack<byte[]> free = new();
        int number = 0;
        long total = 0;
        byte[] buffer = first;
        int filled = first.Length;
        try
        {
            while (filled > 0)
            {
                total += filled;
                underway.Add(SendPartAsync(upload, ++number, buffer, filled, stop.Token));
                while (underway.Count >= Math.Max(1, options.ParallelParts)) await TakeOneAsync().ConfigureAwait(false);
                int size = checked((int)Math.Min((long)options.PartBytes << (number / PartsBeforeGrowth), 1L << 30));
                buffer = free.TryPop(out byte[]? used) && used.Length == size ? used : new byte[size];
                filled = await rest.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
            }

            while (underway.Count > 0) await TakeOneAsync().ConfigureAwait(false);
        }
        catch
        {
            // None may still be on its way when the upload is aborted: a late part would stay.
            await stop.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(underway).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default).ConfigureAwait(false);
            throw;
        }

        sent.Sort(static (left, right) => Nullable.Compare(left.PartNumber, right.PartNumber));
        return (sent, total);

        async Task TakeOneAsync()
        {
            Task<(byte[] Buffer, PartETag Part)> done = await Task.WhenAny(underway).ConfigureAwait(false);
            underway.Remove(done);
            (byte[] spare, PartETag part) = await done.ConfigureAwait(false);
            sent.Add(part);
            free.Push(spare);
        }
    }

    private async Task<(byte[] Buffer, PartETag Part)> SendPartAsync(string upload, int number, byte[] buffer, int length, CancellationToken cancellationToken)
    {
        // A part may be sent again: the last one of a number counts.
        UploadPartResponse response = await requests.RunAsync(
            key,
            "send a part",
            async token =>
            {
                using MemoryStream body = new(buffer, 0, length, writable: false);
                return await requests.Client.UploadPartAsync(
                    new UploadPartRequest { BucketName = options.Bucket, Key = objectKey, UploadId = upload, PartNumber = number, InputStream = body, PartSize = length, UseChunkEncoding = false },
                    token).ConfigureAwait(false);
            },
            cancellationToken).ConfigureAwait(false);
        return (buffer, new PartETag(number, response.ETag));
    }

    /// <summary>Once begun it is not cancelled, for nobody could tell then whether the object stands.</summary>
    private async Task<bool> CompleteAsync(string upload, List<PartETag> parts)
    {
        bool mayHaveLanded = false;
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                await requests.OnceAsync(
                    token => requests.Client.CompleteMultipartUploadAsync(new CompleteMultipartUploadRequest { BucketName = options.Bucket, Key = objectKey, UploadId = upload, PartETags = parts }, token),
                    CancellationToken.None).ConfigureAwait(false);
                return true;
            }
            catch (Exception exception) when (mayHaveLanded && S3Failure.IsNotFound(exception))
            {
                // The upload is gone: an attempt before, whose answer was lost, seems to have completed it.
                return false;
            }
            catch (Exception exception) when (S3Failure.IsTransient(exception, CancellationToken.None))
            {
                mayHaveLanded |= S3Failure.IsAmbiguous(exception);
                if (attempt >= options.MaxAttempts)
                {
                    if (mayHaveLanded) throw new UnknownOutcomeException(options.ToString(), key, $"All parts were sent, but the store did not answer whether the object stands: {exception.Message}", exception);
                    await AbortAsync(upload).ConfigureAwait(false);
                    throw S3Failure.Explain(options.ToString(), key, "complete an upload", exception);
                }

                await requests.PauseAsync(attempt, CancellationToken.None).ConfigureAwait(false);
            }
            catch (Exception exception) when (S3Requests.IsTold(exception, CancellationToken.None) || S3Failure.IsNotFound(exception))
            {
                await AbortAsync(upload).ConfigureAwait(false);
                throw S3Failure.Explain(options.ToString(), key, "complete an upload", exception);
            }
        }
    }

    private async Task AbortAsync(string upload)
    {
        try
        {
            await requests.RunAsync(
                key,
                "abort an upload",
                token => requests.Client.AbortMultipartUploadAsync(options.Bucket, objectKey, upload, token),
                CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is StorageException || S3Failure.IsNotFound(exception))
        {
            // The failure on its way says more; a bucket's lifecycle rule takes parts that stay.
        }
    }
}
