using Microsoft.AspNetCore.Http.HttpResults;

namespace Lakehouse.Transform.Service;

/// <summary><c>/api/v1/runs</c>: the newest runs, and asking for one.</summary>
internal static class RunEndpoints
{
    public static void MapRuns(this IEndpointRouteBuilder routes)
    {
        RouteGroupBuilder group = routes.MapGroup("/api/v1/runs").WithTags("Runs");
        group.MapGet("/", (RunHistory history, int limit = 20) => TypedResults.Ok(history.All.Take(limit).ToList()));
        group.MapGet("/{id}", Get);
        group.MapPost("/", PostAsync);
    }

    private static Results<Ok<RunRecord>, ProblemHttpResult> Get(string id, RunHistory history) =>
        history.Find(id) is { } run
            ? TypedResults.Ok(run)
            : TypedResults.Problem(title: "No such run", detail: $"There is no run '{id}', or it is no longer remembered.", statusCode: StatusCodes.Status404NotFound, type: "urn:lakehouse:problem:unknown-run");

    private static async Task<Results<Accepted<RunRecord>, Ok<RunRecord>, ProblemHttpResult>> PostAsync(
        RunScheduler scheduler, CancellationToken cancellationToken, RunRequest? request = null, bool wait = false)
    {
        try
        {
            (RunRecord run, Task<RunRecord> ended) = scheduler.Ask(request ?? new RunRequest());
            return wait ? TypedResults.Ok(await ended.WaitAsync(cancellationToken)) : TypedResults.Accepted($"/api/v1/runs/{run.Id}", run);
        }
        catch (SelectionException error)
        {
            return TypedResults.Problem(title: "Selection not understood", detail: error.Message, statusCode: StatusCodes.Status400BadRequest, type: "urn:lakehouse:problem:bad-selection");
        }
    }
}
