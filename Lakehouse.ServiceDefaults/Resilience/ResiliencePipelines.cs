using System.Collections.Concurrent;
using System.Net;
using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;
using Polly.Timeout;

namespace Lakehouse.ServiceDefaults.Resilience;

/// <summary>
/// One pipeline for each authority: all attempts in thirty seconds, three retries with growing, jittered pauses, a circuit
/// breaker, and ten seconds for each attempt: the order and figures of Microsoft's standard resilience handler.
/// </summary>
internal sealed class ResiliencePipelines
{
    /// <summary>Whether a request may be sent again after it may have been carried out: by HTTP's own rules (RFC 9110, 9.2.2).</summary>
    public static readonly ResiliencePropertyKey<bool> Idempotent = new("lakehouse.idempotent");

    private static readonly TimeSpan Total = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Attempt = TimeSpan.FromSeconds(10);
    private readonly ConcurrentDictionary<string, ResiliencePipeline<HttpResponseMessage>> pipelines = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The time between attempts begins here and doubles; tests make it short.</summary>
    internal TimeSpan FirstPause { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>The pipeline that a request to this address goes through.</summary>
    public ResiliencePipeline<HttpResponseMessage> For(Uri? address) =>
        pipelines.GetOrAdd(address is null ? "" : $"{address.Scheme}://{address.Authority}", _ => Build());

    private ResiliencePipeline<HttpResponseMessage> Build() => new ResiliencePipelineBuilder<HttpResponseMessage>()
        .AddTimeout(Total)
        .AddRetry(new RetryStrategyOptions<HttpResponseMessage>
        {
            MaxRetryAttempts = 3,
            Delay = FirstPause,
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            ShouldHandle = arguments => ValueTask.FromResult(MayRetry(arguments.Outcome, arguments.Context)),
        })
        .AddCircuitBreaker(new CircuitBreakerStrategyOptions<HttpResponseMessage>
        {
            FailureRatio = 0.1,
            MinimumThroughput = 100,
            SamplingDuration = TimeSpan.FromSeconds(30),
            BreakDuration = TimeSpan.FromSeconds(5),
            ShouldHandle = arguments => ValueTask.FromResult(IsTransient(arguments.Outcome)),
        })
        .AddTimeout(Attempt)
        .Build();

    private static bool MayRetry(Outcome<HttpResponseMessage> outcome, ResilienceContext context) =>
        NeverArrived(outcome.Exception) || (context.Properties.GetValue(Idempotent, false) && IsTransient(outcome));

    // Nothing was sent, so nothing can be done twice.
    private static bool NeverArrived(Exception? error) =>
        error is HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError };

    private static bool IsTransient(Outcome<HttpResponseMessage> outcome) => outcome switch
    {
        { Exception: HttpRequestException or TimeoutRejectedException } => true,
        { Result.StatusCode: HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError } => true,
        _ => false,
    };
}
