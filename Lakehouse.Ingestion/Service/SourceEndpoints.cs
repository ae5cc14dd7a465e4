using Microsoft.AspNetCore.Http.HttpResults;

namespace Lakehouse.Ingestion.Service;

/// <summary><c>/api/v1/sources</c>: what each source is doing.</summary>
internal static class SourceEndpoints
{
    public static void MapSources(this IEndpointRouteBuilder routes)
    {
        RouteGroupBuilder group = routes.MapGroup("/api/v1/sources").WithTags("Sources");
        group.MapGet("/", (SourceStates states) => TypedResults.Ok(states.All.Select(state => state.Status).ToList()));
        group.MapGet("/{name}", Get);
    }

    private static Results<Ok<SourceStatus>, ProblemHttpResult> Get(string name, SourceStates states) =>
        states.All.FirstOrDefault(state => state.Name.Equals(name, StringComparison.OrdinalIgnoreCase)) is { } state
            ? TypedResults.Ok(state.Status)
            : TypedResults.Problem(
                title: "No such source", detail: $"There is no source '{name}'; there are {string.Join(", ", states.All.Select(s => s.Name))}.",
                statusCode: StatusCodes.Status404NotFound, type: "urn:lakehouse:problem:unknown-source");
}
