using System.Text;
using Lakehouse.Api.Sandbox;
using Microsoft.AspNetCore.Mvc;

namespace Lakehouse.Api.Problems;

/// <summary>
/// What went wrong with a query, as RFC 9457 problem details: <c>position</c> (character of the SQL, from 0), <c>line</c>
/// and <c>column</c> (from 1) where the place is known, <c>hint</c> where there is one.
/// </summary>
public static class SqlProblems
{
    /// <summary>400: the gate refused the SQL, or a table is unknown.</summary>
    public static SqlProblemException Rejected(string? sql, SqlRejectedException rejected)
    {
        bool unknownTable = rejected.NearTables is not null;
        ProblemDetails details = Details(
            StatusCodes.Status400BadRequest,
            unknownTable ? "unknown-table" : "bad-sql",
            unknownTable ? "No such table" : "SQL not accepted",
            rejected.Message,
            rejected.Hint);
        if (rejected.NearTables is { } near)
            details.Extensions["nearTables"] = near;
        if (rejected.Position is { } bytes && sql is not null)
            Locate(details, sql, CharactersBefore(sql, bytes));
        return new SqlProblemException(details);
    }

    /// <summary>400 for wrong SQL, 507 where a limit on memory or size was met, 500 for a lake that cannot be read or a defect.</summary>
    public static SqlProblemException Failed(string? sql, SandboxError error, SandboxOptions options)
    {
        ProblemDetails details = error.Kind switch
        {
            SandboxErrorKind.Memory => Details(StatusCodes.Status507InsufficientStorage, "out-of-memory", "The query needs too much memory", error.Message, $"A query may use {options.MemoryMiB} MiB: aggregate or filter earlier, or read fewer columns."),
            SandboxErrorKind.RowTooLarge => Details(StatusCodes.Status507InsufficientStorage, "row-too-large", "A row is too large", error.Message, "Select fewer columns, or parts of the long values."),
            SandboxErrorKind.Lake => Details(StatusCodes.Status500InternalServerError, "lake-unreadable", "The lake cannot be read", error.Message, null),
            SandboxErrorKind.Engine => Details(StatusCodes.Status500InternalServerError, "query-failed", "The query failed", error.Message, null),
            _ => Details(StatusCodes.Status400BadRequest, "bad-sql", "The SQL failed", error.Message, error.Hint),
        };
        if (error.Position is { } position && sql is not null)
            Locate(details, sql, position);
        return new SqlProblemException(details);
    }

    internal static ProblemDetails Details(int status, string type, string title, string detail, string? hint)
    {
        ProblemDetails details = new()
        {
            Status = status,
            Type = $"urn:lakehouse:problem:{type}",
            Title = title,
            Detail = detail,
        };
        if (hint is not null)
            details.Extensions["hint"] = hint;
        return details;
    }

    private static void Locate(ProblemDetails details, string sql, int position)
    {
        position = Math.Clamp(position, 0, sql.Length);
        int lineStart = position == 0 ? 0 : sql.LastIndexOf('\n', position - 1) + 1;
        details.Extensions["position"] = position;
        details.Extensions["line"] = sql.AsSpan(0, position).Count('\n') + 1;
        details.Extensions["column"] = position - lineStart + 1;
    }

    /// <summary>DuckDB counts bytes of UTF-8, everybody else characters.</summary>
    private static int CharactersBefore(string sql, int bytes)
    {
        byte[] text = Encoding.UTF8.GetBytes(sql);
        return Encoding.UTF8.GetCharCount(text, 0, Math.Clamp(bytes, 0, text.Length));
    }
}
