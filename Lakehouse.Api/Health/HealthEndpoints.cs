using Lakehouse.Api.Sandbox;
using Lakehouse.Api.Tables;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Lakehouse.Api.Health;

/// <summary><c>/health</c>: whether the process lives, and whether it can answer.</summary>
public static class HealthEndpoints
{
    public static IEndpointRouteBuilder MapHealth(this IEndpointRouteBuilder routes)
    {
        RouteGroupBuilder group = routes.MapGroup("/health").WithTags("Health");
        group.MapGet("/live", () => TypedResults.Ok(new HealthStatus("live"))).WithSummary("Answers as long as the process does.");
        group.MapGet("/ready", ReadyAsync).WithSummary("Answers 200 when the lake can be listed and a sandbox process starts.");
        return routes;
    }

    private static async Task<Results<Ok<HealthStatus>, ProblemHttpResult>> ReadyAsync(LakeCatalog catalog, SandboxPool pool, CancellationToken cancellationToken)
    {
        try
        {
            await catalog.ListAsync(cancellationToken);
            await pool.ProbeAsync(cancellationToken);
            return TypedResults.Ok(new HealthStatus("ready"));
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            return TypedResults.Problem(title: "Not ready", detail: error.Message, statusCode: StatusCodes.Status503ServiceUnavailable, type: "urn:lakehouse:problem:not-ready");
        }
    }
}

/// <summary>The answer of a health endpoint.</summary>
public sealed record HealthStatus(string Status);
