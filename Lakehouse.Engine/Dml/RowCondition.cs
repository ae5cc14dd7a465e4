using System.Text.Json;
using Lakehouse.Delta;
using Lakehouse.DuckDb;
using Lakehouse.Engine.Scan;
using Lakehouse.Engine.Sql;

namespace Lakehouse.Engine.Dml;

/// <summary>What a condition in SQL tells about the files in which it may hold.</summary>
internal static class RowCondition
{
    private static readonly TableName Stand = new("lake_dml", "target");

    /// <summary>Whether the values of SQL expressions over a row hang on that row alone: they ask no other row, of this table or another.
    /// False when it cannot be told.</summary>
    public static async Task<bool> HangOnRowAloneAsync(DuckDbConnection connection, IEnumerable<string> expressions, CancellationToken cancellationToken)
    {
        var list = string.Join(", ", expressions.Select(expression => $"({expression}\n)"));
        if (list.Length == 0) return true;
        try
        {
            using var tree = await ParseAsync(connection, $"SELECT {list}", cancellationToken).ConfigureAwait(false);
            if (tree is null) return false;
            var asks = false;
            var calls = false;
            Walk(tree.RootElement, node =>
            {
                asks |= node is "SUBQUERY" or "WINDOW";
                calls |= node is "FUNCTION";
            });
            return !asks && (!calls || await connection.ScalarAsync<long>("SELECT count(*) FROM duckdb_functions() WHERE NOT internal AND function_type = 'macro'", cancellationToken).ConfigureAwait(false) == 0);
        }
        catch (DuckDbException)
        {
            // Not SQL at all: running it says what is wrong.
            return false;
        }
    }

    /// <summary>Whether SQL may read the table that it is to change. It may well not: its name can stand for something else.</summary>
    public static bool MayName(LakeTable table, string sql) =>
        (table.Name.Name is null ? sql.Contains(Path.GetFileName(table.ToString().TrimEnd('/')), StringComparison.OrdinalIgnoreCase) : TableMentions.Find(SqlTokenizer.Tokenize(sql)).Contains(table.Name))
        || (table.Log.TablePath.Length > 0 && sql.Contains(table.Log.TablePath, StringComparison.OrdinalIgnoreCase));

    /// <summary>The pairs of columns that a merge's condition demands to be equal, and whether null equals null in them.</summary>
    public static async Task<IReadOnlyList<(string Target, string Source, bool NullsToo)>> EqualColumnsAsync(DuckDbConnection connection, string on, string target, string source, CancellationToken cancellationToken)
    {
        var pairs = new List<(string, string, bool)>();
        try
        {
            using var tree = await ParseAsync(connection, $"SELECT 1 FROM {Stand} WHERE ({on}\n)", cancellationToken).ConfigureAwait(false);
            if (tree is not null && tree.RootElement.GetProperty("statements")[0].GetProperty("node").TryGetProperty("where_clause", out var where)) Collect(where);
        }
        catch (DuckDbException)
        {
            // As above.
        }
        return pairs;

        void Collect(JsonElement expression)
        {
            var type = expression.GetProperty("type").GetString();
            if (type == "CONJUNCTION_AND")
            {
                foreach (var part in expression.GetProperty("children").EnumerateArray()) Collect(part);
            }
            else if (type is "COMPARE_EQUAL" or "COMPARE_NOT_DISTINCT_FROM")
            {
                var (left, right) = (Column(expression.GetProperty("left")), Column(expression.GetProperty("right")));
                if (Is(left, target) && Is(right, source)) pairs.Add((left![1], right![1], type != "COMPARE_EQUAL"));
                else if (Is(left, source) && Is(right, target)) pairs.Add((right![1], left![1], type != "COMPARE_EQUAL"));
            }
        }

        static string[]? Column(JsonElement expression) =>
            expression.GetProperty("class").GetString() == "COLUMN_REF" ? [.. expression.GetProperty("column_names").EnumerateArray().Select(name => name.GetString()!)] : null;

        static bool Is(string[]? column, string side) => column is [var table, _] && table.Equals(side, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>The files' part of a condition; null when it tells nothing.</summary>
    public static async Task<FilePredicate?> FilesAsync(DuckDbConnection connection, Snapshot snapshot, string where, string alias, CancellationToken cancellationToken)
    {
        try
        {
            var tree = await connection.ScalarAsync<string>(
                $"SELECT json_serialize_sql({SqlText.Literal($"SELECT 1 FROM {Stand} AS {SqlText.Name(alias)} WHERE ({where}\n)")}, skip_null := true, skip_empty := true)::VARCHAR", cancellationToken).ConfigureAwait(false);
            return tree is null || SqlPredicates.IsError(tree) ? null : SqlPredicates.Read(tree, name => name == Stand ? snapshot.Schema : null).GetValueOrDefault(Stand);
        }
        catch (DuckDbException)
        {
            // Not SQL at all: running it says what is wrong.
            return null;
        }
    }

    /// <summary>DuckDB's syntax tree of a query; null when it is none.</summary>
    private static async Task<JsonDocument?> ParseAsync(DuckDbConnection connection, string sql, CancellationToken cancellationToken)
    {
        var tree = await connection.ScalarAsync<string>($"SELECT json_serialize_sql({SqlText.Literal(sql)}, skip_null := true, skip_empty := true)::VARCHAR", cancellationToken).ConfigureAwait(false);
        return tree is null || SqlPredicates.IsError(tree) ? null : JsonDocument.Parse(tree, new JsonDocumentOptions { MaxDepth = 2000 });
    }

    private static void Walk(JsonElement element, Action<string> visit)
    {
        if (element.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in element.EnumerateArray()) Walk(item, visit);
        }
        else if (element.ValueKind == JsonValueKind.Object)
        {
            // Operators are functions too in the tree; macros never are operators.
            if (element.TryGetProperty("class", out var kind) && kind.ValueKind == JsonValueKind.String
                && !(element.TryGetProperty("is_operator", out var isOperator) && isOperator.ValueKind == JsonValueKind.True)) visit(kind.GetString()!);
            foreach (var property in element.EnumerateObject()) Walk(property.Value, visit);
        }
    }
}
