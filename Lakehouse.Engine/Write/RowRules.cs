using System.Text.Json;
using Lakehouse.Delta;
using Lakehouse.Engine.Sql;

namespace Lakehouse.Engine.Write;

/// <summary>A condition that every row of a table must satisfy.</summary>
/// <param name="Name">What the error calls it.</param>
/// <param name="Text">The condition as the table's metadata has it.</param>
/// <param name="Condition">The condition for DuckDB, over the table's columns.</param>
internal sealed record RowRule(string Name, string Text, string Condition);

/// <summary>
/// What a table's metadata demands of new rows: NOT NULL in nested fields, invariants, CHECK constraints, and columns that are
/// generated from others or have a default (PROTOCOL.md, "Column Invariants", "CHECK Constraints", "Generated Columns", "Default
/// Columns").
/// </summary>
internal sealed class RowRules
{
    /// <summary>Stands before the number of the broken rule and the row in DuckDB's message.</summary>
    private const string Mark = "lakehouse broken rule ";

    /// <summary>No rules.</summary>
    public static readonly RowRules None = new([]);

    private RowRules(IReadOnlyList<RowRule> rules) => Rules = rules;

    /// <summary>The rules to check, cheap ones first.</summary>
    public IReadOnlyList<RowRule> Rules { get; }

    /// <summary>The rules for rows in which the query gives these columns.</summary>
    public static RowRules Of(Metadata metadata, IReadOnlyList<StructField> given)
    {
        var rules = new List<RowRule>();
        foreach (var field in metadata.Schema.Fields)
        {
            AddNested(field, SqlText.Name(field.Name), field.Name, "", rules);
            if (Invariant(field) is { } invariant) rules.Add(new RowRule($"invariant of column '{field.Name}'", invariant, SparkExpression.ToDuckDb(invariant, metadata.Schema)));
        }
        foreach (var (key, text) in metadata.Configuration)
        {
            if (key.StartsWith(TableProperties.ConstraintPrefix, StringComparison.Ordinal))
                rules.Add(new RowRule($"CHECK constraint '{key[TableProperties.ConstraintPrefix.Length..]}'", text, SparkExpression.ToDuckDb(text, metadata.Schema)));
        }
        foreach (var field in given)
        {
            if (Generated(field) is { } text)
                rules.Add(new RowRule($"generated column '{field.Name}'", text, $"{SqlText.Name(field.Name)} IS NOT DISTINCT FROM CAST({SparkExpression.ToDuckDb(text, metadata.Schema)} AS {DeltaTypes.ToDuckDb(field.Type)})"));
        }
        return rules.Count == 0 ? None : new RowRules(rules);
    }

    /// <summary>The expression that generates a column, or null.</summary>
    public static string? Generated(StructField field) => Text(field, "delta.generationExpression");

    /// <summary>The expression for a column that a write leaves out, or null.</summary>
    public static string? Default(StructField field) => Text(field, "CURRENT_DEFAULT");

    /// <summary>A column's value, unless the row breaks a rule: then the query fails with a message that <see cref="Read"/> understands.</summary>
    /// <param name="value">The value.</param>
    /// <param name="row">The row as a struct, for the message.</param>
    public string Guard(string value, string row)
    {
        for (var i = Rules.Count - 1; i >= 0; i--)
            value = $"CASE WHEN coalesce(({Rules[i].Condition}), false) THEN {value} ELSE error('{Mark}' || {i} || ' ' || to_json({row})) END";
        return value;
    }

    /// <summary>The broken rule and the row's values out of DuckDB's message; null when it is about something else.</summary>
    public (RowRule Rule, string Row)? Read(string message)
    {
        var start = message.IndexOf(Mark, StringComparison.Ordinal);
        if (start < 0) return null;
        var rest = message[(start + Mark.Length)..];
        var space = rest.IndexOf(' ', StringComparison.Ordinal);
        return int.TryParse(rest.AsSpan(0, space), out var index) ? (Rules[index], rest[(space + 1)..]) : null;
    }

    private static void AddNested(StructField field, string value, string path, string unless, List<RowRule> rules)
    {
        if (field.Type is not StructType nested) return;
        var absent = unless + $"{value} IS NULL OR ";
        foreach (var below in nested.Fields)
        {
            var inner = $"struct_extract({value}, {SqlText.Literal(below.Name)})";
            if (!below.Nullable) rules.Add(new RowRule($"NOT NULL of column '{path}.{below.Name}'", $"{path}.{below.Name} IS NOT NULL", $"{absent}{inner} IS NOT NULL"));
            AddNested(below, inner, $"{path}.{below.Name}", absent, rules);
        }
    }

    private static string? Text(StructField field, string key) =>
        field.Metadata.TryGetValue(key, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>An invariant is JSON in a text: <c>{"expression": {"expression": "x > 3"}}</c>.</summary>
    private static string? Invariant(StructField field)
    {
        if (Text(field, "delta.invariants") is not { } json) return null;
        using var document = JsonDocument.Parse(json);
        return document.RootElement.TryGetProperty("expression", out var outer) && outer.TryGetProperty("expression", out var inner) ? inner.GetString() : null;
    }
}
