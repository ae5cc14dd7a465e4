using Lakehouse.Delta;
using Lakehouse.Engine;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Lakehouse.Catalog.Tables;

/// <summary><c>/api/v1/tables</c>: the registry, and writers' announcements of new versions.</summary>
internal static class TableEndpoints
{
    public static void MapTables(this WebApplication app)
    {
        app.UseExceptionHandler();
        RouteGroupBuilder group = app.MapGroup("/api/v1/tables").WithTags("Tables");
        group.MapGet("/", async (TableStore store, CancellationToken ct) => TypedResults.Ok(await store.ListAsync(ct)));
        group.MapGet("/{schema}/{name}", GetAsync);
        group.MapPut("/", PutAllAsync);
        group.MapPut("/{schema}/{name}", PutAsync);
    }

    private static async Task<Results<Ok<TableEntry>, ProblemHttpResult>> GetAsync(string schema, string name, TableStore store, CancellationToken ct) =>
        TableName.TryParse($"{schema}.{name}", out TableName table) && await store.FindAsync(table, ct) is { } entry
            ? TypedResults.Ok(entry)
            : Unknown($"{schema}.{name}", "the catalog");

    private static async Task<Results<Ok<TableEntry>, ProblemHttpResult>> PutAsync(string schema, string name, TableRegistry registry, CancellationToken ct) =>
        TableName.TryParse($"{schema}.{name}", out TableName table) && await registry.RefreshAsync(table, ct) is { } entry
            ? TypedResults.Ok(entry)
            : Unknown($"{schema}.{name}", "the lake");

    // Tables that are not there, or cannot be read, are left to the reconciliation: the writer would only tell them again.
    private static async Task<NoContent> PutAllAsync(List<TableAnnouncement> announcements, TableRegistry registry, ILogger<TableRegistry> logger, CancellationToken ct)
    {
        foreach (TableAnnouncement announcement in announcements)
        {
            if (!TableName.TryParse(announcement.Table, out TableName table)) continue;
            try
            {
                await registry.RefreshAsync(table, ct);
            }
            catch (DeltaException error)
            {
                LogUnreadable(logger, announcement.Table, error.Message, null);
            }
        }
        return TypedResults.NoContent();
    }

    private static readonly Action<ILogger, string, string, Exception?> LogUnreadable =
        LoggerMessage.Define<string, string>(LogLevel.Warning, new EventId(1, "Unreadable"), "Table {Table} was announced and cannot be read: {Reason}");

    private static ProblemHttpResult Unknown(string table, string where) => TypedResults.Problem(
        title: "No such table", detail: $"There is no table {table} in {where}.", statusCode: StatusCodes.Status404NotFound, type: "urn:lakehouse:problem:unknown-table");
}
