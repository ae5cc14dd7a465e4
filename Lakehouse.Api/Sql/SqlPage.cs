using System.Buffers;
using System.Text.Json;
using Lakehouse.Api.Sandbox;

namespace Lakehouse.Api.Sql;

/// <summary>
/// A page of a result: <c>{"columns":[{"name","type"}],"rows":[[…]],"rowCount","truncated","nextPage","tables":{…},"elapsedMs"}</c>.
/// Columns and rows are the sandbox's own bytes, copied and never parsed here.
/// </summary>
/// <param name="Columns">A JSON array of <see cref="SqlColumn"/>.</param>
/// <param name="Rows">The rows.</param>
/// <param name="Tables">The versions that were read, by table.</param>
/// <param name="NextPage">Where the next page is; null after the last.</param>
/// <param name="Elapsed">From the request's arrival to the page.</param>
public sealed record SqlPage(ReadOnlyMemory<byte> Columns, SandboxRows Rows, IReadOnlyDictionary<string, long> Tables, string? NextPage, TimeSpan Elapsed)
    : IResult, IStatusCodeHttpResult, IContentTypeHttpResult
{
    public int? StatusCode => StatusCodes.Status200OK;

    public string ContentType => "application/json; charset=utf-8";

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        ArrayBufferWriter<byte> body = new(Columns.Length + Rows.Json.Length + 512);
        Write(body);
        httpContext.Response.ContentType = ContentType;
        httpContext.Response.ContentLength = body.WrittenCount;
        httpContext.Response.Headers.CacheControl = "no-store";
        await httpContext.Response.Body.WriteAsync(body.WrittenMemory, httpContext.RequestAborted);
    }

    private void Write(ArrayBufferWriter<byte> body)
    {
        using Utf8JsonWriter writer = new(body, new JsonWriterOptions { SkipValidation = true });
        writer.WriteStartObject();
        writer.WritePropertyName("columns");
        writer.WriteRawValue(Columns.Span, skipInputValidation: true);
        writer.WritePropertyName("rows");
        writer.WriteRawValue(Rows.Json.Span, skipInputValidation: true);
        writer.WriteNumber("rowCount", Rows.Count);
        writer.WriteBoolean("truncated", Rows.More);
        writer.WriteString("nextPage", NextPage);
        writer.WriteStartObject("tables");
        foreach ((string table, long version) in Tables)
            writer.WriteNumber(table, version);
        writer.WriteEndObject();
        writer.WriteNumber("elapsedMs", Math.Round(Elapsed.TotalMilliseconds, 1));
        writer.WriteEndObject();
    }
}
