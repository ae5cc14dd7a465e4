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

    /// <summary>PostgreSQL's catalog functions by prefix: pg_get_viewdef and its like return the SQL, and so the paths, behind the tables.</summary>
    private const string CatalogFunctions = "pg_get_";

    /// <summary>How DuckDB's own views begin. It binds them wherever no common table expression of that name is in scope.</summary>
    private static readonly string[] CatalogViews = ["duckdb_", "pg_", "sqlite_", "pragma_", "information_schema"];

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
            walk.Visit(statements[0], null);
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
            return new SqlRejectedException("Only a single SELECT statement may be sent here.", null, "DESCRIBE HISTORY and DESCRIBE DETAIL of a table are answered too. Writing, settings, ATTACH, COPY, PRAGMA and EXPLAIN are not served; a bare PIVOT can be written as SELECT * FROM t PIVOT (…).");
        int? position = root.TryGetProperty("position", out JsonElement at) && int.TryParse(at.GetString(), out int value) ? value : null;
        return new SqlRejectedException(char.ToUpperInvariant(message[0]) + message[1..], position, null);
    }

    private sealed class Walk
    {
        private readonly HashSet<string> _seen = new(StringComparer.OrdinalIgnoreCase);

        public List<NamedTable> Tables { get; } = [];

        public void Visit(JsonElement element, Scope? scope)
        {
            RuntimeHelpers.EnsureSufficientExecutionStack();
            if (element.ValueKind == JsonValueKind.Array)
            {
                foreach (JsonElement item in element.EnumerateArray())
                    Visit(item, scope);
            }
            else if (element.ValueKind == JsonValueKind.Object)
            {
                VisitObject(element, scope);
            }
        }

        private void VisitObject(JsonElement element, Scope? scope)
        {
            string? type = Text(element, "type");
            if (Text(element, "class") is { } expression)
                CheckExpression(element, expression);
            else if (type is not null)
                CheckNode(element, type, scope);
            Scope? inner = VisitCommonTableExpressions(element, scope);
            foreach (JsonProperty property in element.EnumerateObject())
            {
                if (property.NameEquals("cte_map"))
                    continue;
                if (IsTableReference(property) && Text(property.Value, "type") is { } kind && !TableReferences.Contains(kind))
                    throw new SqlRejectedException($"FROM cannot read a {kind} here.", Position(property.Value), null);
                // Only the repeated half of a recursive expression sees the expression itself.
                bool seesItself = type == "RECURSIVE_CTE_NODE" && property.NameEquals("right");
                Visit(property.Value, seesItself ? new Scope(Text(element, "cte_name") ?? "", inner) : inner);
            }
        }

        /// <summary>
        /// Visits the WITH of a query and returns what the rest of the query sees. Each expression sees those before it, as in
        /// DuckDB; seen from anywhere else its name is a table of DuckDB's own or a file.
        /// </summary>
        private Scope? VisitCommonTableExpressions(JsonElement element, Scope? scope)
        {
            if (!Has(element, "cte_map") || !element.GetProperty("cte_map").TryGetProperty("map", out JsonElement map) || map.ValueKind != JsonValueKind.Array)
                return scope;
            foreach (JsonElement entry in map.EnumerateArray())
            {
                string name = entry.GetProperty("key").GetString() ?? "";
                CheckCommonTableName(name, null);
                Visit(entry.GetProperty("value"), scope);
                scope = new Scope(name, scope);
            }
            return scope;
        }

        /// <summary>Behind the scopes a second wall: no name that could stand for anything else gets through, should DuckDB see scopes otherwise.</summary>
        private static void CheckCommonTableName(string name, int? position)
        {
            if (name.AsSpan().IndexOfAny("/\\.:*?[") >= 0 || CatalogViews.Any(prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)))
                throw new SqlRejectedException($"A common table expression cannot be named {name} here.", position, "Name it with letters, digits and underscores, not like a file or a view of DuckDB's own.");
        }

        private void CheckExpression(JsonElement element, string expression)
        {
            if (expression == "PARAMETER")
                throw new SqlRejectedException("The statement has a parameter without a value.", Position(element), "Write the value into the SQL.");
            if (expression == "FUNCTION" && Text(element, "function_name") is { } name && (ForbiddenFunctions.Contains(name) || name.StartsWith(CatalogFunctions, StringComparison.OrdinalIgnoreCase)))
                throw new SqlRejectedException($"The function {name} is not allowed here.", Position(element), "It reads the server's state, not the lake's tables.");
        }

        private void CheckNode(JsonElement element, string type, Scope? scope)
        {
            switch (type)
            {
                case "BASE_TABLE":
                    AddTable(element, scope);
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

        private void AddTable(JsonElement element, Scope? scope)
        {
            string name = Text(element, "table_name") ?? "";
            string? schema = Text(element, "schema_name");
            string? catalog = Text(element, "catalog_name");
            if (schema is null && catalog is null && scope is not null && scope.Sees(name))
            {
                CheckCommonTableName(name, Position(element));
                return;
            }
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

    /// <summary>A common table expression that can be seen, and those seen beside it.</summary>
    private sealed record Scope(string Name, Scope? Others)
    {
        public bool Sees(string name)
        {
            for (Scope? scope = this; scope is not null; scope = scope.Others)
            {
                if (scope.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
                    return true;
            }
            return false;
        }
    }
}
