using Amazon.S3.Model;

namespace Lakehouse.Storage.S3;

/// <summary>
/// An object's bytes over connections that break: what is missing is asked for again, from the byte reached, as long as it is the
/// same object. A body that stands still counts as broken. Read-only and forward-only.
/// </summary>
internal sealed class ResumingReadStream : Stream
{
    private readonly Func<long, CancellationToken, Task<GetObjectResponse?>> _reopen;
    private readonly S3Requests _requests;
    private readonly S3Options _options;
    private readonly string _key;
    private readonly string _tag;
    private readonly long _end;
    private GetObjectResponse? _response;
    private long _position;
    private int _failures;

    /// <summary>A stream over an answer that has begun.</summary>
    /// <param name="response">The answer, which the stream owns from now on.</param>
    /// <param name="position">The object's byte that its body begins at.</param>
    /// <param name="reopen">Asks for the bytes from a position up to the same end; null when the object is gone.</param>
    /// <param name="requests">Knows how to wait.</param>
    /// <param name="options">The store's options.</param>
    /// <param name="key">The object.</param>
    public ResumingReadStream(GetObjectResponse response, long position, Func<long, CancellationToken, Task<GetObjectResponse?>> reopen, S3Requests requests, S3Options options, string key)
    {
        (_response, _position, _reopen, _requests, _options, _key) = (response, position, reopen, requests, options, key);
        _tag = response.ETag;
        _end = position + response.ContentLength;
    }

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override int Read(byte[] buffer, int offset, int count) => ReadAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty || _position >= _end) return 0;
        while (true)
        {
            try
            {
                _response ??= await ReopenAsync(cancellationToken).ConfigureAwait(false);
                int read = await ReadOnceAsync(_response.ResponseStream, buffer, cancellationToken).ConfigureAwait(false);
                if (read == 0) throw new EndOfStreamException($"the body ended {_end - _position} bytes too soon");
                _position += read;
                _failures = 0;
                return read;
            }
            catch (Exception exception) when (++_failures < _options.MaxAttempts && S3Failure.IsTransient(exception, cancellationToken))
            {
                Drop();
                await _requests.PauseAsync(_failures, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception) when (S3Requests.IsTold(exception, cancellationToken))
            {
                throw S3Failure.Explain(_options.ToString(), _key, "read the object", exception);
            }
            catch (Exception exception) when (S3Failure.IsRangeBeyondEnd(exception))
            {
                throw Replaced();
            }
        }
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing) Drop();
        base.Dispose(disposing);
    }

    private async ValueTask<int> ReadOnceAsync(Stream body, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(_options.ReadTimeout);
        return await body.ReadAsync(buffer, patience.Token).ConfigureAwait(false);
    }

    private async Task<GetObjectResponse> ReopenAsync(CancellationToken cancellationToken)
    {
        GetObjectResponse? response = await _reopen(_position, cancellationToken).ConfigureAwait(false);
        if (response?.ETag == _tag) return response;
        response?.Dispose();
        throw Replaced();
    }

    private StorageException Replaced() => new(_options.ToString(), _key, "The object was replaced or deleted while it was read; read it anew");

    private void Drop()
    {
        _response?.Dispose();
        _response = null;
    }
}
