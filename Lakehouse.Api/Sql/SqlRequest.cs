using System.Text.Json.Serialization;

namespace Lakehouse.Api.Sql;

/// <summary>The body of <c>POST /api/v1/sql</c>. Members that are not listed here are refused, so that a typing error is not ignored.</summary>
/// <param name="Sql">One SELECT over tables written <c>schema.table</c>.</param>
/// <param name="Limit">The most rows of a page.</param>
/// <param name="TimeoutSeconds">How long a page may take.</param>
/// <param name="Versions">Versions of tables to read instead of the latest, by <c>schema.table</c>.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record SqlRequest(string? Sql, int? Limit = null, double? TimeoutSeconds = null, IReadOnlyDictionary<string, long>? Versions = null);
