using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Lakehouse.Api.Sql;

/// <summary><c>/api/v1/sql</c>: queries and the pages of their results.</summary>
public static class SqlEndpoints
{
    public static IEndpointRouteBuilder MapSql(this IEndpointRouteBuilder routes)
    {
        RouteGroupBuilder group = routes.MapGroup("/api/v1/sql").WithTags("SQL");
        group.MapPost("/", QueryAsync).WithSummary("Runs one SELECT and gives the first page of its rows.");
        group.MapGet("/pages/{page}", NextPageAsync).WithSummary("Gives the next page of a result, or the last one again.");
        group.MapDelete("/pages/{page}", CloseAsync).WithSummary("Closes a result whose remaining pages nobody will read.");
        return routes;
    }

    private static Task<SqlPage> QueryAsync(SqlRequest request, SqlService sql, CancellationToken cancellationToken) => sql.QueryAsync(request, cancellationToken);

    private static async Task<Results<SqlPage, ProblemHttpResult>> NextPageAsync(string page, SqlService sql, CancellationToken cancellationToken) =>
        TryReadPage(page, out string id, out int number) && await sql.NextPageAsync(id, number, cancellationToken) is { } next
            ? next
            : TypedResults.Problem(
                title: "No such page",
                detail: "The result was read to its end, closed, or waited too long for its next page. Run the query again.",
                statusCode: StatusCodes.Status410Gone,
                type: "urn:lakehouse:problem:page-gone");

    private static async Task<NoContent> CloseAsync(string page, OpenResults open)
    {
        if (TryReadPage(page, out string id, out _))
            await open.CloseAsync(id);
        return TypedResults.NoContent();
    }

    private static bool TryReadPage(string page, out string id, out int number)
    {
        int dash = page.IndexOf('-', StringComparison.Ordinal);
        id = dash < 0 ? "" : page[..dash];
        number = 0;
        return dash > 0 && int.TryParse(page.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }
}
