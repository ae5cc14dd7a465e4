using System.Text;

namespace Lakehouse.Transform.Jinja;

/// <summary>Runs statements: text goes to the output, the rest changes the scope.</summary>
internal sealed partial class Renderer(JinjaGlobals globals)
{
    public void Render(IReadOnlyList<Statement> body, Scope scope, StringBuilder output)
    {
        foreach (var statement in body)
            Render(statement, scope, output);
    }

    private void Render(Statement statement, Scope scope, StringBuilder output)
    {
        switch (statement)
        {
            case TextStatement text:
                output.Append(text.Text);
                break;
            case PrintStatement print:
                output.Append(JinjaValue.ToText(Evaluate(print.Value, scope)));
                break;
            case IfStatement choice:
                RenderIf(choice, scope, output);
                break;
            case ForStatement loop:
                RenderFor(loop, scope, output);
                break;
            case SetStatement set:
                Assign(set, scope);
                break;
            case SetBlockStatement set:
                scope[set.Target] = Filtered(set.Filter, Capture(set.Body, new Scope(scope)), scope);
                break;
            case MacroStatement macro:
                scope[macro.Macro.Name] = new Macro(macro.Macro, scope, this);
                break;
            case CallBlockStatement call:
                output.Append(JinjaValue.ToText(Evaluate(call.Call, scope, new Macro(call.Caller, scope, this))));
                break;
            case DoStatement effect:
                Evaluate(effect.Value, scope);
                break;
            case FilterBlockStatement filter:
                output.Append(JinjaValue.ToText(Filtered(filter.Filter, Capture(filter.Body, new Scope(scope)), scope)));
                break;
            default:
                throw new JinjaException(statement.At, $"{statement.GetType().Name} cannot be rendered");
        }
    }

    private string Capture(IReadOnlyList<Statement> body, Scope scope)
    {
        var output = new StringBuilder();
        Render(body, scope, output);
        return output.ToString();
    }

    private object? Filtered(FilterExpression? filter, string text, Scope scope) =>
        filter is null ? text : Evaluate(WithInput(filter, text), scope);

    private static FilterExpression WithInput(FilterExpression filter, string text) => filter with
    {
        Input = filter.Input is FilterExpression inner ? WithInput(inner, text) : new LiteralExpression(text, filter.At),
    };

    private void RenderIf(IfStatement choice, Scope scope, StringBuilder output)
    {
        // Jinja's if opens no scope: what is set inside is seen after it.
        foreach (var (condition, body) in choice.Branches)
        {
            if (!JinjaValue.IsTrue(Evaluate(condition, scope)))
                continue;
            Render(body, scope, output);
            return;
        }
        Render(choice.Else, scope, output);
    }

    private void RenderFor(ForStatement loop, Scope scope, StringBuilder output)
    {
        var items = JinjaValue.ToList(Evaluate(loop.Items, scope), loop.At);
        if (loop.Filter is { } filter)
            items = [.. items.Where(item => JinjaValue.IsTrue(Evaluate(filter, Iteration(loop, item, scope))))];
        if (items.Count == 0)
        {
            Render(loop.Else, scope, output);
            return;
        }
        // Templates may change a list while they walk it; the walk goes over what was there.
        items = [.. items];
        var state = new LoopState(items);
        for (var i = 0; i < items.Count; i++)
        {
            state.MoveTo(i);
            var inner = Iteration(loop, items[i], scope);
            inner["loop"] = state;
            Render(loop.Body, inner, output);
        }
    }

    private static Scope Iteration(ForStatement loop, object? item, Scope scope)
    {
        var inner = new Scope(scope);
        Unpack(loop.Targets, item, inner, loop.At);
        return inner;
    }

    private void Assign(SetStatement set, Scope scope)
    {
        var value = Evaluate(set.Value, scope);
        if (set.Attribute is null)
        {
            Unpack(set.Targets, value, scope, set.At);
            return;
        }
        if (!scope.TryGet(set.Targets[0], out var target) || target is not JinjaNamespace space)
            throw new JinjaException(set.At, $"'{set.Targets[0]}' is no namespace(); only a namespace's attributes can be set");
        space[set.Attribute] = value;
    }

    private static void Unpack(IReadOnlyList<string> targets, object? value, Scope scope, SourceLocation at)
    {
        if (targets.Count == 1)
        {
            scope[targets[0]] = value;
            return;
        }
        var items = JinjaValue.ToList(value, at);
        if (items.Count != targets.Count)
            throw new JinjaException(at, $"{targets.Count} names ({string.Join(", ", targets)}) for {items.Count} value(s)");
        for (var i = 0; i < targets.Count; i++)
            scope[targets[i]] = items[i];
    }
}
