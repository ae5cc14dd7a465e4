using System.Globalization;
using System.Text.Json;
using Lakehouse.Api.Sandbox;
using Lakehouse.Delta;
using Lakehouse.Engine;
using Lakehouse.Storage;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Mvc;

namespace Lakehouse.Api.Problems;

/// <summary>Every exception of a request as problem details; what only we can mend is logged, and not told.</summary>
public sealed partial class ProblemHandler(IProblemDetailsService problems, ILogger<ProblemHandler> logger) : IExceptionHandler
{
    private const int RetryAfterSeconds = 1;
    private const int ClientClosedRequest = 499;

    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (httpContext.RequestAborted.IsCancellationRequested)
        {
            httpContext.Response.StatusCode = ClientClosedRequest;
            return true;
        }
        ProblemDetails details = Describe(exception);
        if (details.Status >= StatusCodes.Status500InternalServerError && exception is not SqlProblemException and not SandboxTimeoutException and not SandboxBusyException)
            RequestFailed(exception);
        if (exception is SandboxBusyException)
            httpContext.Response.Headers.RetryAfter = RetryAfterSeconds.ToString(CultureInfo.InvariantCulture);
        httpContext.Response.StatusCode = details.Status ?? StatusCodes.Status500InternalServerError;
        return await problems.TryWriteAsync(new ProblemDetailsContext { HttpContext = httpContext, ProblemDetails = details, Exception = exception });
    }

    private static ProblemDetails Describe(Exception exception) => exception switch
    {
        SqlProblemException problem => problem.Details,
        SandboxTimeoutException timeout => SqlProblems.Details(StatusCodes.Status504GatewayTimeout, "timeout", "The query took too long", timeout.Message, "Ask for less, or name a longer \"timeoutSeconds\"."),
        SandboxBusyException busy => SqlProblems.Details(StatusCodes.Status503ServiceUnavailable, "busy", "Too many queries", busy.Message, null),
        SandboxDiedException died => SqlProblems.Details(StatusCodes.Status500InternalServerError, "query-died", "The query's process ended", died.Message, "Run it again; if it ends so each time, it needs more memory than a query may have."),
        BadHttpRequestException bad => SqlProblems.Details(bad.StatusCode, "bad-request", "The request cannot be read", BadRequestText(bad), null),
        DeltaException or EngineException or StorageException => SqlProblems.Details(StatusCodes.Status500InternalServerError, "lake-unreadable", "The lake cannot be read", exception.Message, null),
        _ => SqlProblems.Details(StatusCodes.Status500InternalServerError, "internal", "Something went wrong here", "The request failed for a reason that is in the service's log.", null),
    };

    private static string BadRequestText(BadHttpRequestException bad) => bad.InnerException is JsonException json
        ? $"The body is not the JSON that is expected: {json.Message}"
        : bad.Message;

    [LoggerMessage(Level = LogLevel.Error, Message = "A request failed.")]
    private partial void RequestFailed(Exception exception);
}
