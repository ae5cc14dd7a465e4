using Amazon.S3.Model;

namespace Lakehouse.Storage.S3;

/// <summary>
/// Put-if-absent on a bucket. Each call marks its object with an id of its own (metadata), so that after a lost answer the object
/// that stands there tells whose it is. What the bucket is worth is proven once, before the first call.
/// </summary>
internal sealed class ConditionalPut(S3Requests requests, S3Options options, Func<string, string> objectKeyOf) : IAsyncDisposable
{
    private const string IdHeader = "lakehouse-put";
    private readonly SemaphoreSlim _proving = new(1, 1);
    private SingleWriter? _single;
    private bool _isProven;

    /// <summary>See <see cref="IObjectStore.TryPutIfAbsentAsync"/>.</summary>
    public async Task<bool> TryPutAsync(string key, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        if (!Volatile.Read(ref _isProven)) await ProveAsync(cancellationToken).ConfigureAwait(false);
        if (_single is null) return await PutAsync(key, content, isConditional: true, cancellationToken).ConfigureAwait(false);
        using IDisposable turn = await _single.TakeTurnAsync(cancellationToken).ConfigureAwait(false);
        return await FindIdAsync(key, cancellationToken).ConfigureAwait(false) is null && await PutAsync(key, content, isConditional: false, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Finds out by a race whether the bucket keeps put-if-absent.</summary>
    /// <exception cref="ConditionalPutException">It does not, and more than one writer might write.</exception>
    public async Task ProveAsync(CancellationToken cancellationToken)
    {
        await _proving.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_isProven) return;
            PutIfAbsentRace race = new(this, options);
            string? fault = await race.RunAsync(cancellationToken).ConfigureAwait(false);
            if (fault is not null && !options.SingleWriter) throw new ConditionalPutException(options.ToString(), null, ConditionalPutException.NotKept(fault));
            if (fault is not null) _single = await SingleWriter.BeginAsync(this, options, cancellationToken).ConfigureAwait(false);
            Volatile.Write(ref _isProven, true);
        }
        finally
        {
            _proving.Release();
        }
    }

    /// <summary>Puts, and finds out about answers that were lost. Once begun it is not cancelled: nobody could tell then what happened.</summary>
    /// <returns>Whether this call's object stands there; false when it is another's.</returns>
    public async Task<bool> PutAsync(string key, ReadOnlyMemory<byte> content, bool isConditional, CancellationToken cancellationToken, string? id = null)
    {
        cancellationToken.ThrowIfCancellationRequested();
        id ??= Guid.NewGuid().ToString("N");
        bool mayHaveLanded = false;
        for (int attempt = 1; ; attempt++)
        {
            Exception failure;
            try
            {
                using MemoryStream body = new(content.ToArray(), writable: false);
                PutObjectRequest request = new() { BucketName = options.Bucket, Key = objectKeyOf(key), InputStream = body, UseChunkEncoding = false, AutoCloseStream = false };
                if (isConditional) request.IfNoneMatch = "*";
                request.Metadata.Add(IdHeader, id);
                await requests.OnceAsync(token => requests.Client.PutObjectAsync(request, token), CancellationToken.None).ConfigureAwait(false);
                return true;
            }
            catch (Exception exception) when (S3Failure.IsPreconditionFailed(exception))
            {
                // Ours, when an attempt before landed and its answer did not.
                if (!mayHaveLanded) return false;
                failure = exception;
            }
            catch (Exception exception) when (S3Failure.IsTransient(exception, CancellationToken.None))
            {
                mayHaveLanded |= S3Failure.IsAmbiguous(exception);
                failure = exception;
            }
            catch (Exception exception) when (S3Requests.IsTold(exception, CancellationToken.None) || S3Failure.IsNotFound(exception))
            {
                throw mayHaveLanded ? Unknown(key, exception) : S3Failure.Explain(options.ToString(), key, "create the object", exception);
            }

            try
            {
                // Absent now is no proof: the write may still be on its way. Putting again is safe, as only one put can win.
                if (mayHaveLanded && await FindIdAsync(key, CancellationToken.None).ConfigureAwait(false) is { } found) return found == id;
            }
            catch (StorageException exception)
            {
                failure = exception;
            }

            if (attempt >= options.MaxAttempts) throw mayHaveLanded ? Unknown(key, failure) : S3Failure.Explain(options.ToString(), key, "create the object", failure);
            await requests.PauseAsync(attempt, CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <summary>The id of the object that stands under a key: empty for one that was not put by this class, null for none.</summary>
    public async Task<string?> FindIdAsync(string key, CancellationToken cancellationToken) =>
        await requests.FindAsync(key, objectKeyOf(key), cancellationToken).ConfigureAwait(false) is { } found ? found.Metadata[IdHeader] ?? "" : null;

    /// <summary>Takes a probe away; one that stays is harmless.</summary>
    public async Task DeleteQuietlyAsync(string key)
    {
        try
        {
            await requests.RunAsync(key, "delete the object", token => requests.Client.DeleteObjectAsync(options.Bucket, objectKeyOf(key), token), CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is StorageException || S3Failure.IsNotFound(exception))
        {
            // As said.
        }
    }

    /// <summary>Lets another be the single writer, where this was it.</summary>
    public ValueTask DisposeAsync() => _single?.DisposeAsync() ?? ValueTask.CompletedTask;

    private UnknownOutcomeException Unknown(string key, Exception cause) =>
        new(options.ToString(), key, $"The store did not answer whether the object was created: {cause.Message}", cause);
}
