using Lakehouse.Api.Sandbox;

namespace Lakehouse.Api.Sql;

/// <summary>What a request asks for, checked against what the service allows.</summary>
public sealed record SqlLimits(string Sql, int Limit, TimeSpan Timeout)
{
    /// <exception cref="SqlRejectedException">Something is missing or outside its bounds.</exception>
    public static SqlLimits Of(SqlRequest request, SandboxOptions options)
    {
        if (string.IsNullOrWhiteSpace(request.Sql))
            throw new SqlRejectedException("The request has no SQL.", null, "Send {\"sql\": \"SELECT …\"}.");
        if (request.Sql.Length > options.MaxSqlLength)
            throw new SqlRejectedException($"The SQL has {request.Sql.Length:N0} characters; {options.MaxSqlLength:N0} are allowed.", null, null);
        if (request.Sql.Contains('\0'))
            throw new SqlRejectedException("The SQL holds the character U+0000.", request.Sql.IndexOf('\0'), null);
        int limit = request.Limit ?? options.DefaultLimit;
        if (limit < 1 || limit > options.MaxLimit)
            throw new SqlRejectedException($"\"limit\" is {limit}; it must be from 1 to {options.MaxLimit}.", null, "Read further rows with nextPage.");
        double seconds = request.TimeoutSeconds ?? options.DefaultTimeout.TotalSeconds;
        if (!(seconds > 0 && seconds <= options.MaxTimeout.TotalSeconds))
            throw new SqlRejectedException($"\"timeoutSeconds\" is {seconds}; it must be above 0 and at most {options.MaxTimeout.TotalSeconds}.", null, null);
        return new SqlLimits(request.Sql, limit, TimeSpan.FromSeconds(seconds));
    }
}
