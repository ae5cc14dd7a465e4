using Lakehouse.Delta;
using Lakehouse.Engine;
using Lakehouse.Engine.Results;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Lakehouse.Api.Tables;

/// <summary><c>/api/v1/tables</c>: what the lake holds.</summary>
public static class TableEndpoints
{
    private const int DefaultHistory = 50;
    private const int MaxHistory = 1_000;

    public static IEndpointRouteBuilder MapTables(this IEndpointRouteBuilder routes)
    {
        RouteGroupBuilder group = routes.MapGroup("/api/v1/tables").WithTags("Tables");
        group.MapGet("/", ListAsync).WithSummary("Lists the lake's tables.");
        group.MapGet("/{schema}/{name}", GetAsync).WithSummary("Describes a table: schema, version, files, rows, bytes.");
        group.MapGet("/{schema}/{name}/history", HistoryAsync).WithSummary("Lists a table's commits, newest first.");
        return routes;
    }

    private static async Task<Ok<List<TableSummary>>> ListAsync(LakeCatalog catalog, CancellationToken cancellationToken)
    {
        List<TableSummary> tables = [];
        foreach (TableName name in await catalog.ListAsync(cancellationToken))
        {
            if (await catalog.FindAsync(name, cancellationToken) is { } snapshot)
                tables.Add(TableSummary.Of(name, snapshot));
        }
        return TypedResults.Ok(tables);
    }

    private static async Task<Results<Ok<TableDetails>, ProblemHttpResult>> GetAsync(string schema, string name, LakeCatalog catalog, CancellationToken cancellationToken) =>
        TableName.TryParse($"{schema}.{name}", out TableName table) && await catalog.FindAsync(table, cancellationToken) is { } snapshot
            ? TypedResults.Ok(TableDetails.Of(table, snapshot))
            : await UnknownAsync(schema, name, catalog, cancellationToken);

    private static async Task<Results<Ok<List<TableCommit>>, ProblemHttpResult>> HistoryAsync(string schema, string name, LakeCatalog catalog, CancellationToken cancellationToken, int limit = DefaultHistory)
    {
        if (limit is < 1 or > MaxHistory)
            return TypedResults.Problem(title: "Limit out of range", detail: $"limit is {limit}; it must be from 1 to {MaxHistory}.", statusCode: StatusCodes.Status400BadRequest, type: "urn:lakehouse:problem:bad-request");
        if (!TableName.TryParse($"{schema}.{name}", out TableName table) || await catalog.FindAsync(table, cancellationToken) is null)
            return await UnknownAsync(schema, name, catalog, cancellationToken);
        List<TableCommit> commits = [];
        await foreach (CommitRecord commit in catalog.HistoryAsync(table, limit, cancellationToken))
            commits.Add(TableCommit.Of(commit));
        return TypedResults.Ok(commits);
    }

    private static async Task<ProblemHttpResult> UnknownAsync(string schema, string name, LakeCatalog catalog, CancellationToken cancellationToken) => TypedResults.Problem(
        title: "No such table",
        detail: $"There is no table {schema}.{name} in the lake.",
        statusCode: StatusCodes.Status404NotFound,
        type: "urn:lakehouse:problem:unknown-table",
        extensions: [new("nearTables", await catalog.NearAsync($"{schema}.{name}", cancellationToken))]);
}
