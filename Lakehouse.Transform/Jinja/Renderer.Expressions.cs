namespace Lakehouse.Transform.Jinja;

/// <summary>Evaluates expressions.</summary>
internal sealed partial class Renderer
{
    public object? Evaluate(Expression expression, Scope scope) => expression switch
    {
        LiteralExpression literal => literal.Value,
        NameExpression name => Lookup(name, scope),
        ListExpression list => list.Items.Select(i => Evaluate(i, scope)).ToList(),
        DictExpression dict => MakeDict(dict, scope),
        AttributeExpression attribute => Attributes.Get(Evaluate(attribute.Target, scope), attribute.Name, attribute.At),
        IndexExpression index => Attributes.GetItem(Evaluate(index.Target, scope), Evaluate(index.Index, scope), index.At),
        SliceExpression slice => Attributes.Slice(
            Evaluate(slice.Target, scope), Bound(slice.Start, scope), Bound(slice.Stop, scope), Bound(slice.Step, scope), slice.At),
        CallExpression call => Evaluate(call, scope, caller: null),
        FilterExpression filter => ApplyFilter(filter, scope),
        TestExpression test => ApplyTest(test, scope),
        UnaryExpression { Operator: "not" } not => !JinjaValue.IsTrue(Evaluate(not.Operand, scope)),
        UnaryExpression sign => Operators.Sign(sign.Operator, Evaluate(sign.Operand, scope), sign.At),
        BinaryExpression { Operator: "and" } and => Evaluate(and.Left, scope) is var left && JinjaValue.IsTrue(left) ? Evaluate(and.Right, scope) : left,
        BinaryExpression { Operator: "or" } or => Evaluate(or.Left, scope) is var left && JinjaValue.IsTrue(left) ? left : Evaluate(or.Right, scope),
        BinaryExpression binary => Operators.Apply(binary.Operator, Evaluate(binary.Left, scope), Evaluate(binary.Right, scope), binary.At),
        CompareExpression chain => Compare(chain, scope),
        ConditionalExpression choice => JinjaValue.IsTrue(Evaluate(choice.Condition, scope)) ? Evaluate(choice.Then, scope)
            : choice.Else is null ? "" : Evaluate(choice.Else, scope),
        _ => throw new JinjaException(expression.At, $"{expression.GetType().Name} cannot be evaluated"),
    };

    private object? Lookup(NameExpression name, Scope scope)
    {
        if (scope.TryGet(name.Name, out var value) || globals(name.Name, out value) || GlobalFunctions.TryGet(name.Name, out value))
            return value;
        return new Undefined($"'{name.Name}' is undefined", name.At);
    }

    private JinjaDict MakeDict(DictExpression dict, Scope scope)
    {
        var result = new JinjaDict();
        foreach (var (key, value) in dict.Entries)
            result[Attributes.Key(Evaluate(key, scope), key.At)] = Evaluate(value, scope);
        return result;
    }

    private long? Bound(Expression? bound, Scope scope) => bound is null ? null : Evaluate(bound, scope) switch
    {
        null => null,
        long number => number,
        Undefined undefined => throw undefined.Error(),
        var other => throw new JinjaException(bound.At, $"a slice's bound must be an integer, not {JinjaValue.TypeName(other)}"),
    };

    private object? Evaluate(CallExpression call, Scope scope, IJinjaCallable? caller)
    {
        var callee = Evaluate(call.Callee, scope);
        if (callee is Undefined undefined)
            throw undefined.Error();
        if (callee is not IJinjaCallable callable)
            throw new JinjaException(call.At, $"{JinjaValue.TypeName(callee)} cannot be called");
        return callable.Call(Arguments(callable.Name, call.Arguments, scope, call.At, caller));
    }

    private CallArguments Arguments(string callee, ArgumentList list, Scope scope, SourceLocation at, IJinjaCallable? caller = null)
    {
        var positional = list.Positional.Select(a => Evaluate(a, scope)).ToList();
        if (list.Star is { } star)
            positional.AddRange(JinjaValue.ToList(Evaluate(star, scope), star.At));
        if (list.Named.Count == 0 && list.DoubleStar is null && caller is null)
            return new CallArguments(callee, positional, at);
        var named = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (var (name, value) in list.Named)
            named[name] = Evaluate(value, scope);
        if (list.DoubleStar is { } doubleStar)
        {
            if (Evaluate(doubleStar, scope) is not JinjaDict dict)
                throw new JinjaException(doubleStar.At, "what follows '**' must be a dict");
            foreach (var (key, value) in dict)
                named[JinjaValue.ToText(key)] = value;
        }
        if (caller is not null)
            named["caller"] = caller;
        return new CallArguments(callee, positional, named, at);
    }

    private object? ApplyFilter(FilterExpression filter, Scope scope)
    {
        if (!Filters.TryGet(filter.Name, out var apply))
            throw new JinjaException(filter.At, $"there is no filter '{filter.Name}'{NearNames.Suggest(filter.Name, Filters.Names)}");
        var input = Evaluate(filter.Input!, scope);
        return apply(input, Arguments($"filter {filter.Name}", filter.Arguments, scope, filter.At));
    }

    private object? ApplyTest(TestExpression test, Scope scope)
    {
        if (!Tests.TryGet(test.Name, out var check))
            throw new JinjaException(test.At, $"there is no test '{test.Name}'{NearNames.Suggest(test.Name, Tests.Names)}");
        var input = Evaluate(test.Input, scope);
        return check(input, Arguments($"test {test.Name}", test.Arguments, scope, test.At)) != test.Negated;
    }

    private object? Compare(CompareExpression chain, Scope scope)
    {
        var left = Evaluate(chain.First, scope);
        foreach (var (op, expression) in chain.Rest)
        {
            var right = Evaluate(expression, scope);
            if (!Operators.Compare(op, left, right, chain.At))
                return false;
            left = right;
        }
        return true;
    }
}
