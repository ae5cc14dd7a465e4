using System.Security.Cryptography;
using System.Text;
using Lakehouse.Engine;
using Lakehouse.Transform.Jinja;

namespace Lakehouse.Transform;

/// <summary>A table or view that a query reads.</summary>
/// <param name="Node">What it is.</param>
/// <param name="Name">The name it has in the query.</param>
/// <param name="IsChanges">Whether the query reads what came and went, rather than what is there.</param>
internal readonly record struct QueryInput(ProjectNode Node, TableName Name, bool IsChanges);

/// <summary>Whether any of the changes that a query takes in fulfils a condition: asked by <c>changes_have()</c>.</summary>
internal readonly record struct ChangeQuestion(TableName Changes, string Condition);

/// <summary>A query as DuckDB takes it, with what it reads.</summary>
internal sealed record CompiledQuery(string Sql, IReadOnlyList<QueryInput> Inputs, bool ReadsThis, IReadOnlyList<ChangeQuestion> Questions)
{
    /// <summary>Tells apart two states of a model's SQL.</summary>
    public string Checksum { get; } = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Sql)));
}

/// <summary>A rule on single rows: SQL that is true for a row of <c>rule_row</c> that breaks it.</summary>
internal sealed record RowRule(TestNode Test, string BreaksWhen, IReadOnlyList<QueryInput> Inputs);

/// <summary>Turns models and tests into SQL.</summary>
internal sealed class Compiler(DbtProject project, TemplateSettings settings)
{
    /// <summary>The schema of the views over changes.</summary>
    public const string ChangesSchema = "lakehouse_changes";

    /// <summary>The alias under which rules see a row.</summary>
    public const string RuleRow = "rule_row";

    /// <param name="model">The model.</param>
    /// <param name="incremental">What <c>is_incremental()</c> says.</param>
    /// <param name="denied">Questions to which the answer is known to be no; to all others <c>changes_have()</c> says yes.</param>
    public CompiledQuery Compile(ModelNode model, bool incremental, IReadOnlySet<ChangeQuestion>? denied = null) =>
        Render(model, model.Template, model.Relation, incremental, denied);

    public CompiledQuery Compile(TestNode test)
    {
        if (test.Template is { } template)
            return Render(test, template, null, incremental: false, null);
        var inputs = new Inputs();
        var context = Context(test, null, incremental: false, inputs);
        var arguments = new Dictionary<string, object?>(StringComparer.Ordinal) { ["model"] = Tested(test, inputs) };
        foreach (var (key, value) in test.Arguments)
            arguments[(string)key] = TestArguments.Evaluate(value, context.TryGet, test.At);
        context.TryGetMacro("test_" + test.Generic, out var macro);
        return Guard(() => new CompiledQuery(
            JinjaValue.ToText(macro!.Call(new CallArguments(macro.Name, [], arguments, test.At))).Trim(), inputs.List, inputs.ReadsThis, inputs.Questions));
    }

    public RowRule CompileRule(TestNode test)
    {
        var inputs = new Inputs();
        var context = Context(test, null, incremental: false, inputs);
        object? Argument(string name) => test.Arguments.TryGetValue(name, out var value)
            ? TestArguments.Evaluate(value, context.TryGet, test.At)
            : throw new ProjectException(test.At, $"the argument '{name}' of {test.Generic} is missing");
        string Text(string name) => JinjaValue.ToText(Argument(name));
        var column = test.ColumnName is { } name ? $"{RuleRow}.{name}" : "";
        var breaks = test.Generic switch
        {
            "not_null" => $"{RuleRow}.{Text("column_name")} IS NULL",
            "accepted_values" => $"{column} NOT IN ({AcceptedValues(test, Argument("values"))})",
            "relationships" => $"{column} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM {Text("to")} AS parent WHERE parent.{Text("field")} = {column})",
            // What cannot be told to hold does not: a null hides a missing value. (The test of this name follows dbt_utils, where null passes.)
            "expression_is_true" => $"NOT coalesce({(test.ColumnName is null ? "" : column + " ")}{Text("expression")}, false)",
            var other => throw new ProjectException(test.At, $"{other} is no rule on single rows"),
        };
        var filter = test.Config.Text("where") is { } where ? $"({where}) AND " : "";
        return new RowRule(test, $"{filter}({breaks})", inputs.List);
    }

    private static string AcceptedValues(TestNode test, object? values)
    {
        var quote = !test.Arguments.TryGetValue("quote", out var setting) || JinjaValue.IsTrue(setting);
        return string.Join(", ", JinjaValue.ToList(values, test.At).Select(v =>
            quote && v is not (long or double) ? $"'{JinjaValue.ToText(v).Replace("'", "''", StringComparison.Ordinal)}'" : JinjaValue.ToText(v)));
    }

    private CompiledQuery Render(ProjectNode node, Template template, TableName? self, bool incremental, IReadOnlySet<ChangeQuestion>? denied)
    {
        var inputs = new Inputs { Denied = denied };
        var context = Context(node, self, incremental, inputs);
        // A line comment at the end must not swallow what the runner writes behind the query.
        return Guard(() =>
        {
            var sql = template.Render(context.TryGet).Trim().TrimEnd(';') + "\n";
            return new CompiledQuery(sql, inputs.NamedIn(sql), inputs.ReadsThis, inputs.Questions);
        });
    }

    private TemplateContext Context(ProjectNode node, TableName? self, bool incremental, Inputs inputs)
    {
        var context = new TemplateContext(settings, project.Macros);
        context.Add("ref", a => Read(node, Reference.From(a, source: false), inputs));
        context.Add("source", a => Read(node, Reference.From(a, source: true), inputs));
        context.Add("changes", a => Changes(a, inputs));
        context.Add("changes_have", a => ChangesHave(a, inputs));
        context.Add("is_incremental", _ => incremental);
        context["config"] = new ConfigFunction(null, node.Config.Values);
        context["model"] = Describe(node);
        if (self is { } name)
            context["this"] = new ThisRelation(new Relation(name, node), inputs);
        return context;
    }

    private Relation Read(ProjectNode reader, Reference reference, Inputs inputs)
    {
        var node = project.Resolve(reference);
        if (!reader.DependsOn.Contains(node.UniqueId, StringComparer.Ordinal))
        {
            throw new ProjectException(reference.At, $"'{node.Name}' is read here but was not seen when the project was loaded, "
                + "so it may not be up to date: name it where it is always rendered, such as in a comment -- depends_on: {{ ref('…') }}, or load the project with the variables of the run");
        }
        var relation = new Relation(Relations.Of(node)!.Value, node);
        inputs.Add(new QueryInput(node, relation.Name, IsChanges: false));
        return relation;
    }

    private static Relation Changes(CallArguments arguments, Inputs inputs)
    {
        arguments.Expect("relation");
        return ChangesOf(arguments, inputs);
    }

    private static object ChangesHave(CallArguments arguments, Inputs inputs)
    {
        arguments.Expect("relation", "condition");
        return inputs.Ask(new ChangeQuestion(ChangesOf(arguments, inputs).Name, arguments.RequiredString(1, "condition")));
    }

    private static Relation ChangesOf(CallArguments arguments, Inputs inputs)
    {
        if (arguments.Required(0, "relation") is not Relation { Node: { } node } relation || !inputs.Has(relation.Name))
            throw arguments.Error("takes what ref() or source() gave");
        if (node is ModelNode { IsStored: false })
            throw arguments.Error($"'{node.Name}' is a view; only stored tables have changes. Materialize it as incremental or table, or read its inputs' changes");
        var name = new TableName(ChangesSchema, $"{relation.Name.Schema}__{relation.Name.Name}");
        inputs.Add(new QueryInput(node, name, IsChanges: true));
        return new Relation(name, node);
    }

    /// <summary>What a generic test reads: the node's table, or the part of it that <c>where</c> leaves.</summary>
    private object Tested(TestNode test, Inputs inputs)
    {
        var node = project.Nodes[test.AttachedTo!];
        var relation = new Relation(Relations.Of(node)!.Value, node);
        inputs.Add(new QueryInput(node, relation.Name, IsChanges: false));
        return test.Config.Text("where") is { } where ? $"(select * from {relation} where {where}) as dbt_subquery" : relation;
    }

    private JinjaDict Describe(ProjectNode node) => new()
    {
        { "name", node.Name },
        { "unique_id", node.UniqueId },
        { "resource_type", node.ResourceType },
        { "package_name", project.Name },
        { "fqn", node.Fqn.Cast<object?>().ToList() },
        { "original_file_path", node.File },
        { "schema", Relations.Of(node)?.Schema },
        { "alias", Relations.Of(node)?.Name },
        { "description", node.Description },
        { "config", node.Config.Values },
        { "meta", node.Config.Meta },
        { "tags", node.Config.Tags.Cast<object?>().ToList() },
        { "columns", new JinjaDict(node.Columns.Select(c => KeyValuePair.Create<string, object?>(c.Name, new JinjaDict { { "name", c.Name }, { "description", c.Description }, { "data_type", c.DataType } }))) },
    };

    private static CompiledQuery Guard(Func<CompiledQuery> compile)
    {
        try
        {
            return compile();
        }
        catch (JinjaException e)
        {
            throw new ProjectException(e);
        }
    }

    /// <summary>What a rendering has read so far.</summary>
    private sealed class Inputs
    {
        private readonly List<QueryInput> _list = [];

        public IReadOnlyList<QueryInput> List => _list;

        public bool ReadsThis { get; set; }

        public List<ChangeQuestion> Questions { get; } = [];

        public IReadOnlySet<ChangeQuestion>? Denied { get; init; }

        public bool Ask(ChangeQuestion question)
        {
            if (!Questions.Contains(question))
                Questions.Add(question);
            return Denied?.Contains(question) != true;
        }

        public void Add(QueryInput input)
        {
            if (!_list.Contains(input))
                _list.Add(input);
        }

        /// <summary>The inputs but for tables of which only the changes are read: <c>changes(ref('x'))</c> calls for the table too.</summary>
        public IReadOnlyList<QueryInput> NamedIn(string sql)
        {
            // The name of the changes holds the table's own.
            foreach (var changes in _list.Where(i => i.IsChanges))
                sql = sql.Replace(changes.Name.ToString(), "", StringComparison.Ordinal);
            return [.. _list.Where(i => i.IsChanges || !_list.Any(c => c.IsChanges && c.Node == i.Node) || sql.Contains(i.Name.Name, StringComparison.OrdinalIgnoreCase))];
        }

        public bool Has(TableName name) => _list.Any(i => i.Name.Equals(name));
    }

    /// <summary>Notes that the model reads itself when its name is printed.</summary>
    private sealed class ThisRelation(Relation relation, Inputs inputs) : IJinjaObject
    {
        public bool TryGetAttribute(string name, out object? value) => relation.TryGetAttribute(name, out value);

        public override string ToString()
        {
            inputs.ReadsThis = true;
            return relation.ToString();
        }
    }
}
