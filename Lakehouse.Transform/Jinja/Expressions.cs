namespace Lakehouse.Transform.Jinja;

/// <summary>An expression of the template language with its place in the source.</summary>
internal abstract record Expression(SourceLocation At);

internal sealed record LiteralExpression(object? Value, SourceLocation At) : Expression(At);

internal sealed record NameExpression(string Name, SourceLocation At) : Expression(At);

internal sealed record ListExpression(IReadOnlyList<Expression> Items, SourceLocation At) : Expression(At);

internal sealed record DictExpression(IReadOnlyList<(Expression Key, Expression Value)> Entries, SourceLocation At) : Expression(At);

internal sealed record AttributeExpression(Expression Target, string Name, SourceLocation At) : Expression(At);

internal sealed record IndexExpression(Expression Target, Expression Index, SourceLocation At) : Expression(At);

internal sealed record SliceExpression(Expression Target, Expression? Start, Expression? Stop, Expression? Step, SourceLocation At) : Expression(At);

internal sealed record CallExpression(Expression Callee, ArgumentList Arguments, SourceLocation At) : Expression(At);

internal sealed record FilterExpression(Expression? Input, string Name, ArgumentList Arguments, SourceLocation At) : Expression(At);

internal sealed record TestExpression(Expression Input, string Name, ArgumentList Arguments, bool Negated, SourceLocation At) : Expression(At);

internal sealed record UnaryExpression(string Operator, Expression Operand, SourceLocation At) : Expression(At);

internal sealed record BinaryExpression(string Operator, Expression Left, Expression Right, SourceLocation At) : Expression(At);

/// <summary>A chain as Python reads it: <c>a &lt; b &lt;= c</c> means <c>a &lt; b and b &lt;= c</c>.</summary>
internal sealed record CompareExpression(Expression First, IReadOnlyList<(string Operator, Expression Right)> Rest, SourceLocation At) : Expression(At);

internal sealed record ConditionalExpression(Expression Then, Expression Condition, Expression? Else, SourceLocation At) : Expression(At);

/// <summary>The arguments written at a call; <paramref name="Star"/> is <c>*list</c>, <paramref name="DoubleStar"/> is <c>**dict</c>.</summary>
internal sealed record ArgumentList(
    IReadOnlyList<Expression> Positional,
    IReadOnlyList<(string Name, Expression Value)> Named,
    Expression? Star,
    Expression? DoubleStar)
{
    public static ArgumentList Empty { get; } = new([], [], null, null);
}
