using System.Collections.Frozen;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Lakehouse.Api.Sandbox;

/// <summary>
/// Decides from the parsed form of a text (DuckDB's <c>json_serialize_sql</c>) whether it may run: exactly one SELECT,
/// reading tables of the lake and nothing else. The gate is the first of several walls; a query that found a way around
/// it still has no files, no network and no settings in its process.
/// </summary>
public static class SqlGate
{
    /// <summary>Table functions that make rows out of their arguments alone. Everything else reads files, settings or other SQL.</summary>
    private static readonly FrozenSet<string> TableFunctions = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        "range", "generate_series", "unnest", "repeat", "repeat_row", "json_each", "json_tree", "test_all_types", "pg_timezone_names", "icu_calendar_names");

    /// <summary>Scalar functions that look at or change the process instead of the data, or carry SQL in a string.</summary>
    private static readonly FrozenSet<string> ForbiddenFunctions = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        "getenv", "current_setting", "set_config", "getvariable", "write_log", "parse_duckdb_log_message", "which_secret", "query", "query_table",
        "json_serialize_plan", "json_serialize_sql", "json_deserialize_sql", "json_execute_serialized_sql", "nextval", "currval", "sql_auto_complete");

    /// <summary>Kinds of table references whose parts are checked like everything else in the tree.</summary>
    private static readonly FrozenSet<string> TableReferences = FrozenSet.Create(
        StringComparer.Ordinal, "BASE_TABLE", "TABLE_FUNCTION", "SUBQUERY", "JOIN", "EXPRESSION_LIST", "EMPTY", "PIVOT", "SHOW_REF");

    /// <summary>DuckDB stops at 1,000 nested expressions (<c>max_expression_depth</c>), each two or three JSON levels deep.</summary>
    private const int MaxDepth = 2500;

    /// <summary>Checks the parse of one request and returns the lake tables that it names, in the order they appear.</summary>
    /// <exception cref="SqlRejectedException">It is no SQL, not one SELECT, or reaches for something outside the lake.</exception>
    public static IReadOnlyList<NamedTable> Check(ReadOnlyMemory<byte> serialized)
    {
        using JsonDocument document = Parse(serialized);
        JsonElement root = document.RootElement;
        if (root.GetProperty("error").GetBoolean())
            throw ParseFailure(root);
        JsonElement statements = root.GetProperty("statements");
        if (statements.GetArrayLength() != 1)
            throw new SqlRejectedException(statements.GetArrayLength() == 0 ? "There is no SQL statement in the request." : "Send one statement at a time.", null, "Leave one SELECT and remove the rest.");
        Walk walk = new();
        try
        {
            walk.CollectNames(statements[0]);
            walk.Visit(statements[0]);
        }
        catch (InsufficientExecutionStackException)
        {
            throw TooDeep();
        }
        return walk.Tables;
    }

    private static JsonDocument Parse(ReadOnlyMemory<byte> serialized)
    {
        try
        {
            return JsonDocument.Parse(serialized, new JsonDocumentOptions { MaxDepth = MaxDepth });
        }
        catch (JsonException)
        {
            throw TooDeep();
        }
    }

    private static SqlRejectedException TooDeep() =>
        new("The statement is nested too deeply.", null, "Write long chains of operators as lists or as several common table expressions.");

    private static SqlRejectedException ParseFailure(JsonElement root)
    {
        string message = root.GetProperty("error_message").GetString() ?? "The SQL cannot be parsed.";
        if (message.StartsWith("Only SELECT", StringComparison.Ordinal))
            return new SqlRejectedException("Only a single SELECT statement may be sent here.", null, "Writing, settings, ATTACH, COPY, PRAGMA and EXPLAIN are not served; a bare PIVOT can be written as SELECT * FROM t PIVOT (…).");
        int? position = root.TryGetProperty("position", out JsonElement at) && int.TryParse(at.GetString(), out int value) ? value : null;
        return new SqlRejectedException(char.ToUpperInvariant(message[0]) + message[1..], position, null);
    }

    private sealed class Walk
    {
        private readonly HashSet<string> _commonTableExpressions = new(StringComparer.OrdinalIgnoreCase);
        private readonly HashSet<string> _seen = new(StringComparer.OrdinalIgnoreCase);

        public List<NamedTable> Tables { get; } = [];

        /// <summary>
        /// Names of common table expressions, wherever they stand. Lake tables are always written schema.table and such
        /// names never are, so scopes need not be told apart: outside its scope the name fails to bind.
        /// </summary>
        public void CollectNames(JsonElement element)
        {
            RuntimeHelpers.EnsureSufficientExecutionStack();
            if (element.ValueKind == JsonValueKind.Array)
            {
                foreach (JsonElement item in element.EnumerateArray())
                    CollectNames(item);
            }
            else if (element.ValueKind == JsonValueKind.Object)
            {
                foreach (JsonProperty property in element.EnumerateObject())
                {
                    if (property.NameEquals("cte_map") && property.Value.ValueKind == JsonValueKind.Object && property.Value.TryGetProperty("map", out JsonElement map) && map.ValueKind == JsonValueKind.Array)
                    {
                        foreach (JsonElement entry in map.EnumerateArray())
                            _commonTableExpressions.Add(entry.GetProperty("key").GetString()!);
                    }
                    CollectNames(property.Value);
                }
            }
        }

        public void Visit(JsonElement element)
        {
            RuntimeHelpers.EnsureSufficientExecutionStack();
            if (element.ValueKind == JsonValueKind.Array)
            {
                foreach (JsonElement item in element.EnumerateArray())
                    Visit(item);
            }
            else if (element.ValueKind == JsonValueKind.Object)
            {
                VisitObject(element);
            }
        }

        private void VisitObject(JsonElement element)
        {
            if (Text(element, "class") is { } expression)
                CheckExpression(element, expression);
            else if (Text(element, "type") is { } type)
                CheckNode(element, type);
            foreach (JsonProperty property in element.EnumerateObject())
            {
                if (IsTableReference(property) && Text(property.Value, "type") is { } kind && !TableReferences.Contains(kind))
                    throw new SqlRejectedException($"FROM cannot read a {kind} here.", Position(property.Value), null);
                Visit(property.Value);
            }
        }

        private void CheckExpression(JsonElement element, string expression)
        {
            if (expression == "PARAMETER")
                throw new SqlRejectedException("The statement has a parameter without a value.", Position(element), "Write the value into the SQL.");
            if (expression == "FUNCTION" && Text(element, "function_name") is { } name && ForbiddenFunctions.Contains(name))
                throw new SqlRejectedException($"The function {name} is not allowed here.", Position(element), "It reads the server's state, not the lake's tables.");
        }

        private void CheckNode(JsonElement element, string type)
        {
            switch (type)
            {
                case "BASE_TABLE":
                    AddTable(element);
                    break;
                case "TABLE_FUNCTION":
                    CheckTableFunction(element.GetProperty("function"));
                    break;
                case "SHOW_REF" when !Has(element, "query"):
                    throw new SqlRejectedException("SHOW is not served here.", Position(element), "GET /api/v1/tables lists the tables; DESCRIBE schema.table shows the columns of one.");
            }
        }

        private static void CheckTableFunction(JsonElement function)
        {
            string name = Text(function, "function_name") ?? "";
            if (!TableFunctions.Contains(name))
                throw new SqlRejectedException($"The table function {name} is not allowed here.", Position(function), $"Read tables of the lake as schema.table; of the table functions only {string.Join(", ", TableFunctions.Order())} are served.");
        }

        private void AddTable(JsonElement element)
        {
            string name = Text(element, "table_name") ?? "";
            string? schema = Text(element, "schema_name");
            string? catalog = Text(element, "catalog_name");
            if (schema is null && catalog is null && _commonTableExpressions.Contains(name))
                return;
            NamedTable table = new(catalog, schema, name, Position(element));
            if (Has(element, "at_clause"))
                throw new SqlRejectedException($"AT is not served for {table}.", table.Position, "Give the version in the request: \"versions\": {\"schema.table\": 3}.");
            if (_seen.Add(table.ToString()))
                Tables.Add(table);
        }

        private static bool IsTableReference(JsonProperty property) => property.NameEquals("from_table") || property.NameEquals("source");

        private static bool Has(JsonElement element, string name) =>
            element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Object;

        private static int? Position(JsonElement element) =>
            element.TryGetProperty("query_location", out JsonElement at) && at.TryGetInt32(out int position) ? position : null;

        private static string? Text(JsonElement element, string name) =>
            element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text ? text : null;
    }
}
