using System.Collections.Frozen;
using Lakehouse.Engine;
using Lakehouse.Transform.Jinja;

namespace Lakehouse.Transform;

/// <summary>What <c>ref</c>, <c>source</c>, <c>changes</c> and <c>this</c> give: a name that SQL can read from, with dbt's attributes.</summary>
internal sealed class Relation(TableName name, ProjectNode? node) : IJinjaObject
{
    // Names need no quotes by TableName's rule, except where DuckDB reserves the word.
    private static readonly FrozenSet<string> Reserved = (
        "all analyse analyze and any array as asc asymmetric both case cast check collate column constraint create default deferrable desc "
        + "describe distinct do else end except false fetch for foreign from group having in initially intersect into lambda lateral leading "
        + "limit not null offset on only or order pivot pivot_longer pivot_wider placing primary qualify references returning select show some "
        + "summarize symmetric table then to trailing true union unique unpivot using variadic when where window with")
        .Split(' ').ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    public TableName Name => name;

    /// <summary>The node it stands for; null for names outside the graph.</summary>
    public ProjectNode? Node => node;

    public bool TryGetAttribute(string attribute, out object? value)
    {
        value = attribute switch
        {
            "schema" => name.Schema,
            "identifier" or "name" or "table" => name.Name,
            "database" => "lake",
            "type" => node is ModelNode { IsStored: false } ? "view" : "table",
            "is_table" => node is not ModelNode { IsStored: false },
            "is_view" => node is ModelNode { IsStored: false },
            "is_cte" => false,
            "render" or "include" or "quote" or "without_identifier" => new JinjaFunction($"relation.{attribute}", _ => this),
            _ => null,
        };
        return value is not null;
    }

    public override string ToString() => Render(name);

    /// <summary>The name as SQL takes it.</summary>
    public static string Render(TableName name) => $"{Quote(name.Schema)}.{Quote(name.Name)}";

    private static string Quote(string part) => Reserved.Contains(part) ? $"\"{part}\"" : part;
}
