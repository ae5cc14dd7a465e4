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
/// reads a single table.</remarks>
internal static class SqlPredicates
{
    /// <summary>For each table that is mentioned: what all mentions together want (null = everything).</summary>
    /// <param name="syntaxTree">The answer of <c>json_serialize_sql</c>.</param>
    /// <param name="schemaOf">The schema of a lake table; null when there is none of that name.</param>
    public static Dictionary<TableName, FilePredicate?> Read(string syntaxTree, Func<TableName, StructType?> schemaOf)
    {
        var wanted = new Dictionary<TableName, FilePredicate?>();
        using var document = JsonDocument.Parse(syntaxTree, new JsonDocumentOptions { MaxDepth = 2000 });
        var root = document.RootElement;
        if (root.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.True) return wanted;
        Walk(root, wanted, schemaOf);
        return wanted;
    }

    private static void Walk(JsonElement element, Dictionary<TableName, FilePredicate?> wanted, Func<TableName, StructType?> schemaOf)
    {
        if (element.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in element.EnumerateArray()) Walk(item, wanted, schemaOf);
            return;
        }
        if (element.ValueKind != JsonValueKind.Object) return;
        if (Text(element, "type") == "SELECT_NODE" && element.TryGetProperty("from_table", out var from))
        {
            var select = new SelectScope(from, schemaOf);
            var where = element.TryGetProperty("where_clause", out var clause) ? clause : default;
            foreach (var mention in select.Mentions)
            {
                var predicate = where.ValueKind == JsonValueKind.Object ? select.Read(where, mention) : null;
                wanted[mention.Name] = wanted.TryGetValue(mention.Name, out var before)
                    ? before is null || predicate is null ? null : new FilePredicate.Or([before, predicate])
                    : predicate;
            }
        }
        foreach (var property in element.EnumerateObject()) Walk(property.Value, wanted, schemaOf);
    }

    private static string? Text(JsonElement element, string property) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(property, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>A table in a FROM clause, under the alias that the query gives it.</summary>
    private sealed record Mention(TableName Name, string Alias, StructType Schema);

    /// <summary>The tables of one SELECT, by which its columns are told apart.</summary>
    private sealed class SelectScope
    {
        private bool _othersToo;

        public SelectScope(JsonElement from, Func<TableName, StructType?> schemaOf) => Collect(from, schemaOf);

        public List<Mention> Mentions { get; } = [];

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
                // Without a qualifier it is this table's only if no other in the same FROM has such a column.
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
            switch (Text(from, "type"))
            {
                case "JOIN":
                    if (from.TryGetProperty("left", out var left)) Collect(left, schemaOf);
                    if (from.TryGetProperty("right", out var right)) Collect(right, schemaOf);
                    break;
                case "BASE_TABLE" when TableName.IsValidPart(Text(from, "schema_name")) && TableName.IsValidPart(Text(from, "table_name")):
                    var name = new TableName(Text(from, "schema_name")!, Text(from, "table_name")!);
                    // Renamed or sampled references would need more thought than they are worth.
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
