using System.Globalization;
using System.Numerics;
using System.Text.Json;
using Lakehouse.Delta;
using Lakehouse.Engine.Scan;

namespace Lakehouse.Engine.Sql;

/// <summary>Reads from DuckDB's syntax tree of a SELECT what each mention of a table demands of the table's rows.</summary>
/// <remarks>Only comparisons of a plain column with a constant, joined by AND and OR in the WHERE of the very SELECT that names the
/// table, are understood; anything else demands nothing, so that a misread query reads too many files, never too few. Such a
/// comparison is false or null for a null, so it holds for outer joins too: a row that a pruned file would have filled comes out
/// filled with nulls and is then filtered like the row it stands for. IS NULL is not of that kind and counts only where a SELECT
/// reads a single table. Where a row's presence matters before WHERE looks at it (ASOF and POSITIONAL joins match it against others,
/// samples count it, SEMI and ANTI joins hide its columns) nothing is read. All mentions share one view, so a mention that is found
/// anywhere but in a SELECT's FROM, under PIVOT for one, wants all of its table.</remarks>
internal static class SqlPredicates
{
    /// <summary>For each table that is mentioned: what all mentions together want (null = everything).</summary>
    /// <param name="syntaxTree">The answer of <c>json_serialize_sql</c>.</param>
    /// <param name="schemaOf">The schema of a lake table; null when there is none of that name.</param>
    public static Dictionary<TableName, FilePredicate?> Read(string syntaxTree, Func<TableName, StructType?> schemaOf)
    {
        using var document = JsonDocument.Parse(syntaxTree, new JsonDocumentOptions { MaxDepth = 2000 });
        var root = document.RootElement;
        if (IsError(root)) return [];
        var walk = new TreeWalk(schemaOf);
        walk.Visit(root);
        return walk.NamesTablesInText ? [] : walk.Wanted;
    }

    /// <summary>Whether DuckDB's syntax tree says that the SQL is not a query: it serializes nothing else.</summary>
    public static bool IsError(string syntaxTree)
    {
        using var document = JsonDocument.Parse(syntaxTree, new JsonDocumentOptions { MaxDepth = 2000 });
        return IsError(document.RootElement);
    }

    private static bool IsError(JsonElement root) => root.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.True;

    /// <summary>One pass over the tree that gathers what every mention wants.</summary>
    private sealed class TreeWalk(Func<TableName, StructType?> schemaOf)
    {
        public Dictionary<TableName, FilePredicate?> Wanted { get; } = [];

        /// <summary><c>query</c> and <c>query_table</c> read tables that only a string names.</summary>
        public bool NamesTablesInText { get; private set; }

        public void Visit(JsonElement element)
        {
            if (element.ValueKind == JsonValueKind.Array)
            {
                foreach (var item in element.EnumerateArray()) Visit(item);
                return;
            }
            if (element.ValueKind != JsonValueKind.Object) return;
            switch (Text(element, "type"))
            {
                case "SELECT_NODE" when element.TryGetProperty("from_table", out var from):
                    Ask(element, from);
                    foreach (var property in element.EnumerateObject())
                    {
                        if (property.NameEquals("from_table")) VisitFrom(property.Value);
                        else Visit(property.Value);
                    }
                    return;
                case "BASE_TABLE" when NameOf(element) is { } name:
                    Want(name, null);
                    break;
                case "TABLE_FUNCTION" when element.TryGetProperty("function", out var function) && Text(function, "function_name")?.ToUpperInvariant() is "QUERY" or "QUERY_TABLE":
                    NamesTablesInText = true;
                    break;
            }
            foreach (var property in element.EnumerateObject()) Visit(property.Value);
        }

        /// <summary>Goes on below the tables that <see cref="Ask"/> has read.</summary>
        private void VisitFrom(JsonElement from)
        {
            var type = Text(from, "type");
            if (type is not ("JOIN" or "BASE_TABLE"))
            {
                Visit(from);
                return;
            }
            foreach (var property in from.EnumerateObject())
            {
                if (type == "JOIN" && (property.NameEquals("left") || property.NameEquals("right"))) VisitFrom(property.Value);
                else Visit(property.Value);
            }
        }

        private void Ask(JsonElement select, JsonElement from)
        {
            var scope = new SelectScope(from, schemaOf);
            var readable = scope.FiltersOnly && !select.TryGetProperty("sample", out _);
            foreach (var mention in scope.Mentions)
                Want(mention.Name, readable && select.TryGetProperty("where_clause", out var where) ? scope.Read(where, mention) : null);
        }

        private void Want(TableName name, FilePredicate? predicate) =>
            Wanted[name] = Wanted.TryGetValue(name, out var before)
                ? before is null || predicate is null ? null : new FilePredicate.Or([before, predicate])
                : predicate;
    }

    private static TableName? NameOf(JsonElement table) => TableName.IsValidPart(Text(table, "schema_name")) && TableName.IsValidPart(Text(table, "table_name"))
        ? new TableName(Text(table, "schema_name")!, Text(table, "table_name")!)
        : null;

    private static string? Text(JsonElement element, string property) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(property, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>A table in a FROM clause, under the alias that the query gives it.</summary>
    private sealed record Mention(TableName Name, string Alias, StructType Schema);

    /// <summary>The tables of one SELECT, by which its columns are told apart.</summary>
    private sealed class SelectScope
    {
        private readonly HashSet<string> _shared = new(StringComparer.OrdinalIgnoreCase);
        private bool _othersToo;

        public SelectScope(JsonElement from, Func<TableName, StructType?> schemaOf) => Collect(from, schemaOf);

        public List<Mention> Mentions { get; } = [];

        /// <summary>Whether WHERE is the first to look at whether a row is there: leaving out beforehand what it drops changes nothing.</summary>
        public bool FiltersOnly { get; private set; } = true;

        public FilePredicate? Read(JsonElement expression, Mention mention)
        {
            var type = Text(expression, "type");
            switch (Text(expression, "class"))
            {
                case "CONJUNCTION" when expression.TryGetProperty("children", out var children):
                    var parts = children.EnumerateArray().Select(child => Read(child, mention)).ToList();
                    if (type == "CONJUNCTION_OR") return parts.Count == 0 || parts.Contains(null) ? null : new FilePredicate.Or(parts!);
                    List<FilePredicate> known = [.. parts.OfType<FilePredicate>()];
                    return known.Count == 0 ? null : known.Count == 1 ? known[0] : new FilePredicate.And(known);
                case "COMPARISON":
                    return ReadComparison(expression, type, mention);
                case "BETWEEN":
                    var low = Comparison(mention, Part(expression, "input"), "COMPARE_GREATERTHANOREQUALTO", Part(expression, "lower"));
                    var high = Comparison(mention, Part(expression, "input"), "COMPARE_LESSTHANOREQUALTO", Part(expression, "upper"));
                    return low is null ? high : high is null ? low : new FilePredicate.And([low, high]);
                case "OPERATOR" when expression.TryGetProperty("children", out var operands) && operands.GetArrayLength() > 0:
                    return ReadOperator(type, [.. operands.EnumerateArray()], mention);
                default:
                    return null;
            }
        }

        private FilePredicate? ReadComparison(JsonElement expression, string? type, Mention mention)
        {
            var left = Part(expression, "left");
            var right = Part(expression, "right");
            return Comparison(mention, left, type, right) ?? Comparison(mention, right, Mirrored(type), left);
        }

        private FilePredicate? ReadOperator(string? type, List<JsonElement> operands, Mention mention)
        {
            if (type == "COMPARE_IN")
            {
                var tests = operands.Skip(1).Select(value => Comparison(mention, operands[0], "COMPARE_EQUAL", value)).ToList();
                return tests.Count == 0 || tests.Contains(null) ? null : new FilePredicate.Or(tests!);
            }
            if (type == "OPERATOR_IS_NOT_NULL" && Column(operands[0], mention) is { } present) return new FilePredicate.Test(present.Name, Scan.Comparison.IsNotNull);
            if (type == "OPERATOR_IS_NULL" && !_othersToo && Mentions.Count == 1 && Column(operands[0], mention) is { } absent) return new FilePredicate.Test(absent.Name, Scan.Comparison.IsNull);
            return null;
        }

        private FilePredicate.Test? Comparison(Mention mention, JsonElement column, string? type, JsonElement constant)
        {
            Comparison? comparison = type switch
            {
                "COMPARE_EQUAL" => Scan.Comparison.Equal,
                "COMPARE_LESSTHAN" => Scan.Comparison.Less,
                "COMPARE_LESSTHANOREQUALTO" => Scan.Comparison.LessOrEqual,
                "COMPARE_GREATERTHAN" => Scan.Comparison.Greater,
                "COMPARE_GREATERTHANOREQUALTO" => Scan.Comparison.GreaterOrEqual,
                _ => null,
            };
            if (comparison is null || Column(column, mention) is not { } field) return null;
            var value = SqlConstantReader.Read(constant, field.Type);
            return value is null ? null : new FilePredicate.Test(field.Name, comparison.Value, value);
        }

        /// <summary>The mention's column that an expression is, for sure.</summary>
        private StructField? Column(JsonElement expression, Mention mention)
        {
            if (Text(expression, "class") != "COLUMN_REF" || !expression.TryGetProperty("column_names", out var array)) return null;
            var names = array.EnumerateArray().Select(name => name.GetString()!).ToList();
            if (names.Count == 1)
            {
                // Without a qualifier it is this table's only if no other in the same FROM has such a column. USING makes one of several,
                // whose type may be another's.
                if (_shared.Contains(names[0])) return null;
                var holders = Mentions.Count(other => other.Schema.Find(names[0]) is not null);
                return holders == 1 ? mention.Schema.Find(names[0]) : null;
            }
            if (names.Count == 2 && names[0].Equals(mention.Alias, StringComparison.OrdinalIgnoreCase)
                && Mentions.Count(other => other.Alias.Equals(mention.Alias, StringComparison.OrdinalIgnoreCase)) == 1)
                return mention.Schema.Find(names[1]);
            return null;
        }

        private void Collect(JsonElement from, Func<TableName, StructType?> schemaOf)
        {
            if (from.TryGetProperty("sample", out _)) FiltersOnly = false;
            switch (Text(from, "type"))
            {
                case "JOIN":
                    FiltersOnly &= Text(from, "ref_type") is "REGULAR" or "CROSS" && Text(from, "join_type") is "INNER" or "LEFT" or "RIGHT" or "FULL";
                    if (from.TryGetProperty("using_columns", out var columns)) _shared.UnionWith(columns.EnumerateArray().Select(column => column.GetString()!));
                    if (from.TryGetProperty("left", out var left)) Collect(left, schemaOf);
                    if (from.TryGetProperty("right", out var right)) Collect(right, schemaOf);
                    break;
                case "BASE_TABLE" when NameOf(from) is { } name:
                    // Renamed references would need more thought than they are worth.
                    var plain = !from.TryGetProperty("column_name_alias", out var aliases) || aliases.ValueKind != JsonValueKind.Array || aliases.GetArrayLength() == 0;
                    if (schemaOf(name) is { } schema) Mentions.Add(new Mention(name, Text(from, "alias") is { Length: > 0 } alias ? alias : name.Name, plain ? schema : new StructType([])));
                    else _othersToo = true;
                    break;
                case "EMPTY" or null:
                    break;
                default:
                    _othersToo = true;
                    break;
            }
        }

        private static JsonElement Part(JsonElement element, string property) => element.TryGetProperty(property, out var value) ? value : default;

        private static string? Mirrored(string? type) => type switch
        {
            "COMPARE_LESSTHAN" => "COMPARE_GREATERTHAN",
            "COMPARE_LESSTHANOREQUALTO" => "COMPARE_GREATERTHANOREQUALTO",
            "COMPARE_GREATERTHAN" => "COMPARE_LESSTHAN",
            "COMPARE_GREATERTHANOREQUALTO" => "COMPARE_LESSTHANOREQUALTO",
            _ => type,
        };
    }
}
