using System.Net;
using Amazon;
using Amazon.Runtime;
using Amazon.Runtime.Internal;
using Amazon.S3;
using Amazon.S3.Model;

namespace Lakehouse.Storage.S3;

/// <summary>The AWS SDK's client as the store uses it: requests are repeated here and not in the SDK, which would hide that a write
/// may have been applied by an attempt whose answer was lost.</summary>
internal sealed class S3Requests : IDisposable
{
    private readonly S3Options _options;

    public S3Requests(S3Options options)
    {
        _options = options;
        AmazonS3Config config = new()
        {
            MaxErrorRetry = 0,
            Timeout = options.RequestTimeout,
            // The SDK's default checksums are a newer protocol than most stores speak; signatures cover the bodies.
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
        };
        if (options.Endpoint is { } endpoint)
        {
            config.ServiceURL = endpoint.AbsoluteUri;
            config.AuthenticationRegion = options.Region ?? "us-east-1";
        }
        else
        {
            config.RegionEndpoint = options.Region is { } region ? RegionEndpoint.GetBySystemName(region) : FallbackRegionFactory.GetRegionEndpoint() ?? RegionEndpoint.USEast1;
        }

        config.ForcePathStyle = options.PathStyle ?? options.Endpoint is not null;
        Client = options switch
        {
            { AccessKey: { } access, SessionToken: { } token } => new OnceClient(new SessionAWSCredentials(access, options.SecretKey ?? "", token), config),
            { AccessKey: { } access } => new OnceClient(new BasicAWSCredentials(access, options.SecretKey ?? ""), config),
            _ => new OnceClient(config),
        };
    }

    public AmazonS3Client Client { get; }

    /// <summary>Asks until an answer comes that asking again would not change. For requests that may be applied more than once.</summary>
    /// <exception cref="StorageException">The last failure.</exception>
    public async Task<T> RunAsync<T>(string? key, string verb, Func<CancellationToken, Task<T>> request, CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return await OnceAsync(request, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception) when (attempt < _options.MaxAttempts && S3Failure.IsTransient(exception, cancellationToken))
            {
                await PauseAsync(attempt, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception) when (IsTold(exception, cancellationToken))
            {
                throw S3Failure.Explain(_options.ToString(), key, verb, exception);
            }
        }
    }

    /// <summary>Asks for what is known of an object; null when there is none.</summary>
    /// <exception cref="StorageException">The last failure.</exception>
    public async Task<GetObjectMetadataResponse?> FindAsync(string key, string objectKey, CancellationToken cancellationToken)
    {
        GetObjectMetadataResponse found = await RunAsync(
            key, "find the object", token => Client.GetObjectMetadataAsync(_options.Bucket, objectKey, token), cancellationToken).ConfigureAwait(false);
        return found.HttpStatusCode == HttpStatusCode.NotFound ? null : found;
    }

    /// <summary>Asks for an object, or some of its bytes; null when there is none.</summary>
    /// <exception cref="StorageException">The last failure.</exception>
    public async Task<GetObjectResponse?> GetAsync(string key, string objectKey, ByteRange? range, CancellationToken cancellationToken)
    {
        GetObjectResponse response = await RunAsync(
            key,
            "read the object",
            token => Client.GetObjectAsync(new GetObjectRequest { BucketName = _options.Bucket, Key = objectKey, ByteRange = range }, token),
            cancellationToken).ConfigureAwait(false);
        return response.HttpStatusCode == HttpStatusCode.NotFound ? null : response;
    }

    /// <summary>Asks once. An answer that begins and then stands still would never end otherwise: the SDK has no limit for bodies that it reads itself.</summary>
    public async Task<T> OnceAsync<T>(Func<CancellationToken, Task<T>> request, CancellationToken cancellationToken)
    {
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(_options.RequestTimeout);
        return await request(patience.Token).ConfigureAwait(false);
    }

    /// <summary>Waits before the next attempt: a random part of a limit that doubles each time, so that many callers do not come back at once.</summary>
    public Task PauseAsync(int attempt, CancellationToken cancellationToken)
    {
        double limit = Math.Min(_options.RetryDelay.TotalMilliseconds * Math.Pow(2, Math.Min(attempt - 1, 20)), _options.MaxRetryDelay.TotalMilliseconds);
        return Task.Delay(TimeSpan.FromMilliseconds(limit * Random.Shared.NextDouble()), cancellationToken);
    }

    /// <summary>Whether a failure is one to put into the store's words: not the caller's cancellation, nor what the caller handles by itself.</summary>
    public static bool IsTold(Exception exception, CancellationToken cancellationToken) =>
        exception is not StorageException
        && !(exception is OperationCanceledException && cancellationToken.IsCancellationRequested)
        && !S3Failure.IsNotFound(exception) && !S3Failure.IsPreconditionFailed(exception) && !S3Failure.IsRangeBeyondEnd(exception)
        && exception is AmazonServiceException or AmazonClientException or HttpRequestException or IOException or TimeoutException or OperationCanceledException;

    public void Dispose() => Client.Dispose();

    /// <summary>
    /// Sends a request once. <c>MaxErrorRetry = 0</c> is not enough: a connection that ends before its answer is tried once more all
    /// the same, and a put-if-absent that had been applied then hears from itself that the object stands there.
    /// </summary>
    private sealed class OnceClient : AmazonS3Client
    {
        public OnceClient(AmazonS3Config config)
            : base(config)
        {
        }

        public OnceClient(AWSCredentials credentials, AmazonS3Config config)
            : base(credentials, config)
        {
        }

        protected override void CustomizeRuntimePipeline(RuntimePipeline pipeline)
        {
            base.CustomizeRuntimePipeline(pipeline);
            pipeline.ReplaceHandler<RetryHandler>(new RetryHandler(new OncePolicy()));
            pipeline.AddHandlerAfter<ErrorHandler>(new AbsenceHandler());
        }
    }

    private sealed class OncePolicy : RetryPolicy
    {
        public override bool CanRetry(IExecutionContext executionContext) => false;
        public override bool RetryForException(IExecutionContext executionContext, Exception exception) => false;
        public override Task<bool> RetryForExceptionAsync(IExecutionContext executionContext, Exception exception) => Task.FromResult(false);
        public override bool RetryLimitReached(IExecutionContext executionContext) => true;
        public override bool OnRetry(IExecutionContext executionContext) => false;
        public override void WaitBeforeRetry(IExecutionContext executionContext)
        {
        }

        public override Task WaitBeforeRetryAsync(IExecutionContext executionContext) => Task.CompletedTask;
    }
}
