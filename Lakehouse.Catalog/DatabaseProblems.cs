using Microsoft.AspNetCore.Diagnostics;
using Npgsql;

namespace Lakehouse.Catalog;

/// <summary>A database that does not answer is a 503 that says so: who asked may ask again.</summary>
internal sealed class DatabaseProblems(IProblemDetailsService problems) : IExceptionHandler
{
    public ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (exception is not (NpgsqlException or TimeoutException)) return ValueTask.FromResult(false);
        httpContext.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        return problems.TryWriteAsync(new ProblemDetailsContext
        {
            HttpContext = httpContext,
            ProblemDetails = { Title = "The metadata database does not answer", Detail = exception.Message, Status = StatusCodes.Status503ServiceUnavailable, Type = "urn:lakehouse:problem:database" },
        });
    }
}
